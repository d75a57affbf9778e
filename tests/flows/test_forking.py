# SPDX-License-Identifier: GPL-2.0-or-later
"""One number with several devices: all ring, one wins, the others are told (RFC 3261 16.7, RFC 3326)."""
from __future__ import annotations

import pytest

from mss.model.user import User
from mss.testing.phone import ScriptedPhone
from mss.testing.pytest_plugin import PASSWORD
from mss.testing.scenes import hang_up

ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"'


@pytest.fixture
def desk(sip_server, sip_phone) -> ScriptedPhone:
    sip_server.add_user(User("101", PASSWORD, multi_device=True))
    return sip_phone("101")


@pytest.fixture
def mobile(desk, sip_phone) -> ScriptedPhone:
    return sip_phone("101")


def test_both_ring_and_the_loser_is_cancelled(sip_server, alice, desk, mobile) -> None:
    outgoing = alice.call("101")
    at_desk, at_mobile = desk.take_call(), mobile.take_call()
    at_desk.ring()
    at_mobile.ring()
    outgoing.expect(180)
    assert alice.repeated("180 INVITE") == 1
    at_mobile.answer()
    outgoing.expect(200)
    outgoing.ack()
    at_mobile.expect("ACK")
    assert at_desk.expect_cancel().header("Reason") == ELSEWHERE
    outgoing.expect_nothing()
    hang_up(outgoing, at_mobile)
    record = sip_server.record
    assert record.called_device == at_mobile.phone.contact
    assert record.status == 200


def test_both_get_legs_of_their_own(alice, desk, mobile) -> None:
    outgoing = alice.call("101")
    first, second = desk.take_call(), mobile.take_call()
    assert first.call_id != second.call_id
    assert first.remote_tag != second.remote_tag
    outgoing.cancel()
    outgoing.expect("200 CANCEL")
    outgoing.expect(487)
    first.expect_cancel()
    second.expect_cancel()


def test_a_late_answer_after_another_one_is_hung_up(sip_server, sip_network, alice, desk, mobile) -> None:
    outgoing = alice.call("101")
    at_desk, at_mobile = desk.take_call(), mobile.take_call()
    with sip_network.held():
        at_mobile.answer()
        at_desk.answer()
    outgoing.expect(200)
    outgoing.expect_nothing()
    outgoing.ack()
    at_mobile.expect("ACK")
    # The 200 of the loser crossed its CANCEL: it is acknowledged and hung up.
    desk.respond(at_desk.expect("CANCEL"), 200)
    at_desk.expect("ACK")
    at_desk.expect_bye()
    hang_up(outgoing, at_mobile)
    assert sip_server.record.called_device == mobile.contact


def test_never_180_after_200(sip_network, alice, desk, mobile) -> None:
    outgoing = alice.call("101")
    at_desk, at_mobile = desk.take_call(), mobile.take_call()
    with sip_network.held():
        at_mobile.answer()
        at_desk.ring()
    outgoing.expect(200)
    outgoing.expect_nothing()
    outgoing.ack()
    at_mobile.expect("ACK")
    at_desk.expect_cancel()
    outgoing.expect_nothing()
    hang_up(at_mobile, outgoing)


def test_a_180_overtaken_by_its_200_stays_away(sip_network, alice, desk) -> None:
    outgoing = alice.call("101")
    incoming = desk.take_call()
    sip_network.delay("180 INVITE", 0.2)
    incoming.ring()
    incoming.answer()
    outgoing.expect(200)
    outgoing.ack()
    sip_network.advance(0.3)
    incoming.expect("ACK")
    outgoing.expect_nothing()
    hang_up(outgoing, incoming)


def test_one_refuses_and_the_other_answers(alice, desk, mobile) -> None:
    outgoing = alice.call("101")
    at_desk, at_mobile = desk.take_call(), mobile.take_call()
    at_desk.reject(486)
    at_desk.expect("ACK")
    outgoing.expect_nothing()
    at_mobile.answer()
    outgoing.expect(200)
    outgoing.ack()
    at_mobile.expect("ACK")
    at_desk.expect_nothing()
    hang_up(outgoing, at_mobile)


@pytest.mark.parametrize(("first", "second", "told"), [(480, 486, 486), (486, 480, 486), (500, 404, 404),
                                                       (408, 480, 408), (503, 488, 488)])
def test_the_best_of_several_refusals_is_told(alice, desk, mobile, first: int, second: int, told: int) -> None:
    outgoing = alice.call("101")
    at_desk, at_mobile = desk.take_call(), mobile.take_call()
    at_desk.reject(first)
    outgoing.expect_nothing()
    at_mobile.reject(second)
    outgoing.expect(told)


def test_a_refusal_for_all_devices_ends_the_call(alice, desk, mobile) -> None:
    outgoing = alice.call("101")
    at_desk, at_mobile = desk.take_call(), mobile.take_call()
    at_mobile.ring()
    outgoing.expect(180)
    at_desk.reject(603)
    outgoing.expect(603)
    at_mobile.expect_cancel()


def test_forked_answers_of_one_device(alice, desk) -> None:
    """A proxy behind the contact forks: the second 200, with another To tag, gets ACK and BYE (13.2.2.4)."""
    outgoing = alice.call("101")
    incoming = desk.take_call()
    incoming.answer()
    outgoing.expect(200)
    outgoing.ack()
    incoming.expect("ACK")
    incoming.answer(tag="other")
    ack, bye = incoming.expect("ACK"), incoming.expect("BYE")
    incoming.reply(bye, 200)
    assert ack.to_tag == bye.to_tag == "other"
    # Repeated, it is acknowledged again, and nothing else.
    incoming.answer(tag="other")
    incoming.expect_nothing()
    assert [message.to_tag for message in desk.repeats] == ["other"]
    outgoing.expect_nothing()
    hang_up(outgoing, incoming)
