# SPDX-License-Identifier: GPL-2.0-or-later
"""One call: events in, commands out.  Pure: no clock, no socket, no SIP message.

``_RULES`` says which rule takes which event; while a transfer is in progress, its rules come
first.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from mss.call import setup, talking, transfer
from mss.call.commands import AcceptOffer as AcceptOfferCommand
from mss.call.commands import (
    Acknowledge,
    Answer,
    Command,
    Dial,
    Offer,
    RefuseOffer,
    Respond,
    Ring,
)
from mss.call.ending import end_all, refuse_answered, reject_caller
from mss.call.events import (
    Acknowledged,
    AdoptionFailed,
    Answered,
    CallReceived,
    Cancelled,
    CarryFailed,
    DescriptionCarried,
    Event,
    Failed,
    HangUpRequested,
    HungUp,
    LegAdopted,
    OfferAnswered,
    OfferRefused,
    PeerTaken,
    Reoffered,
    ReplacementRequested,
    Routed,
    Rung,
    TimerFired,
    TransferRequested,
)
from mss.call.leg import DIALLED, GONE, RINGING, UP
from mss.call.state import DIALLING, ENDED, ROUTING, TALKING, CallSettings, CallState

__all__ = ["Call", "CallSettings"]


class Call:
    """A B2BUA call of two legs or more, from the caller's INVITE to the record."""

    __slots__ = ("state",)

    def __init__(self, id: str, caller: str, dialled: str, call_id: str, settings: CallSettings, now: float,
                 caller_type: str = "user", caller_device: str = "") -> None:
        self.state = CallState(id, caller, dialled, call_id, settings, now, caller_type, caller_device)

    @property
    def id(self) -> str:
        """The call's own identifier, unique for ever."""
        return self.state.id

    @property
    def is_ended(self) -> bool:
        """Whether the record is written and nothing more will come."""
        return self.state.stage == ENDED

    def handle(self, event: Event, now: float) -> list[Command]:
        """Take one event at wall-clock time ``now``; the commands are to be executed in order."""
        state = self.state
        state.now = now
        commands: list[Command] = []
        state.commands = commands
        if state.carrying is not None:
            self._handle_while_carrying(event)
        elif state.stage != ENDED:
            self._apply(event)
        return commands

    def _apply(self, event: Event) -> None:
        rule = _RULES.get(type(event))
        if rule is not None:
            rule(self.state, event)

    # ---- waiting for the media gateway -----------------------------------
    def _handle_while_carrying(self, event: Event) -> None:
        state = self.state
        carrying = state.carrying
        if carrying is None:
            return
        if isinstance(event, DescriptionCarried):
            command = carrying.pop(event.token, None)
            if command is not None and state.stage != ENDED:
                state.emit(_with_body(command, event.body))
        elif isinstance(event, CarryFailed):
            command = carrying.pop(event.token, None)
            if command is not None and state.stage != ENDED:
                _fail_carry(state, command, event.status, event.reason)
        elif _ends_call(state, event):
            # Nobody waits for a description any more.
            carrying.clear()
            state.waiting = None
            self._apply(event)
        else:
            if state.waiting is None:
                state.waiting = []
            state.waiting.append(event)
        if not carrying:
            state.carrying = None
            self._handle_waiting()

    def _handle_waiting(self) -> None:
        state = self.state
        while state.waiting and state.carrying is None and state.stage != ENDED:
            self._apply(state.waiting.pop(0))
        if state.carrying is None or state.stage == ENDED:
            state.waiting = None


def _with_body(command: Command, body: bytes) -> Command:
    if isinstance(command, Dial | Ring | Answer | Offer | Acknowledge | AcceptOfferCommand):
        return command._replace(body=body)
    return command


def _ends_call(state: CallState, event: Event) -> bool:
    """Whether an event ends the whole call and so need not wait for the media gateway."""
    if isinstance(event, HungUp):
        return state.stage == TALKING and state.transfer is None
    return isinstance(event, HangUpRequested) or isinstance(event, Cancelled) and event.leg == 0


