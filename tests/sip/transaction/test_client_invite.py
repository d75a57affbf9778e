# SPDX-License-Identifier: GPL-2.0-or-later
"""RFC 3261 17.1.1, RFC 6026 7.2."""
from __future__ import annotations

import pytest

from mss.sip.builder import build_request
from mss.sip.transaction.client_invite import (
    ACCEPTED,
    CALLING,
    COMPLETED,
    FAILURE,
    PROCEEDING,
    PROVISIONAL,
    SUCCESS,
    TIMER_A,
    TIMER_B,
    TIMER_C,
    TIMER_D,
    TIMER_M,
    TRANSITIONS,
    TRANSPORT_FAILED,
    InviteClientTransaction,
)
from mss.sip.transaction.context import NOBODY, TERMINATED, TransactionContext
from mss.sip.transaction.request import OutgoingRequest
from tests.sip.harness import Clock, Ear, Wire, make_context, read, response

STATES = (CALLING, PROCEEDING, COMPLETED, ACCEPTED)
EVENTS = (PROVISIONAL, SUCCESS, FAILURE, TIMER_A, TIMER_B, TIMER_C, TIMER_D, TIMER_M, TRANSPORT_FAILED)
STATUS = {PROVISIONAL: 180, SUCCESS: 200, FAILURE: 486}
#: (state, input): state after it, what is sent, what the user hears, which failure it is told.
ROWS = {
    (CALLING, PROVISIONAL): (PROCEEDING, [], [180], []),
    (CALLING, SUCCESS): (ACCEPTED, [], [200], []),
    (CALLING, FAILURE): (COMPLETED, ["ACK"], [486], []),
    (CALLING, TIMER_A): (CALLING, ["INVITE"], [], []),
    (CALLING, TIMER_B): (TERMINATED, [], [], [408]),
    (CALLING, TRANSPORT_FAILED): (TERMINATED, [], [], [503]),
    (PROCEEDING, PROVISIONAL): (PROCEEDING, [], [180], []),
    (PROCEEDING, SUCCESS): (ACCEPTED, [], [200], []),
    (PROCEEDING, FAILURE): (COMPLETED, ["ACK"], [486], []),
    (PROCEEDING, TIMER_C): (TERMINATED, [], [], [408]),
    (PROCEEDING, TRANSPORT_FAILED): (TERMINATED, [], [], [503]),
    (COMPLETED, PROVISIONAL): (COMPLETED, [], [], []),
    (COMPLETED, FAILURE): (COMPLETED, ["ACK"], [], []),
    (COMPLETED, TIMER_D): (TERMINATED, [], [], []),
    (ACCEPTED, PROVISIONAL): (ACCEPTED, [], [], []),
    (ACCEPTED, SUCCESS): (ACCEPTED, [], [200], []),
    (ACCEPTED, TIMER_M): (TERMINATED, [], [], []),
}


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Case:
    """One INVITE of ours."""

    def __init__(self, clock: Clock, transport: str = "UDP", t1: float = 0.5) -> None:
        self.clock = clock
        self.context: TransactionContext = make_context(clock, t1)
        self.wire = Wire(clock, transport)
        self.ear = Ear()
        via = f"{self.wire.local.via_head}b1"
        route = "Route: <sip:p1;lr>\r\n"
        data = build_request("INVITE", "sip:101@192.0.2.1", via, route, "<sip:100@mss>;tag=us", "<sip:101@mss>", "c", 7,
                             "", b"")
        self.request = OutgoingRequest("INVITE", "sip:101@192.0.2.1", "<sip:100@mss>;tag=us", "<sip:101@mss>", "c", 7,
                                       route, "b1", via, data)
        self.transaction = InviteClientTransaction(self.context, self.request, self.wire, self.ear)
        self.invite = self.wire.take("INVITE")

    def receive(self, status: int, tag: str = "peer") -> None:
        self.transaction.receive(read(response(self.invite, status, tag=tag)))

    def is_known(self) -> bool:
        return self.context.clients.get("b1INVITE") is self.transaction


def test_the_table_has_the_rows_of_the_standard() -> None:
    assert {key: row[0] for key, row in ROWS.items()} == {key: after for key, (_, after) in TRANSITIONS.items()}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("event", EVENTS)
def test_each_pair_of_state_and_input(clock: Clock, state: int, event: int) -> None:
    case = Case(clock)
    case.transaction.state = state
    due = case.transaction.due
    message = read(response(case.invite, STATUS[event])) if event in STATUS else None
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
    message = read(response(case.invite, STATUS[event])) if event in STATUS else None
    case.transaction.feed(event, message)
    assert (case.wire.rest(), case.ear.heard, case.ear.failures) == ([], [], [])
    assert case.transaction.state == TERMINATED


def test_timers_a_and_b_over_udp(clock: Clock) -> None:
    """Seven INVITEs, each twice as long after the one before, and 408 after 64 T1."""
    case = Case(clock)
    clock.wait(31.9)
    assert case.wire.intervals() == pytest.approx([0.5, 1, 2, 4, 8, 16], abs=0.06)
    assert set(case.wire.sent) == {case.request.data}
    assert case.context.counters.retransmitted == 6
    assert case.ear.failures == []
    clock.wait(0.6)
    assert (case.ear.failures, case.is_known(), case.context.counters.timeouts) == ([408], False, 1)
    clock.wait(200)
    assert (len(case.wire.sent), case.ear.failures, clock.wheel.pending()) == (7, [408], 0)


