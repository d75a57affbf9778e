# SPDX-License-Identifier: GPL-2.0-or-later
"""From the caller's INVITE to the answer: routing, ringing, forwarding, racing (RFC 3261 13, 16.7)."""
from __future__ import annotations

from typing import Final

from mss.call.cause import NO_ANSWER
from mss.call.commands import Acknowledge, Answer, Dial, FindRoute, HangUp, Ring, StartTimer, StopTimer
from mss.call.ending import cancel_all, cancel_others, close, drop_offer, end_leg, open_record, reject_caller
from mss.call.events import Acknowledged, Answered, CallReceived, Cancelled, Failed, Routed, Rung
from mss.call.leg import DIALLED, GONE, RINGING, UP
from mss.call.state import DIALLING, ROUTING, TALKING, CallState
from mss.call.target import Route

NO_ANSWER_TIMER: Final = "no answer"
DURATION_TIMER: Final = "duration"

#: Failures that count as "unreachable" for forwarding: nobody there, or no response.
_UNREACHABLE: Final = (408, 430, 480, 503)
_BUSY: Final = (486, 600)


def receive_call(state: CallState, event: CallReceived) -> None:
    """The first event: ask for the route."""
    state.offer = event.body
    state.headers = event.headers
    state.legs[0].body = event.body
    state.emit(FindRoute(state.dialled, ""))


def take_route(state: CallState, event: Routed) -> None:
    """Ring the devices of a route, follow its forwards, or refuse."""
    if state.stage != ROUTING:
        return
    route = event.route
    for who, to in route.forwards:
        if not _count_hop(state, who, to):
            return
    state.route = route
    state.called = route.number
    if route.status:
        target = route.forward_busy if route.condition == "busy" else \
            route.forward_unreachable if route.condition == "unreachable" else ""
        if target:
            forward(state, route.number, target)
        else:
            reject_caller(state, route.status, route.reason)
        return
    state.stage = DIALLING
    state.media = route.media or state.media
    if route.max_seconds and (not state.max_seconds or route.max_seconds < state.max_seconds):
        state.max_seconds = route.max_seconds
    dial(state, route, 0, state.offer)
    if route.no_answer_seconds:
        state.emit(StartTimer(NO_ANSWER_TIMER, route.no_answer_seconds))


def dial(state: CallState, route: Route, source: int, body: bytes) -> list[int]:
    """Ring every device of a route with the description of leg ``source``; returns the new legs."""
    legs: list[int] = []
    caller = state.legs[source].number if source else ""
    for device in route.devices:
        leg = state.add_leg(route.number, device.uri)
        legs.append(leg)
        state.emit_described(Dial(leg, route.number, device, body, state.headers, caller), source, leg, body)
    return legs


def _count_hop(state: CallState, who: str, to: str) -> bool:
    """Note one forward; False, with the caller refused, when it loops or there were too many."""
    if state.visited is None:
        state.visited = {state.dialled}
    state.visited.add(who)
    state.hops += 1
    if to in state.visited:
        reject_caller(state, 482, "Loop Detected")
        return False
    if state.hops > state.settings.max_hops:
        reject_caller(state, 483, "Too Many Hops")
        return False
    state.visited.add(to)
    state.forwarded_by = who
    if state.settings.send_181:
        info = f"Call-Info: <sip:{to}@invalid>;purpose=forwarding;username={who};contact={to}\r\n"
        state.emit(Ring(0, 181, "", b"", info))
    return True


def forward(state: CallState, who: str, to: str) -> None:
    """Send the unanswered call of ``who`` on to ``to``."""
    cancel_all(state, "")
    state.emit(StopTimer(NO_ANSWER_TIMER))
    if _count_hop(state, who, to):
        state.stage = ROUTING
        state.emit(FindRoute(to, who))


def take_ringing(state: CallState, event: Rung) -> None:
    """Pass a provisional response on to the caller."""
    leg = state.legs[event.leg]
    if leg.state == GONE or state.stage != DIALLING:
        return
    leg.state = RINGING
    status = event.status
    if status == 199:
        return
    if not state.rang_at:
        state.rang_at = state.now
    # Without an offer in the INVITE a description here would be no answer (RFC 3261 13.2.1).
    body = event.body if state.offer else b""
    if body:
        leg.body = body
    state.emit_described(Ring(0, status, event.reason, body, event.headers), event.leg, 0, body)