def _fail_carry(state: CallState, command: Command, status: int, reason: str) -> None:
    """The gateway has no room or cannot use a description: what needed it is refused, or the call ends."""
    if isinstance(command, Offer):
        pending = state.pending_offer
        state.pending_offer = None
        if pending is not None and pending[0] >= 0:
            state.emit(RefuseOffer(pending[0], status))
            return
        if state.transfer is not None:
            transfer.take_offer_refusal(state, command.leg, status)
            return
    if isinstance(command, Dial) and state.transfer is not None:
        transfer.take_failure(state, Failed(command.leg, status, reason, 0, ()))
    elif isinstance(command, Answer) and command.leg == 0:
        refuse_answered(state, status, reason)
    elif state.stage in (ROUTING, DIALLING):
        reject_caller(state, status, "", 0, reason)
    else:
        end_all(state, 47, reason, "server")


# ---- rules: which function takes which event --------------------------------
def _take_received(state: CallState, event: CallReceived) -> None:
    setup.receive_call(state, event)


def _take_routed(state: CallState, event: Routed) -> None:
    if state.transfer is not None:
        transfer.take_route(state, event)
    else:
        setup.take_route(state, event)


def _take_rung(state: CallState, event: Rung) -> None:
    if state.transfer is not None:
        transfer.take_ringing(state, event)
    else:
        setup.take_ringing(state, event)


def _take_answered(state: CallState, event: Answered) -> None:
    if state.transfer is not None:
        transfer.take_answer(state, event)
    else:
        setup.take_answer(state, event)


def _take_failed(state: CallState, event: Failed) -> None:
    if state.transfer is not None:
        transfer.take_failure(state, event)
    else:
        setup.take_failure(state, event)


def _take_cancelled(state: CallState, event: Cancelled) -> None:
    if event.leg == 0:
        setup.take_cancel(state, event)
    elif state.legs[event.leg].state == UP:
        # Its answer was with the media gateway when a newcomer gave up.
        talking.take_hang_up(state, HungUp(event.leg, 0, "", ""))
    else:
        # A newcomer with Replaces gave up; the offer to its peer-to-be is undone when it is answered.
        state.legs[event.leg].state = GONE


def _take_hung_up(state: CallState, event: HungUp) -> None:
    if event.leg > 0 and state.legs[event.leg].state in (DIALLED, RINGING):
        # BYE of a device that has not answered, where only a refusal would be right.
        _take_failed(state, Failed(event.leg, 480, "", event.cause, ()))
        return
    if state.transfer is not None and transfer.take_hang_up(state, event):
        return
    talking.take_hang_up(state, event)


def _take_offer_answered(state: CallState, event: OfferAnswered) -> None:
    own = talking.take_offer_answer(state, event)
    if own >= 0:
        transfer.take_offer_answer(state, own)


def _take_offer_refused(state: CallState, event: OfferRefused) -> None:
    own = talking.take_offer_refusal(state, event)
    if own >= 0:
        transfer.take_offer_refusal(state, own, event.status)


def _take_timer(state: CallState, event: TimerFired) -> None:
    if event.name == setup.NO_ANSWER_TIMER:
        setup.give_up_waiting(state)
    elif event.name == setup.DURATION_TIMER:
        talking.end_at_limit(state)
    elif event.name == transfer.TRANSFER_TIMER:
        transfer.fail_transfer(state, 480, "No Answer")
    elif event.name == transfer.RETRY_TIMER:
        transfer.retry_offer(state)


def _take_hang_up_request(state: CallState, event: HangUpRequested) -> None:
    end_all(state, event.cause, event.reason, "server")


def _take_transfer_request(state: CallState, event: TransferRequested) -> None:
    if state.pending_offer is not None:
        state.emit(Respond(event.leg, event.token, 491))
    else:
        transfer.request_transfer(state, event)


#: The rule for each kind of event.
_RULES: Final[dict[type, Callable[[CallState, Any], None]]] = {
    CallReceived: _take_received,
    Routed: _take_routed,
    Rung: _take_rung,
    Answered: _take_answered,
    Failed: _take_failed,
    Cancelled: _take_cancelled,
    Acknowledged: setup.take_acknowledgement,
    HungUp: _take_hung_up,
    Reoffered: talking.take_offer,
    OfferAnswered: _take_offer_answered,
    OfferRefused: _take_offer_refused,
    TransferRequested: _take_transfer_request,
    LegAdopted: transfer.take_adopted,
    AdoptionFailed: transfer.take_adoption_failure,
    ReplacementRequested: transfer.request_replacement,
    PeerTaken: transfer.surrender_peer,
    TimerFired: _take_timer,
    HangUpRequested: _take_hang_up_request,
}
