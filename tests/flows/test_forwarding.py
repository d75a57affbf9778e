# SPDX-License-Identifier: GPL-2.0-or-later
"""Forwards of users, each announced to the caller by 181 with Call-Info; 3xx of phones; loops and too many hops."""
from __future__ import annotations

import pytest

from mss.config.settings import CallSettings, Settings
from mss.model.user import User
from mss.testing.pytest_plugin import PASSWORD
from mss.testing.scenes import hang_up


def expect_181(call, who: str, to: str) -> None:
    response = call.expect(181)
    info = response.header("Call-Info")
    assert info.startswith(f"<sip:{to}@")
    assert set(info.partition(">;")[2].split(";")) == {"purpose=forwarding", f"username={who}", f"contact={to}"}


def answer(outgoing, phone):
    incoming = phone.take_call()
    incoming.answer()
    outgoing.expect(200)
    outgoing.ack()
    incoming.expect("ACK")
    return incoming


def test_unconditional(sip_server, alice, bob, carol) -> None:
    sip_server.add_user(User("101", PASSWORD, forward_all="102"))
    outgoing = alice.call("101")
    expect_181(outgoing, "101", "102")
    bob.expect_no_call()
    hang_up(outgoing, answer(outgoing, carol))
    record = sip_server.record
    assert (record.dialled, record.called, record.forwarded_by) == ("101", "102", "101")


def test_busy(sip_server, alice, bob, carol) -> None:
    sip_server.add_user(User("101", PASSWORD, forward_busy="102"))
    outgoing = alice.call("101")
    bob.take_call().reject(486)
    expect_181(outgoing, "101", "102")
    hang_up(outgoing, answer(outgoing, carol))
    assert sip_server.record.forwarded_by == "101"


def test_busy_because_of_as_many_calls_as_allowed(sip_server, sip_phone, alice, bob, carol) -> None:
    sip_server.add_user(User("101", PASSWORD, forward_busy="102", max_calls=1))
    first = alice.call("101")
    at_bob = answer(first, bob)
    dave = sip_phone("103")
    second = dave.call("101")
    expect_181(second, "101", "102")
    bob.expect_no_call()
    hang_up(second, answer(second, carol))
    hang_up(first, at_bob)


def test_no_answer(sip_network, sip_server, alice, bob, carol) -> None:
    sip_server.add_user(User("101", PASSWORD, forward_no_answer="102", no_answer_seconds=20))
    outgoing = alice.call("101")
    ringing = bob.take_call()
    ringing.ring()
    outgoing.expect(180)
    sip_network.advance(19)
    outgoing.expect_nothing()
    sip_network.advance(2)
    ringing.expect_cancel()
    expect_181(outgoing, "101", "102")
    assert sip_server.live.active_calls("101") == 0
    hang_up(outgoing, answer(outgoing, carol))
    assert sip_server.record.forwarded_by == "101"


def test_the_answer_crosses_the_forward(sip_network, sip_server, alice, bob, carol) -> None:
    sip_server.add_user(User("101", PASSWORD, forward_no_answer="102", no_answer_seconds=20))
    outgoing = alice.call("101")
    ringing = bob.take_call()
    ringing.ring()
    outgoing.expect(180)
    sip_network.delay("CANCEL", 1.0)
    sip_network.advance(20.2)
    ringing.answer()
    ringing.expect("ACK")
    ringing.expect_bye()
    expect_181(outgoing, "101", "102")
    hang_up(outgoing, answer(outgoing, carol))


@pytest.mark.parametrize("how", ["not registered", "480", "silent", "408"])
def test_unreachable(sip_network, sip_server, sip_phone, alice, carol, how: str) -> None:
    sip_server.add_user(User("101", PASSWORD, forward_unreachable="102"))
    if how != "not registered":
        bob = sip_phone("101")
        bob.sends_trying = False
    outgoing = alice.call("101")
    if how == "silent":
        sip_network.advance(33)
    elif how != "not registered":
        bob.take_call().reject(int(how))
    expect_181(outgoing, "101", "102")
    hang_up(outgoing, answer(outgoing, carol))


def test_one_after_the_other_each_with_its_181(sip_server, sip_phone, alice, bob, carol) -> None:
    sip_server.add_user(User("101", PASSWORD, forward_all="102"))
    sip_server.add_user(User("102", PASSWORD, forward_busy="103"))
    dave = sip_phone("103")
    outgoing = alice.call("101")
    expect_181(outgoing, "101", "102")
    carol.take_call().reject(486)
    expect_181(outgoing, "102", "103")
    hang_up(outgoing, answer(outgoing, dave))
    record = sip_server.record
    assert (record.called, record.forwarded_by) == ("103", "102")


def test_a_refused_call_without_a_fitting_forward(sip_server, alice, bob) -> None:
    sip_server.add_user(User("101", PASSWORD, forward_busy="102", forward_unreachable="103"))
    outgoing = alice.call("101")
    bob.take_call().reject(488)
    outgoing.expect(488)


