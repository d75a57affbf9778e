# SPDX-License-Identifier: GPL-2.0-or-later
"""Transfers, executed by the server (RFC 3515, RFC 3891, RFC 5589).

The party that stays is re-invited with the description of its new peer; if its answer differs from
what the new peer was given, the new peer is re-invited with that.
"""
from __future__ import annotations

from typing import Final

from mss.call.cause import NORMAL_CLEARING, reason_header
from mss.call.commands import (
    AdoptPeer,
    Answer,
    FindRoute,
    HangUp,
    Notify,
    Offer,
    Reject,
    Respond,
    StartTimer,
    StopTimer,
)
from mss.call.ending import cancel_others, close, end_all, end_leg
from mss.call.events import (
    AdoptionFailed,
    Answered,
    Failed,
    HungUp,
    LegAdopted,
    PeerTaken,
    ReplacementRequested,
    Routed,
    Rung,
    TransferRequested,
)
from mss.call.leg import DIALLED, GONE, RINGING, UP
from mss.call.setup import dial
from mss.call.state import NOBODY, TALKING, CallState, Transfer
from mss.sdp.joining import resume, same_media

TRANSFER_TIMER: Final = "transfer"
RETRY_TIMER: Final = "transfer retry"
#: Offering again after 491 (RFC 3261 14.1 wants 2.1 to 4 s of the side that owns the Call-ID).
_RETRY_SECONDS: Final = 2.5
_MAX_TRIES: Final = 4

_ROUTING: Final = 0
_RINGING: Final = 1
#: The party that stays was offered the target's description, then the target the party's answer.
_OFFERED_PARTY: Final = 2
_OFFERED_TARGET: Final = 3
#: The target is gone while the party considers its description: the party's answer is awaited, then undone.
_WITHDRAWN: Final = 4
#: The party that stays was offered the description of its former peer again.
_RESTORED: Final = 5


def request_transfer(state: CallState, event: TransferRequested) -> None:
    """REFER: accept it and look for the target."""
    party = state.legs[event.leg].peer
    if state.stage != TALKING or party < 0 or state.transfer is not None:
        state.emit(Respond(event.leg, event.token, 491 if state.transfer is not None else 481))
        return
    state.emit(Respond(event.leg, event.token, 202))
    state.emit(Notify(event.leg, 100, "Trying", False))
    state.transfer = Transfer(event.leg, party)
    if event.replaced_call:
        state.emit(AdoptPeer(event.replaced_call, event.replaced_leg))
    else:
        state.emit(FindRoute(event.number, state.legs[event.leg].number))


def take_route(state: CallState, event: Routed) -> None:
    """Ring the target of a blind transfer with the description of the party that stays."""
    transfer = state.transfer
    if transfer is None:
        return
    route = event.route
    if route.status:
        fail_transfer(state, route.status, route.reason)
        return
    party = state.legs[transfer.party]
    transfer.offered = resume(party.body)
    transfer.step = _RINGING
    state.route = route
    transfer.targets = dial(state, route, transfer.party, transfer.offered)
    state.emit(StartTimer(TRANSFER_TIMER, route.no_answer_seconds or 60))


def take_ringing(state: CallState, event: Rung) -> None:
    """The target rings: the transferor hears of it."""
    transfer = state.transfer
    leg = state.legs[event.leg]
    if transfer is None or leg.state != DIALLED:
        return
    leg.state = RINGING
    _notify(state, transfer, event.status, event.reason, False)


def take_answer(state: CallState, event: Answered) -> None:
    """The target answered: connect the party that stays with it."""
    transfer = state.transfer
    leg = state.legs[event.leg]
    if transfer is None or event.leg not in transfer.targets or transfer.target >= 0 or leg.state == GONE:
        leg.state = GONE
        state.emit(HangUp(event.leg, 'Reason: SIP;cause=200;text="Call completed elsewhere"\r\n'))
        return
    leg.state = UP
    leg.body = event.body
    transfer.target = event.leg
    cancel_others(state, event.leg)
    state.emit(StopTimer(TRANSFER_TIMER))
    _join(state, transfer)


def _join(state: CallState, transfer: Transfer) -> None:
    body = resume(state.legs[transfer.target].body)
    _make_offer(state, transfer.party, transfer.target, body)
    transfer.step = _OFFERED_PARTY


