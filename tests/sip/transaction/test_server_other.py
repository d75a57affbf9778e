# SPDX-License-Identifier: GPL-2.0-or-later
"""RFC 3261 17.2.2, RFC 4320."""
from __future__ import annotations

import pytest

from mss.sip.builder import build_response
from mss.sip.transaction.context import TERMINATED, TransactionContext
from mss.sip.transaction.server_other import (
    COMPLETED,
    PROCEEDING,
    REQUEST_REPEATED,
    SEND_FINAL,
    SEND_PROVISIONAL,
    SEND_TIMEOUT,
    TIMER_100,
    TIMER_F,
    TIMER_J,
    TRANSITIONS,
    TRYING,
    OtherServerTransaction,
)
from tests.sip.harness import Clock, Wire, make_context, read, request

STATES = (TRYING, PROCEEDING, COMPLETED)
EVENTS = (REQUEST_REPEATED, SEND_PROVISIONAL, SEND_FINAL, SEND_TIMEOUT, TIMER_100, TIMER_J, TIMER_F)
STATUS = {SEND_PROVISIONAL: 100, SEND_FINAL: 200, TIMER_100: 100}
LAST = "199 INFO"
#: (state, input): state after it, what is sent; "199" stands for the last response.
ROWS = {
    (TRYING, REQUEST_REPEATED): (TRYING, []),
    (TRYING, SEND_PROVISIONAL): (PROCEEDING, ["100 INFO"]),
    (TRYING, SEND_FINAL): (COMPLETED, ["200 INFO"]),
    (TRYING, SEND_TIMEOUT): (TERMINATED, []),
    (TRYING, TIMER_100): (PROCEEDING, ["100 INFO"]),
    (PROCEEDING, REQUEST_REPEATED): (PROCEEDING, [LAST]),
    (PROCEEDING, SEND_PROVISIONAL): (PROCEEDING, ["100 INFO"]),
    (PROCEEDING, SEND_FINAL): (COMPLETED, ["200 INFO"]),
    (PROCEEDING, SEND_TIMEOUT): (TERMINATED, []),
    (PROCEEDING, TIMER_F): (TERMINATED, []),
    (COMPLETED, REQUEST_REPEATED): (COMPLETED, [LAST]),
    (COMPLETED, TIMER_J): (TERMINATED, []),
}


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Case:
    """One INFO of a phone."""

    def __init__(self, clock: Clock, transport: str = "UDP") -> None:
        self.context: TransactionContext = make_context(clock)
        self.wire = Wire(clock, transport)
        self.info = read(request("INFO"))
        self.transaction = OtherServerTransaction(self.context, "key", "", self.info, self.wire)

    def response(self, status: int) -> bytes:
        return build_response(self.info, status, "", "us")

    def respond(self, status: int) -> None:
        self.transaction.respond(status, self.response(status))

    def is_known(self) -> bool:
        return self.context.servers.get("key") is self.transaction


def test_the_table_has_the_rows_of_the_standard() -> None:
    assert {key: row[0] for key, row in ROWS.items()} == {key: after for key, (_, after) in TRANSITIONS.items()}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("event", EVENTS)
def test_each_pair_of_state_and_input(clock: Clock, state: int, event: int) -> None:
    case = Case(clock)
    case.transaction.state = state
    case.transaction.last = b"" if state == TRYING else case.response(199)
    case.transaction.feed(event, case.response(STATUS[event]) if event in STATUS else b"")
    after, sent = ROWS.get((state, event), (state, []))
    assert case.transaction.state == after
    assert case.wire.rest() == sent
    assert case.is_known() == (after != TERMINATED)
    if (state, event) not in ROWS:
        assert case.transaction.due == -1


@pytest.mark.parametrize("event", EVENTS)
def test_a_terminated_one_ignores_everything(clock: Clock, event: int) -> None:
    case = Case(clock)
    case.transaction.terminate()
    case.transaction.feed(event, case.response(200))
    assert case.wire.rest() == []
    assert case.transaction.state == TERMINATED


def test_timer_j_over_udp_repeats_the_response_for_each_repeated_request(clock: Clock) -> None:
    case = Case(clock)
    case.transaction.repeat()
    case.respond(200)
    clock.wait(16)
    case.transaction.repeat()
    case.respond(481)
    clock.wait(15.9)
    case.transaction.repeat()
    assert case.wire.rest() == ["200 INFO"] * 3
    assert (case.is_known(), case.context.counters.absorbed) == (True, 3)
    clock.wait(0.3)
    assert not case.is_known()


@pytest.mark.parametrize("transport", ["TCP", "TLS", "WS", "WSS"])
def test_timer_j_is_zero_over_reliable_transports(clock: Clock, transport: str) -> None:
    case = Case(clock, transport)
    case.respond(200)
    assert (case.wire.rest(), case.is_known()) == (["200 INFO"], False)


@pytest.mark.parametrize("status", [180, 183, 199])
def test_no_provisional_but_100(clock: Clock, status: int) -> None:
    """RFC 4320 4.1."""
    case = Case(clock)
    case.respond(status)
    assert (case.wire.rest(), case.transaction.state) == ([], TRYING)


@pytest.mark.parametrize("first", [0, 100])
def test_a_408_is_never_sent(clock: Clock, first: int) -> None:
    """RFC 4320 4.2."""
    case = Case(clock)
    if first:
        case.respond(first)
    case.wire.rest()
    case.respond(408)
    assert (case.wire.rest(), case.is_known()) == ([], False)


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_a_deferred_answer_is_preceded_by_100_when_the_client_repeats_at_t2(clock: Clock, transport: str) -> None:
    """RFC 4320 4.1: not before, and over any transport."""
    case = Case(clock, transport)
    case.transaction.defer(case.response(100))
    clock.wait(3.45)
    case.transaction.repeat()
    assert case.wire.rest() == []
    clock.wait(0.1)
    assert case.wire.rest() == ["100 INFO"]
    case.transaction.repeat()
    assert case.wire.rest() == ["100 INFO"]
    case.respond(200)
    assert case.wire.rest() == ["200 INFO"]
    clock.wait(40)
    assert not case.is_known()


def test_an_answer_in_time_makes_the_100_unnecessary(clock: Clock) -> None:
    case = Case(clock)
    case.transaction.defer(case.response(100))
    clock.wait(3)
    case.respond(200)
    clock.wait(31)
    assert (case.wire.rest(), case.is_known()) == (["200 INFO"], True)


@pytest.mark.parametrize("explicit", [False, True])
def test_one_that_is_never_answered_ends_with_its_client(clock: Clock, explicit: bool) -> None:
    case = Case(clock)
    case.transaction.defer(case.response(100))
    if explicit:
        case.respond(100)
    clock.wait(31.9)
    assert case.is_known()
    clock.wait(4)
    assert (case.wire.rest(), case.is_known(), clock.wheel.pending()) == (["100 INFO"], False, 0)


@pytest.mark.parametrize("status", [100, 200])
def test_deferring_an_answered_one_changes_nothing(clock: Clock, status: int) -> None:
    case = Case(clock)
    case.respond(status)
    due = case.transaction.due
    case.transaction.defer(case.response(100))
    assert case.transaction.due == due


def test_the_final_response_lets_go_of_request_and_owner(clock: Clock) -> None:
    case = Case(clock)
    case.transaction.owner = case
    case.respond(200)
    assert (case.transaction.request, case.transaction.owner) == (None, None)