def test_the_caller_cancels_while_the_forward_rings(alice, bob, carol, sip_server) -> None:
    sip_server.add_user(User("101", PASSWORD, forward_all="102"))
    outgoing = alice.call("101")
    expect_181(outgoing, "101", "102")
    ringing = carol.take_call()
    outgoing.cancel()
    outgoing.expect("200 CANCEL")
    outgoing.expect(487)
    ringing.expect_cancel()


def test_a_forward_to_a_number_that_does_not_exist(alice, bob, sip_server) -> None:
    sip_server.add_user(User("101", PASSWORD, forward_all="999"))
    outgoing = alice.call("101")
    expect_181(outgoing, "101", "999")
    outgoing.expect(404)


class TestRedirections:
    """3xx of a phone: the server follows (RFC 3261 8.1.3.4)."""

    @pytest.mark.parametrize("status", [301, 302])
    def test_followed(self, sip_server, alice, bob, carol, status: int) -> None:
        outgoing = alice.call("101")
        bob.take_call().reject(status, headers=[("Contact", "<sip:102@198.51.100.1>")])
        expect_181(outgoing, "101", "102")
        hang_up(outgoing, answer(outgoing, carol))
        assert sip_server.record.forwarded_by == "101"

    def test_the_best_of_several_contacts(self, alice, bob, carol) -> None:
        outgoing = alice.call("101")
        contacts = "<sip:103@198.51.100.1>;q=0.3, <sip:102@198.51.100.1>;q=0.9, <mailto:x@y>"
        bob.take_call().reject(300, headers=[("Contact", contacts)])
        expect_181(outgoing, "101", "102")
        hang_up(outgoing, answer(outgoing, carol))

    def test_without_a_contact_it_is_no_answer(self, alice, bob) -> None:
        outgoing = alice.call("101")
        bob.take_call().reject(302)
        outgoing.expect(480)

    def test_back_to_the_caller_who_is_busy_with_calling(self, alice, bob) -> None:
        outgoing = alice.call("101")
        bob.take_call().reject(302, headers=[("Contact", "<sip:101@198.51.100.1>")])
        outgoing.expect(482)


class TestLoops:
    """Forwards that lead in a circle, and chains that are too long."""

    def test_two_users_forward_to_each_other(self, sip_server, alice) -> None:
        sip_server.add_user(User("101", PASSWORD, forward_all="102"))
        sip_server.add_user(User("102", PASSWORD, forward_all="101"))
        outgoing = alice.call("101")
        expect_181(outgoing, "101", "102")
        outgoing.expect(482)
        assert sip_server.record.status == 482

    def test_a_user_forwards_to_itself(self, sip_server, alice) -> None:
        sip_server.add_user(User("101", PASSWORD, forward_all="101"))
        alice.call("101").expect(482)

    def test_a_circle_of_different_conditions(self, sip_server, alice, bob) -> None:
        sip_server.add_user(User("101", PASSWORD, forward_busy="102"))
        sip_server.add_user(User("102", PASSWORD, forward_unreachable="101"))
        outgoing = alice.call("101")
        bob.take_call().reject(486)
        expect_181(outgoing, "101", "102")
        outgoing.expect(482)

    @pytest.mark.parametrize(("hops", "status"), [(5, 480), (6, 483)])
    def test_five_hops_are_allowed(self, sip_server, alice, hops: int, status: int) -> None:
        for hop in range(hops):
            sip_server.add_user(User(str(101 + hop), PASSWORD, forward_all=str(102 + hop)))
        outgoing = alice.call("101")
        for hop in range(5):
            expect_181(outgoing, str(101 + hop), str(102 + hop))
        outgoing.expect(status)

    def test_forwards_and_redirections_count_together(self, sip_server, sip_phone, alice) -> None:
        phones = {}
        for number in range(101, 108):
            sip_server.add_user(User(str(number), PASSWORD))
            phones[number] = sip_phone(str(number))
        sip_server.add_user(User("103", PASSWORD, forward_all="104"))
        outgoing = alice.call("101")
        for number in (101, 102, 104, 105, 106):
            phones[number].take_call().reject(302, headers=[("Contact", f"<sip:{number + 1}@198.51.100.1>")])
        outgoing.inbox.clear()
        assert sip_server.record.status == 483


class TestWithout181:
    """``send_181 = false``."""

    @pytest.fixture
    def sip_settings(self) -> Settings:
        return Settings(call=CallSettings(send_181=False))

    def test_the_caller_only_hears_it_ring(self, sip_server, alice, carol) -> None:
        sip_server.add_user(User("101", PASSWORD, forward_all="102"))
        outgoing = alice.call("101")
        incoming = carol.take_call()
        incoming.ring()
        outgoing.expect(180)
        incoming.reject(486)
        outgoing.expect(486)
