# SPDX-License-Identifier: GPL-2.0-or-later
"""Two offers that cross: 491 and 500 (RFC 3261 14.1, 14.2, RFC 3311 5.2)."""
from __future__ import annotations

from mss.testing.scenes import change_media, connect, hang_up


def test_both_reinvite_at_the_same_time(sip_network, alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    with sip_network.held():
        outgoing.invite(alice.sdp(direction="sendonly"))
        incoming.invite(bob.sdp(direction="sendonly"))
    # The server had offered to bob when his own offer came: 491; and bob refuses the server's for the same reason.
    incoming.expect("INVITE")
    incoming.expect("491 INVITE")
    incoming.reject(491)
    incoming.expect("ACK")
    outgoing.expect("491 INVITE")
    # After a while each tries again, not at the same time.
    sip_network.advance(2.5)
    change_media(incoming, outgoing, bob.sdp(direction="sendonly"), alice.sdp(direction="recvonly"))
    change_media(outgoing, incoming, alice.sdp(), bob.sdp())
    hang_up(outgoing, incoming)


def test_a_second_reinvite_before_the_first_is_answered(alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    outgoing.invite(alice.sdp(direction="sendonly"))
    first = outgoing.invited
    incoming.expect("INVITE")
    outgoing.invite(alice.sdp(direction="inactive"))
    refused = outgoing.expect("500 INVITE")
    assert 0 <= int(refused.header("Retry-After")) <= 10
    incoming.answer(bob.sdp(direction="recvonly"))
    incoming.expect("ACK")
    answered = outgoing.expect(200)
    assert answered.cseq == first.cseq
    outgoing.invited = first
    outgoing.ack()
    hang_up(outgoing, incoming)


def test_an_update_that_crosses_a_reinvite(sip_network, alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    outgoing.invite(alice.sdp(direction="sendonly"))
    incoming.expect("INVITE")
    incoming.request("UPDATE", bob.sdp(direction="sendonly"))
    incoming.expect("491 UPDATE")
    incoming.answer(bob.sdp(direction="recvonly"))
    incoming.expect("ACK")
    outgoing.expect(200)
    outgoing.ack()
    hang_up(outgoing, incoming)


def test_two_updates_cross(sip_network, alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    with sip_network.held():
        incoming.request("UPDATE", bob.sdp(direction="sendonly"))
        outgoing.request("UPDATE", alice.sdp(direction="sendonly"))
    update = outgoing.expect("UPDATE")
    outgoing.expect("491 UPDATE")
    outgoing.reply(update, 491)
    incoming.expect("491 UPDATE")
    change_media(outgoing, incoming, alice.sdp(direction="sendonly"), bob.sdp(direction="recvonly"), "UPDATE")
    hang_up(outgoing, incoming)


def test_a_bye_that_crosses_a_reinvite(sip_network, sip_server, alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    with sip_network.held():
        outgoing.invite(alice.sdp(direction="sendonly"))
        incoming.bye()
    incoming.expect("INVITE")
    incoming.expect("200 BYE")
    outgoing.expect("487 INVITE")
    outgoing.expect_bye()
    incoming.reject(481)
    incoming.expect("ACK")
    sip_server.expect_no_calls()


def test_an_update_without_a_body_during_a_reinvite_is_no_glare(alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    outgoing.invite(alice.sdp(direction="sendonly"))
    incoming.expect("INVITE")
    incoming.request("UPDATE")
    incoming.expect("200 UPDATE")
    incoming.answer(bob.sdp(direction="recvonly"))
    incoming.expect("ACK")
    outgoing.expect(200)
    outgoing.ack()
    hang_up(outgoing, incoming)
