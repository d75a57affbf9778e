# SPDX-License-Identifier: GPL-2.0-or-later
"""Between call control and the media gateway: descriptions carried from leg to leg of anchored calls."""
from __future__ import annotations

from collections.abc import Callable

from mss.call.commands import CarryDescription
from mss.call.events import CarryFailed, DescriptionCarried, HangUpRequested
from mss.media.gateway import MediaGateway
from mss.media.messages import Add, Done, Event, Failed, Lost, Modify, Subtract
from mss.server.active_call import ActiveCall
from mss.sip.timers import Timed, Wheel, to_ticks

#: A gateway that does not answer in this time has failed the command.
_TIMEOUT_SECONDS = 5.0
#: Q.850 "network out of order": calls whose media is gone.
_MEDIA_LOST = 38


class _Waiting(Timed):
    """One description on its way through the gateway; ``last_id`` is the command whose answer carries it."""

    __slots__ = ("active", "last_id", "link", "token")

    def __init__(self, link: MediaLink, active: ActiveCall, token: int, last_id: int) -> None:
        super().__init__()
        self.link = link
        self.active = active
        self.token = token
        self.last_id = last_id

    def expire(self) -> None:
        self.link.fail(self, 503, "the media gateway does not answer")


class MediaLink:
    """The contexts of anchored calls; ``gateway`` None means that all media is direct.

    The gateway is created with ``MediaLink.post`` as its ``post``, which hands events over to the
    signalling thread with ``schedule(function, event)``.
    """

    def __init__(self, wheel: Wheel, schedule: Callable[[Callable[[Event], None], Event], object]) -> None:
        self.gateway: MediaGateway | None = None
        self._wheel = wheel
        self._schedule = schedule
        self._next_id = 0
        #: Calls with a context, and which of their legs are in it, by the call's identifier.
        self._calls: dict[str, ActiveCall] = {}
        self._terminations: dict[str, set[int]] = {}
        self._waiting: dict[int, _Waiting] = {}

    def post(self, event: Event) -> None:
        """Take an event of the gateway, from any thread."""
        self._schedule(self.take, event)

    def carry(self, active: ActiveCall, command: CarryDescription) -> None:
        """Pass the description of one leg through the gateway to another."""
        gateway = self.gateway
        context = active.call.id
        if gateway is None:
            active.feed(CarryFailed(command.token, "no media gateway"))
            return
        self._calls[context] = active
        known = self._terminations.setdefault(context, set())
        first, last = self._next_id + 1, self._next_id + 2
        self._next_id = last
        waiting = _Waiting(self, active, command.token, last)
        self._waiting[first] = waiting
        self._waiting[last] = waiting
        self._wheel.arm(waiting, to_ticks(_TIMEOUT_SECONDS))
        source, target = str(command.source), str(command.target)
        if command.source in known:
            gateway.submit(Modify(first, context, source, remote=command.body))
        else:
            gateway.submit(Add(first, context, source, remote=command.body))
        if command.target in known:
            gateway.submit(Modify(last, context, target, peer=source))
        else:
            gateway.submit(Add(last, context, target, peer=source))
        known.update((command.source, command.target))

    def take(self, event: Event) -> None:
        """An event of the gateway, on the signalling thread."""
        if isinstance(event, Failed):
            waiting = self._waiting.get(event.id)
            if waiting is not None:
                self.fail(waiting, event.status, event.reason)
        elif isinstance(event, Lost):
            self._lose(event)
        elif isinstance(event, Done):
            waiting = self._waiting.pop(event.id, None)
            if waiting is not None and event.id == waiting.last_id:
                self._wheel.cancel(waiting)
                waiting.active.feed(DescriptionCarried(waiting.token, event.local or b""))

    def _lose(self, event: Lost) -> None:
        """A context, or the whole gateway, is gone: its calls have nothing to hear any more."""
        for context in [event.context] if event.context else list(self._calls):
            self._terminations.pop(context, None)
            active = self._calls.pop(context, None)
            if active is not None:
                active.feed(HangUpRequested(event.reason, _MEDIA_LOST))

    def fail(self, waiting: _Waiting, status: int, reason: str) -> None:
        """A description did not get through."""
        self._wheel.cancel(waiting)
        self._waiting.pop(waiting.last_id, None)
        self._waiting.pop(waiting.last_id - 1, None)
        waiting.active.feed(CarryFailed(waiting.token, reason, status))

    def release(self, active: ActiveCall) -> None:
        """The call is over: end its context."""
        self._calls.pop(active.call.id, None)
        known = self._terminations.pop(active.call.id, None)
        if known is None or self.gateway is None:
            return
        for termination in sorted(known):
            self._next_id += 1
            self.gateway.submit(Subtract(self._next_id, active.call.id, str(termination)))

    def subtract(self, active: ActiveCall, leg: int) -> None:
        """One leg left a call that goes on."""
        known = self._terminations.get(active.call.id)
        if known is not None and leg in known and self.gateway is not None:
            known.discard(leg)
            self._next_id += 1
            self.gateway.submit(Subtract(self._next_id, active.call.id, str(leg)))

    def close(self) -> None:
        """Let go of the gateway."""
        if self.gateway is not None:
            self.gateway.close()
            self.gateway = None
