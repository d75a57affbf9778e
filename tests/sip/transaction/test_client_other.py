# SPDX-License-Identifier: GPL-2.0-or-later
"""RFC 3261 17.1.2."""
from __future__ import annotations

import pytest

from mss.sip.builder import build_request
from mss.sip.transaction.client_other import (
    COMPLETED,
    FINAL,
    PROCEEDING,
    PROVISIONAL,
    TIMER_E,
    TIMER_F,
    TIMER_K,
    TRANSITIONS,
    TRANSPORT_FAILED,
    TRYING,
    OtherClientTransaction,
)
from mss.sip.transaction.context import NOBODY, TERMINATED, TransactionContext
from mss.sip.transaction.request import OutgoingRequest
from tests.sip.harness import Clock, Ear, Wire, make_context, read, response

STATES = (TRYING, PROCEEDING, COMPLETED)
EVENTS = (PROVISIONAL, FINAL, TIMER_E, TIMER_F, TIMER_K, TRANSPORT_FAILED)
STATUS = {PROVISIONAL: 100, FINAL: 200}
#: (state, input): state after it, what is sent, what the user hears, which failure it is told.
ROWS = {
    (TRYING, PROVISIONAL): (PROCEEDING, [], [100], []),
    (TRYING, FINAL): (COMPLETED, [], [200], []),
    (TRYING, TIMER_E): (TRYING, ["INFO"], [], []),
    (TRYING, TIMER_F): (TERMINATED, [], [], [408]),
    (TRYING, TRANSPORT_FAILED): (TERMINATED, [], [], [503]),
    (PROCEEDING, PROVISIONAL): (PROCEEDING, [], [100], []),
    (PROCEEDING, FINAL): (COMPLETED, [], [200], []),
    (PROCEEDING, TIMER_E): (PROCEEDING, ["INFO"], [], []),
    (PROCEEDING, TIMER_F): (TERMINATED, [], [], [408]),
    (PROCEEDING, TRANSPORT_FAILED): (TERMINATED, [], [], [503]),
    (COMPLETED, PROVISIONAL): (COMPLETED, [], [], []),
    (COMPLETED, FINAL): (COMPLETED, [], [], []),
    (COMPLETED, TIMER_K): (TERMINATED, [], [], []),
}


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Case:
    """One INFO of ours."""

    def __init__(self, clock: Clock, transport: str = "UDP", t1: float = 0.5) -> None:
        self.context: TransactionContext = make_context(clock, t1)
        self.wire = Wire(clock, transport)
        self.ear = Ear()
        via = f"{self.wire.local.via_head}b1"
        parts = ("sip:101@192.0.2.1", "<sip:100@mss>;tag=us", "<sip:101@mss>;tag=them", "c", 7)
        data = build_request("INFO", parts[0], via, "", parts[1], parts[2], parts[3], parts[4], "", b"")
        self.request = OutgoingRequest("INFO", *parts, "", "b1", via, data)
        self.transaction = OtherClientTransaction(self.context, self.request, self.wire, self.ear)
        self.info = self.wire.take("INFO")

    def receive(self, status: int) -> None:
        self.transaction.receive(read(response(self.info, status)))

    def is_known(self) -> bool:
        return self.context.clients.get("b1INFO") is self.transaction


def test_the_table_has_the_rows_of_the_standard() -> None:
    assert {key: row[0] for key, row in ROWS.items()} == {key: after for key, (_, after) in TRANSITIONS.items()}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("event", EVENTS)
def test_each_pair_of_state_and_input(clock: Clock, state: int, event: int) -> None:
    case = Case(clock)
    case.transaction.state = state
    due = case.transaction.due
    message = read(response(case.info, STATUS[event])) if event in STATUS else None
    case.transaction.feed(event, message)
    after, sent, heard, failures = ROWS.get((state, event), (state, [], [], []))
    assert case.transaction.state == after
    assert case.wire.rest() == sent
    assert (case.ear.heard, case.ear.failures) == (heard, failures)
    assert case.is_known() == (after != TERMINATED)
    if (state, event) not in ROWS:
        assert case.transaction.due == due


@pytest.mark.parametrize("event", EVENTS)
def test_a_terminated_one_ignores_everything(clock: Clock, event: int) -> None:
    case = Case(clock)
    case.transaction.terminate()
    message = read(response(case.info, STATUS[event])) if event in STATUS else None
    case.transaction.feed(event, message)
    assert (case.wire.rest(), case.ear.heard, case.ear.failures) == ([], [], [])


def test_timers_e_and_f_over_udp(clock: Clock) -> None:
    case = Case(clock)
    clock.wait(32.1)
    assert case.wire.intervals() == pytest.approx([0.5, 1, 2, 4, 4, 4, 4, 4, 4, 4], abs=0.06)
    assert set(case.wire.sent) == {case.request.data}
    assert case.ear.failures == []
    clock.wait(0.8)
    assert (case.ear.failures, case.is_known(), case.context.counters.timeouts) == ([408], False, 1)
    clock.wait(60)
    assert (len(case.wire.sent), case.ear.failures, clock.wheel.pending()) == (11, [408], 0)


@pytest.mark.parametrize("transport", ["TCP", "TLS", "WS", "WSS"])
@pytest.mark.parametrize("proceeding", [False, True])
def test_only_timer_f_over_reliable_transports(clock: Clock, transport: str, proceeding: bool) -> None:
    case = Case(clock, transport)
    if proceeding:
        case.receive(100)
    clock.wait(31.9)
    assert (len(case.wire.sent), case.ear.failures) == (1, [])
    clock.wait(0.3)
    assert (case.ear.failures, case.is_known(), case.context.counters.retransmitted) == ([408], False, 0)


def test_after_a_provisional_response_timer_e_runs_at_t2_and_f_stays(clock: Clock) -> None:
    case = Case(clock)
    clock.wait(1)
    case.receive(100)
    clock.wait(30.9)
    assert case.wire.intervals() == pytest.approx([0.5, 1, 4, 4, 4, 4, 4, 4, 4], abs=0.06)
    assert case.ear.failures == []
    clock.wait(0.8)
    assert (case.ear.heard, case.ear.failures) == ([100], [408])


def test_timer_k_over_udp(clock: Clock) -> None:
    case = Case(clock)
    case.receive(200)
    clock.wait(4.9)
    case.receive(200)
    assert (case.is_known(), case.ear.heard, case.context.counters.absorbed) == (True, [200], 1)
    clock.wait(0.3)
    assert (case.is_known(), len(case.wire.sent), case.ear.failures) == (False, 1, [])


def test_timer_k_is_zero_over_reliable_transports(clock: Clock) -> None:
    case = Case(clock, "TCP")
    case.receive(481)
    assert (case.is_known(), case.ear.heard) == (False, [481])
    clock.wait(40)
    assert case.ear.failures == []


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
@pytest.mark.parametrize("end", ["time-out", "loss", "answer"])
def test_its_user_is_let_go_when_nothing_more_is_to_be_told(clock: Clock, transport: str, end: str) -> None:
    case = Case(clock, transport)
    if end == "time-out":
        clock.wait(33)
    elif end == "loss":
        case.transaction.fail()
    else:
        case.receive(200)
        assert case.request.data == b""
    assert case.transaction.user is NOBODY
