# SPDX-License-Identifier: GPL-2.0-or-later
"""The package ``dialog``: the lamp for a user's calls on another one's phone (RFC 4235).

Only the state of calls is told, not with whom they are, nor their tags: any user may watch any other,
and who knows the tags of a dialog could take it over (RFC 3891).
"""
from __future__ import annotations

from collections.abc import Callable, Mapping
from zlib import crc32

from mss.call.leg import GONE, RINGING, UP
from mss.server.active_call import ActiveCall
from mss.server.events.documents import DialogState, dialog_info
from mss.server.events.package import EventPackage
from mss.server.events.watchers import CallWatcher, Watchers
from mss.sip.dialog.subscription import Subscription

_TERMINATED = "terminated"


def dialogs_of(active: ActiveCall, number: str) -> list[DialogState]:
    """The dialogs that devices of ``number`` have in a call now."""
    state = active.call.state
    found: list[DialogState] = []
    for index, leg in active.legs.items():
        known = state.legs[index].state
        if leg.number != number or leg.session is None or known == GONE:
            continue
        if known == UP:
            name = "confirmed"
        elif known == RINGING or not index and state.rang_at:
            name = "early"
        else:
            name = "trying"
        # The call's own id holds a tag of ours.
        shown = f"{crc32(state.id.encode()):08x}-{index}"
        found.append(DialogState(shown, "recipient" if index else "initiator", name))
    return found


class Lamp(CallWatcher):
    """What one number's calls look like; ``tell`` is called with the number at each change."""

    __slots__ = ("_calls", "_current", "_number", "_tell", "shown")

    def __init__(self, number: str, calls: Mapping[str, ActiveCall], tell: Callable[[str], None]) -> None:
        self._number = number
        self._tell = tell
        self._calls = {name: active for name, active in calls.items() if number in active.numbers}
        self._current = self._collect()
        #: What is to be told: the dialogs there are, and those that ended with the last change.
        self.shown = self._current

    def _collect(self) -> list[DialogState]:
        return [dialog for active in self._calls.values() for dialog in dialogs_of(active, self._number)]

    def call_changed(self, active: ActiveCall) -> None:
        """Tell the number's dialogs if they are others, or in another state, than before."""
        if active.call.is_ended:
            self._calls.pop(active.call.id, None)
        else:
            self._calls[active.call.id] = active
        before = self._current
        self._current = self._collect()
        if self._current == before:
            return
        names = {dialog.id for dialog in self._current}
        ended = [dialog._replace(state=_TERMINATED) for dialog in before if dialog.id not in names]
        self.shown = self._current + ended
        self._tell(self._number)


class DialogPackage(EventPackage):
    """Calls in progress; ``calls`` are all of the server."""

    name = "dialog"
    content_type = "application/dialog-info+xml"

    def __init__(self, watchers: Watchers, calls: Mapping[str, ActiveCall]) -> None:
        super().__init__()
        self._watchers = watchers
        self._calls = calls
        self._lamps: dict[str, Lamp] = {}

    def describe(self, subscription: Subscription) -> bytes:
        """All dialogs of the number; one that looks but once needs no lamp."""
        number = subscription.number
        lamp = self._lamps.get(number) or Lamp(number, self._calls, self.notify)
        return dialog_info(subscription.entity, subscription.version, lamp.shown)

    def watch(self, number: str) -> None:
        """Follow the number's calls."""
        lamp = Lamp(number, self._calls, self.notify)
        self._lamps[number] = self._watchers.calls[number] = lamp

    def unwatch(self, number: str) -> None:
        """Follow them no more."""
        del self._lamps[number], self._watchers.calls[number]
