# SPDX-License-Identifier: GPL-2.0-or-later
"""A running call with the sessions and timers that belong to it."""
from __future__ import annotations

from collections import deque
from collections.abc import Callable

from mss.call.call import Call
from mss.call.events import Event, TimerFired
from mss.model.user import User
from mss.sdp.addresses import SessionOrigin
from mss.sip.dialog.session import Session
from mss.sip.flow import Flow
from mss.sip.timers import Timed
from mss.sip.transaction.context import ServerTransaction


class CallTimer(Timed):
    """One timer of a call; a stopped one lets go of the call at once."""

    __slots__ = ("active", "name")

    def __init__(self, active: ActiveCall, name: str) -> None:
        super().__init__()
        self.active: ActiveCall | None = active
        self.name = name

    def expire(self) -> None:
        """Tell the call."""
        active = self.active
        if active is not None:
            active.feed(TimerFired(self.name))


class CallLeg:
    """One session of a call: what its dialog does not know.

    ``flows`` are further flows to try (RFC 3263 4.3); ``via_nat`` tells that the party's own address
    means nothing outside its network; ``caller`` is shown as calling, where that is not the call's caller.
    """

    __slots__ = ("active", "body", "caller", "device", "flows", "headers", "invited_uri", "number", "origin",
                 "route_lines", "session", "user_agent", "via_nat", "wants_notify")

    def __init__(self, active: ActiveCall, number: str) -> None:
        self.active = active
        self.number = number
        self.session: Session | None = None
        self.origin: SessionOrigin | None = None
        self.via_nat = False
        self.user_agent = ""
        self.device = ""
        self.caller = ""
        self.flows: list[Flow] | None = None
        self.invited_uri = ""
        self.route_lines = ""
        self.headers = ""
        self.body = b""
        #: False where the REFER said ``Refer-Sub: false`` (RFC 4488).
        self.wants_notify = True


class ActiveCall:
    """A call, its legs, and the events that wait while one is being handled."""

    __slots__ = ("busy", "call", "caller", "events", "from_name", "is_private", "legs", "max_forwards", "numbers",
                 "relayed", "source", "take", "timers", "tokens")

    def __init__(self, take: Callable[[ActiveCall, Event], None], call: Call, caller: User | None,
                 max_forwards: int) -> None:
        self.take = take
        self.call = call
        self.caller = caller
        self.max_forwards = max_forwards
        #: Display name that called parties see.
        self.from_name = ""
        self.is_private = False
        self.legs: dict[int, CallLeg] = {}
        self.numbers: set[str] = set()
        self.events: deque[Event] = deque()
        self.busy = False
        self.timers: dict[str, CallTimer] | None = None
        #: Requests of parties that wait for our answer (REFER), by token.
        self.tokens: dict[int, ServerTransaction] | None = None
        #: Requests relayed to the other party: branch -> (leg that asked, its transaction).
        self.relayed: dict[str, tuple[CallLeg, ServerTransaction]] | None = None
        self.source = ""

    def feed(self, event: Event) -> None:
        """Let the call take an event and execute what it wants; events caused meanwhile follow in order."""
        self.take(self, event)
