# SPDX-License-Identifier: GPL-2.0-or-later
"""Reliable provisional responses (RFC 3262): demanded by the caller, demanded by the called side, and lost."""
from __future__ import annotations

import pytest

from mss.model.user import User
from mss.testing.scenes import hang_up

DEMAND = [("Require", "100rel"), ("Supported", "100rel")]


def test_demanded_by_the_caller(alice, bob) -> None:
    outgoing = alice.call("101", headers=DEMAND)
    incoming = bob.take_call()
    incoming.ring()
    ringing = outgoing.expect(180)
    assert ringing.lists("Require", "100rel")
    assert ringing.header("RSeq").isdigit()
    outgoing.prack(ringing)
    outgoing.expect("200 PRACK")
    incoming.answer()
    outgoing.expect("200 INVITE")
    outgoing.ack()
    incoming.expect("ACK")
    hang_up(outgoing, incoming)


def test_offered_but_not_demanded_they_are_not_used(alice, bob) -> None:
    outgoing = alice.call("101", headers=[("Supported", "100rel")])
    incoming = bob.take_call()
    incoming.ring()
    assert not outgoing.expect(180).has("RSeq")
    incoming.reject(486)
    outgoing.expect(486)


def test_the_next_one_waits_for_the_prack(alice, bob) -> None:
    outgoing = alice.call("101", headers=DEMAND)
    incoming = bob.take_call()
    incoming.ring()
    incoming.progress(183, bob.sdp())
    first = outgoing.expect(180)
    outgoing.expect_nothing()
    outgoing.prack(first)
    outgoing.expect("200 PRACK")
    second = outgoing.expect(183)
    assert int(second.header("RSeq")) == int(first.header("RSeq")) + 1
    outgoing.prack(second)
    outgoing.expect("200 PRACK")
    incoming.reject(486)
    outgoing.expect(486)


def test_the_2xx_waits_for_the_prack_of_a_description(alice, bob) -> None:
    outgoing = alice.call("101", headers=DEMAND)
    incoming = bob.take_call()
    incoming.progress(183, bob.sdp())
    early = outgoing.expect(183)
    incoming.answer()
    incoming.expect("ACK")
    outgoing.expect_nothing()
    outgoing.prack(early)
    outgoing.expect("200 PRACK")
    outgoing.expect("200 INVITE")
    outgoing.ack()
    hang_up(outgoing, incoming)


def test_the_2xx_does_not_wait_for_the_prack_of_a_bare_180(sip_network, alice, bob) -> None:
    outgoing = alice.call("101", headers=DEMAND)
    incoming = bob.take_call()
    incoming.ring()
    ringing = outgoing.expect(180)
    incoming.answer()
    outgoing.expect("200 INVITE")
    outgoing.ack()
    incoming.expect("ACK")
    # The PRACK that was on its way is answered all the same.
    outgoing.prack(ringing)
    outgoing.expect("200 PRACK")
    sip_network.advance(5)
    assert alice.repeated("180 INVITE") == 0
    hang_up(outgoing, incoming)


def test_a_lost_prack_brings_the_response_again(sip_network, alice, bob) -> None:
    outgoing = alice.call("101", headers=DEMAND)
    incoming = bob.take_call()
    incoming.ring()
    ringing = outgoing.expect(180)
    sip_network.lose("PRACK")
    prack = outgoing.prack(ringing)
    sip_network.advance(0.6)
    assert alice.repeated("180 INVITE") == 1
    outgoing.repeat(prack)
    outgoing.expect("200 PRACK")
    sip_network.advance(5)
    assert alice.repeated("180 INVITE") == 1
    incoming.reject(486)
    outgoing.expect(486)


def test_without_any_prack_the_call_is_refused(sip_network, sip_server, alice, bob) -> None:
    outgoing = alice.call("101", headers=DEMAND)
    incoming = bob.take_call()
    incoming.ring()
    outgoing.expect(180)
    sip_network.advance(33)
    outgoing.expect(504)
    incoming.expect_cancel()
    assert alice.repeated("180 INVITE") == 6
    sip_server.expect_no_calls()


