# SPDX-License-Identifier: GPL-2.0-or-later
"""How calls end, and the record that each leaves."""
from __future__ import annotations

from mss.call.cause import COMPLETED_ELSEWHERE, cause_of, reason_header, text_of
from mss.call.commands import Cancel, End, HangUp, OpenRecord, RefuseOffer, Reject, StopTimer, WriteRecord
from mss.call.leg import DIALLED, GONE, RINGING, UP
from mss.call.state import ENDED, TALKING, CallState
from mss.model.call_record import CallRecord


def make_record(state: CallState) -> CallRecord:
    """The call's record as of now."""
    called_device = ""
    peer = state.legs[0].peer
    if peer > 0:
        called_device = state.legs[peer].device
    return CallRecord(
        state.id, state.call_id, state.caller, state.dialled, state.called, state.caller_type, "user",
        state.caller_device, called_device, state.started_at, state.rang_at, state.answered_at, state.ended_at,
        state.status, state.cause, state.text, state.ended_by, state.forwarded_by, state.transferred_by, "",
        state.media, "")


def open_record(state: CallState) -> None:
    """The call was answered: a crash from now on still leaves its record."""
    state.emit(OpenRecord(make_record(state)))


def close(state: CallState, status: int, cause: int, text: str, ended_by: str) -> None:
    """Write the record and forget the call; legs must have been ended before.

    ``cause`` 0 means: the one that belongs to ``status``; an empty ``text`` the words for the cause.
    """
    if state.stage == ENDED:
        return
    state.stage = ENDED
    state.ended_at = state.now
    state.status = status
    state.cause = cause or cause_of(status)
    state.text = text or text_of(state.cause)
    state.ended_by = ended_by
    if state.waiting is not None:
        # Of events that waited for the media gateway, one may have opened the record just now.
        state.commands[:] = [command for command in state.commands if not isinstance(command, OpenRecord)]
    # The record is kept before any leg learns that the call is over.
    state.commands.insert(0, WriteRecord(make_record(state)))
    state.emit(End())


def drop_offer(state: CallState, leg: int) -> None:
    """A leg goes before its answer: a change of media (UPDATE) that waits for it is refused."""
    pending = state.pending_offer
    if pending is not None and leg in pending[:2]:
        state.pending_offer = None
        if pending[1] == leg and pending[0] >= 0:
            state.emit(RefuseOffer(pending[0], 487))


def end_leg(state: CallState, leg: int, headers: str) -> None:
    """Cancel a leg that has not answered, hang up one that has; nothing for one that is gone."""
    found = state.legs[leg]
    if found.state == UP:
        state.emit(HangUp(leg, headers))
    elif found.state in (DIALLED, RINGING) and leg > 0:
        state.emit(Cancel(leg, headers))
        drop_offer(state, leg)
    found.state = GONE


def cancel_others(state: CallState, winner: int) -> None:
    """One device answered: the others stop ringing (RFC 3326, "completed elsewhere")."""
    if len(state.legs) <= 2:
        return
    for leg, found in state.legs.items():
        if leg > 0 and leg != winner and found.state in (DIALLED, RINGING):
            end_leg(state, leg, COMPLETED_ELSEWHERE)


def cancel_all(state: CallState, headers: str) -> None:
    """Give up every leg that has not answered."""
    for leg, found in state.legs.items():
        if leg > 0 and found.state in (DIALLED, RINGING):
            end_leg(state, leg, headers)


def reject_caller(state: CallState, status: int, reason: str, cause: int = 0, text: str = "",
                  ended_by: str = "server") -> None:
    """The call could not be connected: tell the caller and end it."""
    cancel_all(state, "")
    state.emit(Reject(0, status, reason, reason_header(cause) if cause else ""))
    close(state, status, cause, text, ended_by)


def end_all(state: CallState, cause: int, text: str, ended_by: str, headers: str = "") -> None:
    """End every leg of the call, whatever its state."""
    was_talking = state.stage == TALKING
    lines = headers or reason_header(cause)
    for leg in state.legs:
        if leg == 0 and state.legs[0].state in (DIALLED, RINGING):
            state.emit(Reject(0, 480, "", lines))
            state.legs[0].state = GONE
        else:
            end_leg(state, leg, lines)
    if was_talking:
        state.emit(StopTimer("duration"))
    close(state, 200 if was_talking else 480, cause, text, ended_by)


def refuse_answered(state: CallState, status: int, text: str) -> None:
    """A device answered, but its answer cannot be given to the caller: the call was never answered for it."""
    state.answered_at = 0.0
    state.emit(Reject(0, status, "", ""))
    state.legs[0].state = GONE
    for leg in state.legs:
        end_leg(state, leg, reason_header(cause_of(status)))
    if state.max_seconds:
        state.emit(StopTimer("duration"))
    close(state, status, 0, text, "server")
