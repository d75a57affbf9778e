# SPDX-License-Identifier: GPL-2.0-or-later
"""RFC 3261 17.2.1, RFC 6026 7.1."""
from __future__ import annotations

import pytest

from mss.sip.builder import build_response
from mss.sip.transaction.context import TERMINATED, TransactionContext
from mss.sip.transaction.server_invite import (
    ACCEPTED,
    ACK_RECEIVED,
    COMPLETED,
    CONFIRMED,
    INVITE_REPEATED,
    PROCEEDING,
    SEND_FAILURE,
    SEND_PROVISIONAL,
    SEND_SUCCESS,
    TIMER_100,
    TIMER_G,
    TIMER_H,
    TIMER_I,
    TIMER_L,
    TRANSITIONS,
    InviteServerTransaction,
)
from tests.sip.harness import Clock, Wire, make_context, read, request

STATES = (PROCEEDING, COMPLETED, CONFIRMED, ACCEPTED)
EVENTS = (INVITE_REPEATED, ACK_RECEIVED, SEND_PROVISIONAL, SEND_SUCCESS, SEND_FAILURE, TIMER_G, TIMER_H, TIMER_I,
          TIMER_L, TIMER_100)
STATUS = {SEND_PROVISIONAL: 180, SEND_SUCCESS: 200, SEND_FAILURE: 486, TIMER_100: 100}
LAST = "199 INVITE"
#: (state, input): state after it, what is sent; "199" stands for the last response.
ROWS = {
    (PROCEEDING, INVITE_REPEATED): (PROCEEDING, [LAST]),
    (PROCEEDING, SEND_PROVISIONAL): (PROCEEDING, ["180 INVITE"]),
    (PROCEEDING, TIMER_100): (PROCEEDING, []),
    (PROCEEDING, SEND_SUCCESS): (ACCEPTED, ["200 INVITE"]),
    (PROCEEDING, SEND_FAILURE): (COMPLETED, ["486 INVITE"]),
    (COMPLETED, INVITE_REPEATED): (COMPLETED, [LAST]),
    (COMPLETED, TIMER_G): (COMPLETED, [LAST]),
    (COMPLETED, TIMER_H): (TERMINATED, []),
    (COMPLETED, ACK_RECEIVED): (CONFIRMED, []),
    (CONFIRMED, ACK_RECEIVED): (CONFIRMED, []),
    (CONFIRMED, INVITE_REPEATED): (CONFIRMED, []),
    (CONFIRMED, TIMER_I): (TERMINATED, []),
    (ACCEPTED, INVITE_REPEATED): (ACCEPTED, []),
    (ACCEPTED, SEND_SUCCESS): (ACCEPTED, ["200 INVITE"]),
    (ACCEPTED, TIMER_L): (TERMINATED, []),
}


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Case:
    """One INVITE of a phone."""

    def __init__(self, clock: Clock, transport: str = "UDP") -> None:
        self.context: TransactionContext = make_context(clock)
        self.wire = Wire(clock, transport)
        self.invite = read(request("INVITE"))
        self.transaction = InviteServerTransaction(self.context, "key", "merge", self.invite, self.wire)
        self.transaction.owner = self

    def response(self, status: int) -> bytes:
        return build_response(self.invite, status, "", "us")

    def respond(self, status: int) -> None:
        self.transaction.respond(status, self.response(status))

    def is_known(self) -> bool:
        known = self.context.servers.get("key") is self.transaction
        assert (self.context.merged.get("merge") is self.transaction) == known
        return known


def test_the_table_has_the_rows_of_the_standard() -> None:
    assert {key: row[0] for key, row in ROWS.items()} == {key: after for key, (_, after) in TRANSITIONS.items()}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("event", EVENTS)
def test_each_pair_of_state_and_input(clock: Clock, state: int, event: int) -> None:
    case = Case(clock)
    case.transaction.state = state
    case.transaction.last = case.response(199)
    case.transaction.interval = case.transaction.left = 10
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