@pytest.mark.parametrize("rack", ["1 1 INVITE", "x", "", "{rseq} 77 INVITE", "{rseq} {cseq} BYE"])
def test_a_prack_for_something_else(alice, bob, rack: str) -> None:
    outgoing = alice.call("101", headers=DEMAND)
    incoming = bob.take_call()
    incoming.ring()
    ringing = outgoing.expect(180)
    value = rack.format(rseq=ringing.header("RSeq"), cseq=ringing.cseq)
    outgoing.request("PRACK", headers=[("RAck", value)])
    response = outgoing.expect("481 PRACK") if value.count(" ") == 2 else outgoing.inbox.popleft()
    assert response.status in (400, 481)
    incoming.reject(486)
    outgoing.expect(486)


def test_demanded_by_the_called_side(alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    assert incoming.invitation.lists("Supported", "100rel")
    incoming.progress(183, bob.sdp(), rseq=55)
    prack = incoming.expect("PRACK")
    assert prack.header("RAck") == f"55 {incoming.invitation.cseq} INVITE"
    incoming.reply(prack, 200)
    assert outgoing.expect(183).body
    incoming.progress(180, rseq=56)
    incoming.reply(incoming.expect("PRACK"), 200)
    assert not outgoing.expect(180).has("RSeq")
    incoming.answer()
    outgoing.expect(200)
    outgoing.ack()
    incoming.expect("ACK")
    hang_up(incoming, outgoing)


def test_an_answer_that_came_in_a_reliable_183_only(alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    incoming.progress(183, bob.sdp("8"), rseq=1)
    incoming.reply(incoming.expect("PRACK"), 200)
    early = outgoing.expect(183)
    # RFC 6337 3.1.1: offer and answer are done, the 200 has no description; to the caller 183 was unreliable.
    incoming.answer(b"")
    assert outgoing.expect(200).sdp == early.sdp
    outgoing.ack()
    incoming.expect("ACK")
    hang_up(incoming, outgoing)


def test_a_repeated_or_early_reliable_response_is_not_passed_on(alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    incoming.progress(183, rseq=10)
    incoming.reply(incoming.expect("PRACK"), 200)
    outgoing.expect(183)
    incoming.progress(183, rseq=10, reason="Again")
    incoming.progress(180, rseq=12)
    incoming.expect_nothing()
    outgoing.expect_nothing()
    incoming.progress(180, rseq=11)
    incoming.reply(incoming.expect("PRACK"), 200)
    outgoing.expect(180)
    incoming.reject(486)
    outgoing.expect(486)


def test_demanded_by_both_sides(alice, bob) -> None:
    outgoing = alice.call("101", headers=DEMAND)
    incoming = bob.take_call()
    incoming.progress(183, bob.sdp(), rseq=1)
    incoming.reply(incoming.expect("PRACK"), 200)
    early = outgoing.expect(183)
    assert early.header("RSeq") != ""
    outgoing.prack(early)
    outgoing.expect("200 PRACK")
    incoming.answer()
    outgoing.expect("200 INVITE")
    outgoing.ack()
    incoming.expect("ACK")
    hang_up(outgoing, incoming)


@pytest.mark.parametrize("status", [405, 501, 481, 500])
def test_a_carrier_that_refuses_prack_does_no_harm(sip_server, alice, sip_carrier, status: int) -> None:
    sip_server.add_user(User("800", fixed_contact="sip:800@203.0.113.1"))
    sip_carrier.early_rseq = 7
    sip_carrier.prack_status = status
    outgoing = alice.call("800")
    outgoing.expect(183)
    incoming = sip_carrier.take_call()
    assert len(sip_carrier.pracks) == 1
    incoming.answer()
    outgoing.expect(200)
    outgoing.ack()
    incoming.expect("ACK")
    hang_up(outgoing, incoming)
    assert sip_server.record.status == 200


def test_a_prack_of_ours_that_gets_lost_is_repeated(sip_network, alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    sip_network.lose("PRACK")
    incoming.progress(180, rseq=3)
    incoming.expect_nothing()
    sip_network.advance(0.7)
    incoming.reply(incoming.expect("PRACK"), 200)
    outgoing.expect(180)
    incoming.reject(486)
    outgoing.expect(486)