def take_answer(state: CallState, event: Answered) -> None:
    """The first 2xx wins; later ones are hung up."""
    leg = state.legs[event.leg]
    if state.stage != DIALLING or leg.state == GONE:
        leg.state = GONE
        state.emit(HangUp(event.leg, 'Reason: SIP;cause=200;text="Call completed elsewhere"\r\n'))
        return
    leg.state = UP
    # The answer may have come in a reliable 183 only; the caller gets it in the 2xx all the same.
    body = leg.body = event.body or leg.body
    state.stage = TALKING
    state.answered_at = state.now
    if not state.rang_at:
        state.rang_at = state.now
    state.link(0, event.leg)
    state.legs[0].state = UP
    cancel_others(state, event.leg)
    state.emit(StopTimer(NO_ANSWER_TIMER))
    if not state.offer:
        state.owes_ack = {0: event.leg}
    state.emit_described(Answer(0, body, event.headers), event.leg, 0, body)
    if state.max_seconds:
        state.emit(StartTimer(DURATION_TIMER, state.max_seconds))
    open_record(state)


def take_acknowledgement(state: CallState, event: Acknowledged) -> None:
    """Pass the answer in a delayed ACK on (RFC 3261 13.2.2.4)."""
    if state.owes_ack is None:
        return
    target = state.owes_ack.pop(event.leg, -1)
    if not state.owes_ack:
        state.owes_ack = None
    if target >= 0 and state.legs[target].state == UP:
        state.legs[event.leg].body = event.body
        state.emit_described(Acknowledge(target, event.body), event.leg, target, event.body)


def take_failure(state: CallState, event: Failed) -> None:
    """A device refused or did not respond; the last one decides what the caller gets (RFC 3261 16.7)."""
    leg = state.legs[event.leg]
    if leg.state == GONE:
        return
    leg.state = GONE
    drop_offer(state, event.leg)
    if state.stage != DIALLING:
        return
    if event.contacts:
        # A phone redirects for its user: the whole number follows.
        forward(state, leg.number, event.contacts[0])
        return
    if event.status >= 600:
        _give_up(state, event.status, event.reason, event.cause)
        return
    if not state.status or _rank(event.status) < _rank(state.status):
        state.status = event.status
        state.text = event.reason
        state.cause = event.cause
    for found in state.legs.values():
        if found is not state.legs[0] and found.state in (DIALLED, RINGING):
            return
    _give_up(state, state.status, state.text, state.cause)


def _rank(status: int) -> int:
    """Which of several failures to report: what the person did before what the network did."""
    if status in _BUSY:
        return 0
    if status in _UNREACHABLE:
        return 3
    return 1 if status < 500 else 2


def _give_up(state: CallState, status: int, reason: str, cause: int) -> None:
    state.status = 0
    state.text = ""
    state.cause = 0
    route = state.route
    if route is not None:
        target = ""
        if status in _BUSY:
            target = route.forward_busy
        elif status in _UNREACHABLE:
            target = route.forward_unreachable
        if target:
            forward(state, route.number, target)
            return
    state.emit(StopTimer(NO_ANSWER_TIMER))
    # The challenge of a device is not for our caller, and 3xx without a usable contact is no answer.
    if status in (401, 407) or status < 400:
        status, reason = 480, ""
    reject_caller(state, status, reason, cause, "", "callee")


def give_up_waiting(state: CallState) -> None:
    """Nobody answered in time."""
    if state.stage != DIALLING:
        return
    route = state.route
    if route is not None and route.forward_no_answer:
        forward(state, route.number, route.forward_no_answer)
    else:
        reject_caller(state, 480, "No Answer", NO_ANSWER)


def take_cancel(state: CallState, event: Cancelled) -> None:
    """The caller gave up; its 487 has been sent."""
    state.legs[0].state = GONE
    # An answer that is still with the media gateway has not reached the caller.
    state.answered_at = 0.0
    for leg in state.legs:
        end_leg(state, leg, "")
    state.emit(StopTimer(NO_ANSWER_TIMER))
    close(state, 487, 0, "", "caller")
