# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.call.call import CallSettings
from mss.call.commands import Cancel, End, HangUp, RefuseOffer, WriteRecord
from mss.call.ending import cancel_others, close, drop_offer, end_leg, make_record
from mss.call.leg import DIALLED, GONE, RINGING, UP
from mss.call.state import CallState


@pytest.fixture
def state() -> CallState:
    """A call of the caller and two devices."""
    state = CallState("c1", "100", "101", "call-id", CallSettings(), 1000.0, "user", "udp:192.0.2.10:5060")
    for device in ("sip:a", "sip:b"):
        state.add_leg("101", device)
    return state


def test_a_record_of_now(state) -> None:
    state.link(0, 2)
    record = make_record(state)
    assert (record.id, record.call_id, record.caller, record.dialled, record.called) == (
        "c1", "call-id", "100", "101", "101")
    assert (record.caller_device, record.called_device) == ("udp:192.0.2.10:5060", "sip:b")
    assert (record.started_at, record.rang_at, record.answered_at, record.ended_at) == (1000.0, 0.0, 0.0, 0.0)


def test_the_record_comes_first(state) -> None:
    state.emit(HangUp(1, ""))
    state.now = 1010.0
    close(state, 486, 0, "", "callee")
    record, hang_up, end = state.commands
    assert (type(record), type(hang_up), type(end)) == (WriteRecord, HangUp, End)
    assert record.record.ended_at == 1010.0
    assert (record.record.status, record.record.cause, record.record.cause_text) == (486, 17, "user busy")


def test_only_one_record(state) -> None:
    close(state, 486, 0, "", "callee")
    close(state, 200, 16, "again", "caller")
    assert len(state.commands) == 2
    assert state.status == 486


def test_a_given_cause_wins(state) -> None:
    close(state, 486, 34, "", "callee")
    assert (state.cause, state.text) == (34, "cause 34")


@pytest.mark.parametrize(("leg_state", "command"), [(DIALLED, Cancel(1, "h")), (RINGING, Cancel(1, "h")),
                                                    (UP, HangUp(1, "h")), (GONE, None)])
def test_how_a_leg_is_ended(state, leg_state: int, command) -> None:
    state.legs[1].state = leg_state
    end_leg(state, 1, "h")
    assert [(type(found), found) for found in state.commands] == ([(type(command), command)] if command else [])
    assert state.legs[1].state == GONE


def test_the_callers_leg_is_not_cancelled(state) -> None:
    end_leg(state, 0, "")
    assert state.commands == []


def test_all_but_the_winner(state) -> None:
    state.add_leg("101", "sip:c")
    state.legs[1].state = GONE
    state.legs[2].state = UP
    cancel_others(state, 2)
    assert [command.leg for command in state.commands] == [3]


@pytest.mark.parametrize(("pending", "refused", "left"), [
    ((0, 1, False), [RefuseOffer(0, 487)], None), ((1, 0, False), [], None), ((-1, 1, False), [], None),
    ((0, 2, False), [], (0, 2, False)), (None, [], None),
])  # fmt: skip
def test_offers_of_and_to_a_leg_that_goes(state, pending, refused, left) -> None:
    state.pending_offer = pending
    drop_offer(state, 1)
    assert state.commands == refused
    assert state.pending_offer == left
