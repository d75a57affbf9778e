# SPDX-License-Identifier: GPL-2.0-or-later
"""Limits: time to answer, duration, calls of one user, calls of the whole server."""
from __future__ import annotations

import pytest

from mss.config.settings import CallSettings, Settings
from mss.model.user import User
from mss.testing.pytest_plugin import PASSWORD
from mss.testing.scenes import connect, hang_up


def test_nobody_answers(sip_network, sip_server, alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    incoming.ring()
    outgoing.expect(180)
    sip_network.advance(59)
    outgoing.expect_nothing()
    sip_network.advance(2)
    refused = outgoing.expect(480)
    assert refused.message.reason == "No Answer"
    assert refused.header("Reason").startswith("Q.850;cause=19")
    incoming.expect_cancel()
    record = sip_server.record
    assert (record.status, record.cause, record.ended_by) == (480, 19, "server")


def test_nobody_answers_within_the_users_own_time(sip_network, sip_server, alice, bob) -> None:
    sip_server.add_user(User("101", PASSWORD, no_answer_seconds=10))
    outgoing = alice.call("101")
    incoming = bob.take_call()
    sip_network.advance(11)
    outgoing.expect(480)
    incoming.expect_cancel()


def test_the_timer_is_off_after_the_answer(sip_network, alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    sip_network.advance(200)
    outgoing.expect_nothing()
    hang_up(outgoing, incoming)


def test_a_silent_device_is_given_up_after_64_t1(sip_network, sip_server, alice, bob) -> None:
    bob.vanish()
    outgoing = alice.call("101")
    sip_network.advance(33)
    outgoing.expect(408)
    assert sip_server.record.ended_by == "callee"


def test_duration_of_a_call(sip_network, sip_server, alice, bob) -> None:
    sip_server.add_user(User("101", PASSWORD, max_call_seconds=100))
    outgoing, incoming = connect(alice, bob)
    sip_network.advance(99)
    outgoing.expect_nothing()
    sip_network.advance(2)
    outgoing.expect_bye()
    incoming.expect_bye()
    record = sip_server.record
    assert (record.ended_by, record.cause_text) == ("server", "call duration limit")
    assert record.ended_at - record.answered_at == pytest.approx(100, abs=0.2)


@pytest.mark.parametrize(("caller_limit", "callee_limit", "seconds"), [(30, 0, 30), (0, 40, 40), (30, 20, 20)])
def test_the_shortest_of_all_limits_counts(sip_network, sip_server, alice, bob, caller_limit, callee_limit,
                                           seconds) -> None:
    sip_server.add_user(User("100", PASSWORD, max_call_seconds=caller_limit))
    sip_server.add_user(User("101", PASSWORD, max_call_seconds=callee_limit))
    outgoing, incoming = connect(alice, bob)
    sip_network.advance(seconds - 1)
    outgoing.expect_nothing()
    sip_network.advance(2)
    outgoing.expect_bye()
    incoming.expect_bye()


def test_calls_of_one_user(sip_server, sip_phone, alice, bob, carol) -> None:
    sip_server.add_user(User("101", PASSWORD, max_calls=1))
    first_out, first_in = connect(alice, bob)
    # The user is busy as called party, and may not call either.
    carol.call("101").expect(486)
    bob.call("102").expect(403)
    hang_up(first_out, first_in)
    second_out, second_in = connect(bob, carol)
    hang_up(second_in, second_out)


def test_a_ringing_call_counts_too(sip_server, alice, bob, carol) -> None:
    sip_server.add_user(User("101", PASSWORD, max_calls=1))
    outgoing = alice.call("101")
    incoming = bob.take_call()
    carol.call("101").expect(486)
    incoming.reject(486)
    outgoing.expect(486)
    outgoing, incoming = connect(carol, bob)
    hang_up(outgoing, incoming)


def test_all_devices_of_a_user_count_together(sip_server, sip_phone, alice, carol) -> None:
    sip_server.add_user(User("101", PASSWORD, multi_device=True, max_calls=2))
    desk, mobile = sip_phone("101"), sip_phone("101")
    first = desk.call("100")
    at_alice = alice.take_call()
    second = mobile.call("102")
    at_carol = carol.take_call()
    mobile.call("100").expect(403)
    for outgoing, incoming in ((first, at_alice), (second, at_carol)):
        incoming.reject(486)
        outgoing.expect(486)


def test_forwarded_calls_do_not_count(sip_server, sip_phone, alice, bob, carol) -> None:
    """Once a call was forwarded, the one who forwarded it is free again."""
    sip_server.add_user(User("101", PASSWORD, max_calls=1, forward_busy="102"))
    outgoing = alice.call("101")
    bob.take_call().reject(486)
    outgoing.expect(181)
    forwarded = carol.take_call()
    forwarded.answer()
    outgoing.expect(200)
    outgoing.ack()
    forwarded.expect("ACK")
    dave = sip_phone("103")
    other_out, other_in = connect(dave, bob)
    hang_up(other_out, other_in)
    hang_up(outgoing, forwarded)


class TestWholeServer:
    """``[call] max_calls``."""

    @pytest.fixture
    def sip_settings(self) -> Settings:
        return Settings(call=CallSettings(max_calls=1))

    def test_too_many_calls(self, sip_server, alice, bob, carol) -> None:
        outgoing, incoming = connect(alice, bob)
        refused = carol.call("100").expect(503)
        assert refused.header("Retry-After") == "10"
        hang_up(outgoing, incoming)
        outgoing, incoming = connect(carol, bob)
        hang_up(outgoing, incoming)
        assert len(sip_server.records) == 2