def _make_offer(state: CallState, leg: int, source: int, body: bytes) -> None:
    state.pending_offer = (NOBODY, leg, False)
    state.emit_described(Offer(leg, body, "INVITE"), source, leg, body)


def take_offer_answer(state: CallState, leg: int) -> None:
    """One of the two accepted the description of the other."""
    transfer = state.transfer
    if transfer is None:
        return
    if transfer.step == _WITHDRAWN:
        _restore(state, transfer)
    elif transfer.step == _RESTORED:
        state.transfer = None
    elif transfer.step == _OFFERED_PARTY and leg == transfer.party:
        answer = state.legs[leg].body
        if transfer.replacement >= 0 and state.legs[transfer.target].state == GONE:
            # The newcomer gave up meanwhile.
            _restore(state, transfer)
        elif transfer.replacement >= 0:
            state.emit_described(Answer(transfer.target, answer, ""), leg, transfer.target, answer)
            state.legs[transfer.target].state = UP
            _complete(state, transfer)
        elif same_media(answer, transfer.offered):
            _complete(state, transfer)
        else:
            transfer.step = _OFFERED_TARGET
            _make_offer(state, transfer.target, leg, answer)
    elif transfer.step == _OFFERED_TARGET and leg == transfer.target:
        _complete(state, transfer)


def _former(transfer: Transfer) -> int:
    """The leg that the party was connected with before."""
    return transfer.replacement if transfer.replacement >= 0 else transfer.transferor


def _restore(state: CallState, transfer: Transfer) -> None:
    """Connect the party that stays with its former peer again, in whose description nothing has changed."""
    former = _former(transfer)
    if state.legs[former].state != UP:
        state.transfer = None
        end_all(state, 31, "transfer failed", "server")
        return
    transfer.step = _RESTORED
    _make_offer(state, transfer.party, former, state.legs[former].body)


def take_offer_refusal(state: CallState, leg: int, status: int) -> None:
    """One of the two refused: try again after 491, else the new connection cannot be made."""
    transfer = state.transfer
    if transfer is None:
        return
    if transfer.step == _WITHDRAWN:
        # The party is still with its former peer.
        state.transfer = None
        return
    transfer.tries += 1
    if status in (491, 500) and transfer.tries < _MAX_TRIES:
        state.emit(StartTimer(RETRY_TIMER, _RETRY_SECONDS))
        return
    if transfer.step == _RESTORED:
        state.transfer = None
        return
    if transfer.step == _OFFERED_TARGET:
        # Both know each other's description by now, only the refinement was refused.
        _complete(state, transfer)
        return
    if transfer.replacement >= 0:
        if state.legs[transfer.target].state != GONE:
            state.emit(Reject(transfer.target, 488, "", ""))
            state.legs[transfer.target].state = GONE
    else:
        end_leg(state, transfer.target, reason_header(88))
    fail_transfer(state, 488, "Not Acceptable Here")


def retry_offer(state: CallState) -> None:
    """The wait after a 491 is over."""
    transfer = state.transfer
    if transfer is None or transfer.target < 0:
        return
    if transfer.step == _RESTORED:
        _restore(state, transfer)
    elif state.legs[transfer.target].state == GONE:
        # The newcomer gave up while its offer waited: nothing has changed yet.
        fail_transfer(state, 487, "")
    elif transfer.step == _OFFERED_TARGET:
        _make_offer(state, transfer.target, transfer.party, state.legs[transfer.party].body)
    else:
        _join(state, transfer)


def _complete(state: CallState, transfer: Transfer) -> None:
    state.transfer = None
    leaving = transfer.replacement if transfer.replacement >= 0 else transfer.transferor
    state.transferred_by = state.legs[leaving].number
    _notify(state, transfer, 200, "OK", True)
    state.legs[leaving].peer = -1
    state.link(transfer.party, transfer.target)
    end_leg(state, leaving, reason_header(NORMAL_CLEARING))
    number = state.legs[transfer.target].number
    if leaving == 0:
        state.legs[0].peer = max(transfer.party, transfer.target)
    else:
        state.called = number


def _notify(state: CallState, transfer: Transfer, status: int, reason: str, is_final: bool) -> None:
    transferor = transfer.transferor
    if transferor >= 0 and state.legs[transferor].state == UP:
        state.emit(Notify(transferor, status, reason, is_final))


