# SPDX-License-Identifier: GPL-2.0-or-later
"""Who wants to know of changes in calls and registrations; costs one truth test as long as nobody does."""
from __future__ import annotations

from mss.server.active_call import ActiveCall


class CallWatcher:
    """Watches the calls of one number."""

    __slots__ = ()

    def call_changed(self, active: ActiveCall) -> None:
        """A call that the number is or was in has taken an event."""
        raise NotImplementedError


class RegistrationWatcher:
    """Watches the registrations of one number."""

    __slots__ = ()

    def registration_changed(self) -> None:
        """A device of the number came or went."""
        raise NotImplementedError


class Watchers:
    """Watchers by number.  Test ``calls`` or ``registrations`` before telling a change."""

    __slots__ = ("calls", "registrations")

    def __init__(self) -> None:
        self.calls: dict[str, CallWatcher] = {}
        self.registrations: dict[str, RegistrationWatcher] = {}

    def call_changed(self, active: ActiveCall) -> None:
        """Tell those who watch a number of this call."""
        for number in active.numbers:
            watcher = self.calls.get(number)
            if watcher is not None:
                watcher.call_changed(active)

    def registration_changed(self, number: str) -> None:
        """Tell who watches this number."""
        watcher = self.registrations.get(number)
        if watcher is not None:
            watcher.registration_changed()
