# SPDX-License-Identifier: GPL-2.0-or-later
"""The package ``presence``: open while a user has a device registered, closed otherwise (RFC 3856)."""
from __future__ import annotations

from collections.abc import Callable

from mss.server.events.documents import presence_information
from mss.server.events.package import EventPackage
from mss.server.events.watchers import RegistrationWatcher, Watchers
from mss.sip.dialog.subscription import Subscription

#: Whether a device of a number is registered.
IsRegistered = Callable[[str], bool]


class Presentity(RegistrationWatcher):
    """What was last told of one number; ``tell`` is called with the number at each change."""

    __slots__ = ("_is_open", "_is_registered", "_number", "_tell")

    def __init__(self, number: str, is_registered: IsRegistered, tell: Callable[[str], None]) -> None:
        self._number = number
        self._is_registered = is_registered
        self._tell = tell
        self._is_open = is_registered(number)

    def registration_changed(self) -> None:
        """Tell it if it was the first device that came, or the last that went."""
        is_open = self._is_registered(self._number)
        if is_open != self._is_open:
            self._is_open = is_open
            self._tell(self._number)


class PresencePackage(EventPackage):
    """Registrations as PIDF documents."""

    name = "presence"
    content_type = "application/pidf+xml"

    def __init__(self, watchers: Watchers, is_registered: IsRegistered) -> None:
        super().__init__()
        self._watchers = watchers
        self._is_registered = is_registered

    def describe(self, subscription: Subscription) -> bytes:
        """Open or closed."""
        return presence_information(subscription.entity, self._is_registered(subscription.number))

    def watch(self, number: str) -> None:
        """Follow the number's registrations."""
        self._watchers.registrations[number] = Presentity(number, self._is_registered, self.notify)

    def unwatch(self, number: str) -> None:
        """Follow them no more."""
        del self._watchers.registrations[number]
