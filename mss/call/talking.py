# SPDX-License-Identifier: GPL-2.0-or-later
"""While parties talk: hold, codec changes, hang-up, limits (RFC 3264 8, RFC 3261 14 and 15)."""
from __future__ import annotations

from mss.call.cause import NORMAL_CLEARING, reason_header
from mss.call.commands import AcceptOffer, HangUp, Offer, RefuseOffer, StopTimer
from mss.call.ending import cancel_all, close, end_all
from mss.call.events import HungUp, OfferAnswered, OfferRefused, Reoffered
from mss.call.leg import GONE, RINGING, UP
from mss.call.setup import DURATION_TIMER, NO_ANSWER_TIMER
from mss.call.state import DIALLING, NOBODY, TALKING, CallState


def take_offer(state: CallState, event: Reoffered) -> None:
    """A leg offers a change: its peer decides."""
    leg = state.legs[event.leg]
    peer = leg.peer if state.stage != DIALLING else _early_peer(state, event.leg)
    if peer < 0 or state.pending_offer is not None or state.transfer is not None:
        # RFC 3261 14.2: tried again by the peer after a while.
        state.emit(RefuseOffer(event.leg, 491))
        return
    state.pending_offer = (event.leg, peer, not event.body)
    if event.body:
        leg.body = event.body
    state.emit_described(Offer(peer, event.body, event.method), event.leg, peer, event.body)


def _early_peer(state: CallState, leg: int) -> int:
    """Who hears ``leg`` before the answer (RFC 3311 5.1), -1 where several devices could."""
    described = [other for other, found in state.legs.items() if other and found.state == RINGING and found.body]
    if len(described) != 1 or leg and leg != described[0]:
        return -1
    return 0 if leg else described[0]


def take_offer_answer(state: CallState, event: OfferAnswered) -> int:
    """The peer's answer goes back; returns the leg that answered an offer of our own, else -1."""
    pending = state.pending_offer
    if pending is None or pending[1] != event.leg:
        return -1
    state.pending_offer = None
    source = pending[0]
    if event.body:
        state.legs[event.leg].body = event.body
    if source == NOBODY:
        return event.leg
    if state.legs[source].state != GONE:
        if pending[2]:
            # The 2xx carries the offer; its answer comes in the ACK of the one who asked.
            state.owes_ack = {**(state.owes_ack or {}), source: event.leg}
        state.emit_described(AcceptOffer(source, event.body), event.leg, source, event.body)
    return -1


def take_offer_refusal(state: CallState, event: OfferRefused) -> int:
    """The peer refuses; returns the leg that refused an offer of our own, else -1."""
    pending = state.pending_offer
    if pending is None or pending[1] != event.leg:
        return -1
    state.pending_offer = None
    source = pending[0]
    if source == NOBODY:
        return event.leg
    if state.legs[source].state != GONE:
        status = event.status if event.status in (488, 491, 415, 500, 503, 603) else 488
        state.emit(RefuseOffer(source, status))
    return -1


def take_hang_up(state: CallState, event: HungUp) -> None:
    """One party is gone: the other one is hung up, and the call is over."""
    leg = state.legs[event.leg]
    if leg.state == GONE:
        return
    peer = leg.peer
    leg.state = GONE
    if state.stage != TALKING:
        # A caller that sends BYE instead of CANCEL.
        cancel_all(state, "")
        state.emit(StopTimer(NO_ANSWER_TIMER))
        close(state, 487, event.cause, event.lost, "caller")
        return
    cause = event.cause or (NORMAL_CLEARING if not event.lost else 41)
    if peer >= 0 and state.legs[peer].state == UP:
        state.emit(HangUp(peer, event.headers or reason_header(cause)))
        state.legs[peer].state = GONE
        # The record names the device that talked last.
        state.legs[0].peer = max(peer, event.leg)
    for other, found in state.legs.items():
        if found.state == UP:
            state.emit(HangUp(other, reason_header(cause)))
            found.state = GONE
    cancel_all(state, "")
    if state.max_seconds:
        state.emit(StopTimer(DURATION_TIMER))
    by = "server" if event.lost else "caller" if event.leg == 0 else "callee"
    close(state, 200, cause, event.lost, by)


def end_at_limit(state: CallState) -> None:
    """The call has lasted as long as it may."""
    end_all(state, 31, "call duration limit", "server")