def fail_transfer(state: CallState, status: int, reason: str) -> None:
    """The target cannot be had: the call goes on as before, or ends if the transferor has left already."""
    transfer = state.transfer
    if transfer is None:
        return
    state.transfer = None
    state.emit(StopTimer(TRANSFER_TIMER))
    for leg in transfer.targets:
        if state.legs[leg].state in (DIALLED, RINGING):
            end_leg(state, leg, "")
    _notify(state, transfer, status, reason, True)
    if state.legs[_former(transfer)].state != UP:
        end_all(state, 31, "transfer failed", "server")


def take_failure(state: CallState, event: Failed) -> None:
    """A device of the target refused; the last one fails the transfer."""
    transfer = state.transfer
    state.legs[event.leg].state = GONE
    if transfer is None or event.leg not in transfer.targets or transfer.target >= 0:
        return
    if any(state.legs[leg].state != GONE for leg in transfer.targets):
        return
    fail_transfer(state, event.status if event.status >= 400 else 480, event.reason)


def take_hang_up(state: CallState, event: HungUp) -> bool:
    """A party leaves while a transfer goes on; False when that ends the whole call."""
    transfer = state.transfer
    if transfer is None or event.leg == transfer.party:
        state.transfer = None
        return False
    state.legs[event.leg].state = GONE
    if event.leg == _former(transfer):
        # Many phones hang up as soon as the REFER is accepted.
        state.legs[transfer.party].peer = -1
        if transfer.step in (_WITHDRAWN, _RESTORED):
            state.transfer = None
            end_all(state, 31, "transfer failed", "server")
    elif event.leg == transfer.target and transfer.replacement < 0:
        _lose_target(state, transfer)
    return True


def _lose_target(state: CallState, transfer: Transfer) -> None:
    """The target hung up before the two were connected: back to the transferor, if that is still there."""
    has_offer = state.pending_offer is not None
    fail_transfer(state, 480, "Temporarily Unavailable")
    if state.stage != TALKING:
        return
    if transfer.step == _OFFERED_TARGET:
        state.pending_offer = None
        state.transfer = transfer
        _restore(state, transfer)
    elif has_offer:
        state.transfer = transfer
        transfer.step = _WITHDRAWN


# ---- attended ----------------------------------------------------------
def take_adopted(state: CallState, event: LegAdopted) -> None:
    """The party of the consultation call is ours now."""
    transfer = state.transfer
    leg = state.legs[event.leg]
    leg.state = UP
    leg.body = event.body
    if transfer is None:
        end_leg(state, event.leg, reason_header(NORMAL_CLEARING))
        return
    transfer.target = event.leg
    _join(state, transfer)


def take_adoption_failure(state: CallState, event: AdoptionFailed) -> None:
    """The consulted party has not answered yet: ring it anew as for a blind transfer."""
    transfer = state.transfer
    if transfer is None:
        return
    if event.number:
        state.emit(FindRoute(event.number, state.legs[transfer.transferor].number))
    else:
        fail_transfer(state, 481, "Call/Transaction Does Not Exist")


def surrender_peer(state: CallState, event: PeerTaken) -> None:
    """We are the consultation call: our other party now belongs to another call."""
    leg = state.legs[event.leg]
    peer = leg.peer
    number = leg.number
    if peer >= 0:
        state.legs[peer].state = GONE
        state.legs[0].peer = max(peer, event.leg)
    state.transfer = None
    for other in state.legs:
        # The one that asked, and whoever a transfer of ours was about to bring in.
        end_leg(state, other, reason_header(NORMAL_CLEARING))
    state.transferred_by = number
    close(state, 200, NORMAL_CLEARING, "transferred", "caller" if event.leg == 0 else "callee")


def request_replacement(state: CallState, event: ReplacementRequested) -> None:
    """INVITE with Replaces: offer the newcomer's description to the party that stays."""
    replaced = state.legs[event.replaced]
    newcomer = state.legs[event.leg]
    newcomer.body = event.body
    if state.stage != TALKING or replaced.peer < 0 or state.transfer is not None or state.pending_offer is not None:
        newcomer.state = GONE
        state.emit(Reject(event.leg, 491 if state.stage == TALKING else 481, "", ""))
        return
    transfer = Transfer(-1, replaced.peer)
    transfer.replacement = event.replaced
    transfer.target = event.leg
    state.transfer = transfer
    _join(state, transfer)
