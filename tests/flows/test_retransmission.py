# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages that are lost, come twice, or cross (RFC 3261 13.3.1.4, 17; RFC 6026)."""
from __future__ import annotations

from mss.testing.scenes import connect, hang_up


def test_an_invite_that_comes_again_makes_no_second_call(sip_server, alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    outgoing.repeat(outgoing.invited)
    outgoing.repeat(outgoing.invited)
    bob.expect_no_call()
    incoming.ring()
    outgoing.expect(180)
    # Each repetition is answered with the last response.
    outgoing.repeat(outgoing.invited)
    assert alice.repeated("180 INVITE") == 1
    incoming.answer()
    outgoing.expect(200)
    outgoing.repeat(outgoing.invited)
    outgoing.ack()
    incoming.expect("ACK")
    assert sip_server.runner.total == 1
    hang_up(outgoing, incoming)


def test_a_lost_invite_is_repeated_to_the_device(sip_network, alice, bob) -> None:
    sip_network.lose("INVITE", 2, destination=bob.address)
    outgoing = alice.call("101")
    sip_network.advance(2.0)
    incoming = bob.take_call()
    sip_network.advance(30)
    assert bob.repeated("INVITE") == 0
    incoming.answer()
    outgoing.expect(200)
    outgoing.ack()
    incoming.expect("ACK")
    hang_up(outgoing, incoming)


def test_a_duplicated_200_is_acknowledged_again(sip_network, alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    sip_network.duplicate("200 INVITE", source=bob.address)
    incoming.answer()
    outgoing.expect(200)
    assert alice.repeated("200 INVITE") == 0
    outgoing.ack()
    incoming.expect("ACK")
    assert bob.repeated("ACK") == 1
    hang_up(outgoing, incoming)


def test_a_duplicated_200_long_after(sip_network, alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    sip_network.advance(10)
    incoming.answer()
    assert bob.repeated("ACK") == 1
    outgoing.expect_nothing()
    hang_up(outgoing, incoming)


def test_a_lost_ack_brings_the_200_again(sip_network, alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    incoming.answer()
    outgoing.expect(200)
    sip_network.lose("ACK")
    ack = outgoing.ack()
    incoming.expect("ACK")
    sip_network.advance(0.6)
    assert alice.repeated("200 INVITE") == 1
    outgoing.repeat(ack)
    sip_network.advance(10)
    assert alice.repeated("200 INVITE") == 1
    hang_up(outgoing, incoming)


def test_a_2xx_that_is_never_acknowledged(sip_network, sip_server, alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    incoming.answer()
    outgoing.expect(200)
    incoming.expect("ACK")
    sip_network.advance(31)
    incoming.expect_nothing()
    sip_network.advance(2)
    # RFC 3261 13.3.1.4: after 64 T1 the call is cleared.
    outgoing.expect_bye()
    incoming.expect_bye()
    assert alice.repeated("200 INVITE") == 10
    record = sip_server.record
    assert (record.ended_by, record.cause_text) == ("server", "no ACK")


def test_a_repeated_ack_does_nothing(alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    outgoing.ack()
    outgoing.ack()
    incoming.expect_nothing()
    hang_up(outgoing, incoming)


def test_the_callee_hangs_up_before_the_caller_has_acknowledged(sip_network, alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    incoming.answer()
    outgoing.expect(200)
    incoming.expect("ACK")
    incoming.bye()
    incoming.expect("200 BYE")
    # RFC 3261 15: no BYE to the caller before its ACK.
    outgoing.expect_nothing()
    outgoing.ack()
    outgoing.expect_bye()


def test_the_callee_hangs_up_and_the_ack_never_comes(sip_network, sip_server, alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    incoming.answer()
    outgoing.expect(200)
    incoming.expect("ACK")
    incoming.bye()
    incoming.expect("200 BYE")
    sip_network.advance(33)
    outgoing.expect_bye()
    assert sip_server.record.ended_by == "callee"


def test_a_bye_that_comes_again_is_answered_again(alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    bye = outgoing.bye()
    incoming.expect_bye()
    outgoing.expect("200 BYE")
    outgoing.repeat(bye)
    assert alice.repeated("200 BYE") == 1
    incoming.expect_nothing()


def test_a_lost_200_to_bye(sip_network, alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    sip_network.lose("200 BYE", destination=alice.address)
    bye = outgoing.bye()
    incoming.expect_bye()
    outgoing.expect_nothing()
    outgoing.repeat(bye)
    outgoing.expect("200 BYE")


def test_a_bye_of_ours_that_is_lost_is_repeated(sip_network, alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    sip_network.lose("BYE", 3, destination=bob.address)
    outgoing.bye()
    outgoing.expect("200 BYE")
    incoming.expect_nothing()
    sip_network.advance(4)
    incoming.expect_bye()


def test_both_hang_up_at_the_same_time(sip_network, sip_server, alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    with sip_network.held():
        outgoing.bye()
        incoming.bye()
    outgoing.expect("200 BYE")
    # Ours had gone out before his came.
    incoming.expect("BYE")
    response = incoming.inbox.popleft()
    assert response.what == "481 BYE"
    sip_network.advance(40)
    assert len(sip_server.records) == 1
    assert sip_server.record.ended_by == "caller"


def test_a_bye_instead_of_a_cancel(sip_server, alice, bob) -> None:
    """RFC 3261 15 lets a caller end an early dialog by BYE."""
    outgoing = alice.call("101")
    incoming = bob.take_call()
    incoming.ring()
    outgoing.expect(180)
    outgoing.bye()
    outgoing.expect("487 INVITE")
    outgoing.expect("200 BYE")
    incoming.expect_cancel()
    assert (sip_server.record.status, sip_server.record.ended_by) == (487, "caller")


def test_a_lost_ack_to_a_refusal_brings_it_again(sip_network, alice, bob) -> None:
    alice.acks_failures = False
    alice.authenticates = False
    outgoing = alice.call("101")
    outgoing.expect(407)
    sip_network.advance(10)
    # A challenge is sent without keeping anything: it is not repeated.
    assert alice.repeated("407 INVITE") == 0
    alice.authenticates = True
    outgoing = alice.call("101")
    incoming = bob.take_call()
    incoming.reject(486)
    response = outgoing.expect(486)
    sip_network.advance(1.7)
    assert alice.repeated("486 INVITE") == 2
    outgoing.ack_failure(response, outgoing.invited)
    sip_network.advance(20)
    assert alice.repeated("486 INVITE") == 2


def test_the_same_invite_over_two_paths_is_refused(alice, bob) -> None:
    """RFC 3261 8.2.2.2: merged requests."""
    outgoing = alice.call("101")
    incoming = bob.take_call()
    sent = outgoing.invited
    alice.send_request("INVITE", sent.uri, sent.headers, sent.body, outgoing)
    outgoing.expect(482)
    bob.expect_no_call()
    incoming.reject(486)
    outgoing.expect(486)


def test_a_late_200_of_a_device_that_was_given_up(sip_network, sip_server, alice, bob) -> None:
    bob.sends_trying = False
    outgoing = alice.call("101")
    incoming = bob.take_call()
    sip_network.advance(40)
    outgoing.expect(408)
    incoming.answer()
    incoming.expect_nothing()
    outgoing.expect_nothing()