def test_timers_g_and_h_over_udp(clock: Clock) -> None:
    """The failure is repeated after T1, then twice as long up to T2, for 64 T1."""
    case = Case(clock)
    case.respond(486)
    clock.wait(32.1)
    assert case.wire.intervals() == pytest.approx([0.5, 1, 2, 4, 4, 4, 4, 4, 4, 4], abs=0.06)
    assert len(set(case.wire.sent)) == 1
    assert case.is_known()
    clock.wait(0.8)
    assert (case.is_known(), len(case.wire.sent)) == (False, 11)
    clock.wait(60)
    assert (len(case.wire.sent), clock.wheel.pending()) == (11, 0)


@pytest.mark.parametrize("transport", ["TCP", "TLS", "WS", "WSS"])
def test_only_timer_h_over_reliable_transports(clock: Clock, transport: str) -> None:
    case = Case(clock, transport)
    case.respond(486)
    clock.wait(31.9)
    assert (case.is_known(), len(case.wire.sent)) == (True, 1)
    clock.wait(0.3)
    assert (case.is_known(), len(case.wire.sent)) == (False, 1)


def test_the_ack_stops_the_repeating_and_timer_i_absorbs_more_of_them(clock: Clock) -> None:
    case = Case(clock)
    case.respond(486)
    clock.wait(1)
    count = len(case.wire.sent)
    case.transaction.acknowledge()
    clock.wait(4.9)
    case.transaction.acknowledge()
    case.transaction.repeat()
    assert (case.is_known(), len(case.wire.sent), case.context.counters.absorbed) == (True, count, 2)
    clock.wait(0.3)
    assert not case.is_known()


def test_timer_i_is_zero_over_reliable_transports(clock: Clock) -> None:
    case = Case(clock, "TCP")
    case.respond(486)
    case.transaction.acknowledge()
    assert not case.is_known()


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_timer_l_absorbs_repeated_invites_after_a_2xx(clock: Clock, transport: str) -> None:
    """RFC 6026 7.1: the 2xx is the user's to repeat; what follows it is ignored."""
    case = Case(clock, transport)
    case.respond(200)
    clock.wait(31.9)
    case.transaction.repeat()
    case.respond(180)
    case.respond(486)
    case.transaction.acknowledge()
    assert case.wire.rest() == ["200 INVITE"]
    assert case.is_known()
    clock.wait(0.3)
    assert not case.is_known()


def test_a_repeated_invite_gets_the_last_provisional_again(clock: Clock) -> None:
    case = Case(clock)
    case.transaction.repeat()
    assert case.wire.rest() == []
    for status in (100, 180, 183):
        case.respond(status)
        case.transaction.repeat()
    assert case.wire.rest() == [f"{status} INVITE" for status in (100, 100, 180, 180, 183, 183)]
    assert case.context.counters.absorbed == 4


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_a_deferred_100_is_sent_after_200_ms(clock: Clock, transport: str) -> None:
    """RFC 3261 17.2.1."""
    case = Case(clock, transport)
    case.transaction.defer(case.response(100))
    clock.wait(0.15)
    assert case.wire.rest() == []
    clock.wait(0.1)
    assert case.wire.rest() == ["100 INVITE"]
    case.transaction.repeat()
    assert case.wire.rest() == ["100 INVITE"]
    clock.wait(60)
    assert (case.wire.rest(), case.is_known()) == ([], True)


@pytest.mark.parametrize("status", [180, 200, 486])
def test_a_deferred_100_is_not_sent_after_another_response(clock: Clock, status: int) -> None:
    case = Case(clock, "TCP")
    case.transaction.defer(case.response(100))
    case.respond(status)
    clock.wait(1)
    assert case.wire.rest() == [f"{status} INVITE"]


def test_a_deferred_100_answers_a_repeated_invite_at_once(clock: Clock) -> None:
    case = Case(clock)
    case.transaction.defer(case.response(100))
    clock.wait(0.1)
    case.transaction.repeat()
    clock.wait(1)
    assert case.wire.rest() == ["100 INVITE"]


@pytest.mark.parametrize("status", [200, 486])
def test_a_final_response_lets_go_of_request_and_owner(clock: Clock, status: int) -> None:
    case = Case(clock)
    case.respond(180)
    case.respond(status)
    assert (case.transaction.request, case.transaction.owner) == (None, None)
    assert bool(case.transaction.last) == (status == 486)


def test_termination_lets_go_of_request_and_owner(clock: Clock) -> None:
    case = Case(clock)
    case.transaction.terminate()
    assert (case.transaction.request, case.transaction.owner, case.is_known()) == (None, None, False)
