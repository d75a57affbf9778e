# SPDX-License-Identifier: GPL-2.0-or-later
"""INVITEs without an offer: the offer comes in the 2xx, the answer in the ACK (RFC 3261 13.2.1, RFC 3725)."""
from __future__ import annotations

from mss.testing.scenes import hang_up


def connect_offerless(alice, bob):
    outgoing = alice.call("101", b"")
    incoming = bob.take_call()
    assert incoming.invitation.body == b""
    assert not incoming.invitation.lists("Supported", "100rel")
    incoming.answer(bob.sdp("0 8"))
    offer = outgoing.expect(200)
    assert "RTP/AVP 0 8" in offer.sdp
    # The ACK to the called side has to wait for the answer.
    incoming.expect_nothing()
    outgoing.ack(alice.sdp("8"))
    assert "RTP/AVP 8" in incoming.expect("ACK").sdp
    return outgoing, incoming


def test_offerless_invite(alice, bob) -> None:
    outgoing, incoming = connect_offerless(alice, bob)
    hang_up(outgoing, incoming)


def test_offerless_reinvite(alice, bob) -> None:
    outgoing, incoming = connect_offerless(alice, bob)
    outgoing.invite()
    reinvite = incoming.expect("INVITE")
    assert reinvite.body == b""
    incoming.answer(bob.sdp("8 0"))
    assert "RTP/AVP 8 0" in outgoing.expect(200).sdp
    incoming.expect_nothing()
    outgoing.ack(alice.sdp("0"))
    assert "RTP/AVP 0" in incoming.expect("ACK").sdp
    hang_up(incoming, outgoing)


def test_offerless_reinvite_of_the_called_party(alice, bob) -> None:
    outgoing, incoming = connect_offerless(alice, bob)
    incoming.invite()
    outgoing.expect("INVITE")
    outgoing.answer(alice.sdp("8"))
    assert "RTP/AVP 8" in incoming.expect(200).sdp
    outgoing.expect_nothing()
    incoming.ack(bob.sdp("8"))
    assert outgoing.expect("ACK").body
    hang_up(incoming, outgoing)


def test_the_called_side_repeats_its_2xx_until_the_answer_is_there(sip_network, alice, bob) -> None:
    outgoing = alice.call("101", b"")
    incoming = bob.take_call()
    incoming.answer()
    offer = outgoing.expect(200)
    incoming.answer()
    sip_network.advance(1.7)
    assert alice.repeated("200 INVITE") == 2
    incoming.expect_nothing()
    assert offer.body
    outgoing.ack(alice.sdp())
    ack = incoming.expect("ACK")
    incoming.answer()
    incoming.expect_nothing()
    assert [message.body for message in bob.repeats if message.what == "ACK"] == [ack.body]
    hang_up(outgoing, incoming)


def test_the_caller_hangs_up_instead_of_answering(alice, bob) -> None:
    outgoing = alice.call("101", b"")
    incoming = bob.take_call()
    incoming.answer()
    outgoing.expect(200)
    outgoing.bye()
    outgoing.expect("200 BYE")
    # RFC 3261 13.2.2.4: the 2xx is acknowledged before it is hung up.
    incoming.expect("ACK")
    incoming.expect_bye()


def test_an_ack_without_the_answer(sip_server, alice, bob) -> None:
    outgoing = alice.call("101", b"")
    incoming = bob.take_call()
    incoming.answer()
    outgoing.expect(200)
    outgoing.ack()
    incoming.expect("ACK")
    hang_up(outgoing, incoming)
    sip_server.expect_no_calls()