@pytest.mark.parametrize("transport", ["TCP", "TLS", "WS", "WSS"])
def test_no_timer_a_over_reliable_transports(clock: Clock, transport: str) -> None:
    case = Case(clock, transport)
    clock.wait(31.9)
    assert (len(case.wire.sent), case.ear.failures) == (1, [])
    clock.wait(0.3)
    assert (case.ear.failures, case.is_known(), case.context.counters.retransmitted) == ([408], False, 0)


def test_t1_scales_timers_a_and_b(clock: Clock) -> None:
    case = Case(clock, t1=0.1)
    clock.wait(7)
    assert case.wire.intervals() == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2], abs=0.06)
    assert case.ear.failures == [408]


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_a_provisional_response_stops_the_repeating_and_starts_timer_c(clock: Clock, transport: str) -> None:
    case = Case(clock, transport)
    clock.wait(1)
    count = len(case.wire.sent)
    case.receive(100)
    clock.wait(184)
    assert (len(case.wire.sent), case.ear.failures) == (count, [])
    case.receive(183)
    clock.wait(184)
    assert (case.ear.heard, case.ear.failures) == ([100, 183], [])
    clock.wait(2)
    assert (case.ear.failures, case.is_known()) == ([408], False)


def test_the_end_that_a_cancel_sets_is_not_put_off_by_more_provisionals(clock: Clock) -> None:
    """RFC 3261 9.1: without a final response the call is over 64 T1 after the CANCEL."""
    case = Case(clock)
    case.receive(180)
    case.transaction.limit(case.context.values.t64)
    for _ in range(4):
        clock.wait(7)
        case.receive(180)
    assert case.ear.failures == []
    clock.wait(4.2)
    assert (case.ear.failures, case.is_known()) == ([408], False)


@pytest.mark.parametrize("status", [200, 486])
def test_the_end_that_a_cancel_sets_is_that_of_a_pending_call_only(clock: Clock, status: int) -> None:
    case = Case(clock)
    case.receive(status)
    case.transaction.limit(1)
    clock.wait(31)
    assert case.is_known()


def test_states_as_told(clock: Clock) -> None:
    case = Case(clock)
    assert (case.transaction.is_proceeding(), case.transaction.is_pending()) == (False, True)
    case.receive(180)
    assert (case.transaction.is_proceeding(), case.transaction.is_pending()) == (True, True)
    case.receive(486)
    assert (case.transaction.is_proceeding(), case.transaction.is_pending()) == (False, False)


def test_the_ack_to_a_failure_and_its_repetition(clock: Clock) -> None:
    """RFC 3261 17.1.1.3; each repeated final response is acknowledged, the user hears of the first."""
    case = Case(clock)
    case.receive(486, tag="them")
    ack = case.wire.take("ACK")
    assert (ack.uri, ack.cseq, ack.to_tag, ack.from_tag, ack.call_id) == ("sip:101@192.0.2.1", 7, "them", "us", "c")
    assert ack.lines_of("via") == case.invite.lines_of("via")
    assert ack.get_all("route") == ["<sip:p1;lr>"]
    for _ in range(3):
        clock.wait(2)
        case.receive(486, tag="them")
    assert case.wire.rest() == ["ACK"] * 3
    assert len({data for data in case.wire.sent if data.startswith(b"ACK")}) == 1
    assert (case.ear.heard, case.context.counters.absorbed) == ([486], 3)


def test_a_failure_without_to_is_acknowledged_with_our_own(clock: Clock) -> None:
    case = Case(clock)
    message = read(response(case.invite, 486))
    bare = type(message)("", "", 486, "Busy Here", [], [], b"")
    case.transaction.receive(bare)
    assert case.wire.take("ACK").get("to") == "<sip:101@mss>"


def test_timer_d_over_udp(clock: Clock) -> None:
    case = Case(clock)
    case.receive(486)
    clock.wait(32)
    assert case.is_known()
    clock.wait(0.2)
    assert (case.is_known(), case.ear.failures) == (False, [])


def test_timer_d_is_zero_over_reliable_transports(clock: Clock) -> None:
    case = Case(clock, "TCP")
    case.receive(486)
    assert case.wire.rest() == ["ACK"]
    assert (case.is_known(), case.ear.heard) == (False, [486])


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_timer_m_and_every_2xx_meanwhile(clock: Clock, transport: str) -> None:
    """RFC 6026 8.4: any further 2xx goes to the user; nothing is acknowledged here."""
    case = Case(clock, transport)
    case.receive(200, tag="a")
    clock.wait(16)
    case.receive(200, tag="b")
    case.receive(180)
    case.receive(486)
    assert (case.ear.heard, case.wire.rest()) == ([200, 200], [])
    clock.wait(15.9)
    assert case.is_known()
    clock.wait(0.3)
    assert (case.is_known(), case.ear.failures) == (False, [])


@pytest.mark.parametrize("state", ["calling", "proceeding"])
def test_a_lost_flow_is_a_503(clock: Clock, state: str) -> None:
    case = Case(clock, "TCP")
    if state == "proceeding":
        case.receive(180)
    case.transaction.fail()
    clock.wait(200)
    assert (case.ear.failures, case.is_known()) == ([503], False)


@pytest.mark.parametrize("end", ["time-out", "loss", "failure"])
def test_its_user_is_let_go_when_nothing_more_is_to_be_told(clock: Clock, end: str) -> None:
    case = Case(clock)
    if end == "time-out":
        clock.wait(33)
    elif end == "loss":
        case.transaction.fail()
    else:
        case.receive(486)
        assert case.request.data == b""
    assert case.transaction.user is NOBODY


def test_a_2xx_lets_go_of_the_bytes_of_the_invite(clock: Clock) -> None:
    case = Case(clock)
    case.receive(200)
    assert case.request.data == b""
