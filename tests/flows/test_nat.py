# SPDX-License-Identifier: GPL-2.0-or-later
"""Phones behind NAT: reached where they are seen, and their media addresses put right."""
from __future__ import annotations

from mss.testing.scenes import change_media, connect, hang_up

HOME = ("203.0.113.9", 40000)


def home_phone(sip_phone, number: str, **options):
    return sip_phone(number, host="10.0.0.7", seen_as=HOME, **options)


def test_the_registration_is_short_and_by_flow(sip_network, sip_server, sip_phone) -> None:
    phone = home_phone(sip_phone, "105")
    assert "expires=120" in phone.register().header("Contact")
    binding = sip_server.location.bindings_of("105")[0]
    assert binding.via_nat
    assert binding.flow_key == "udp:203.0.113.9:40000"


def test_the_caller_is_behind_nat(sip_phone, alice) -> None:
    phone = home_phone(sip_phone, "105")
    outgoing, incoming = connect(phone, alice)
    offered = incoming.invitation.sdp
    assert "c=IN IP4 203.0.113.9" in offered
    assert "10.0.0.7" not in incoming.invitation.text
    hang_up(incoming, outgoing)


def test_the_called_party_is_behind_nat(sip_phone, alice) -> None:
    phone = home_phone(sip_phone, "105")
    outgoing = alice.call("105")
    incoming = phone.take_call()
    # The Request-URI is the contact as it was registered, the way to it the flow.
    assert incoming.invitation.uri == "sip:105@10.0.0.7:5060"
    incoming.answer()
    answer = outgoing.expect(200)
    assert "c=IN IP4 203.0.113.9" in answer.sdp
    outgoing.ack()
    incoming.expect("ACK")
    hang_up(outgoing, incoming)


def test_two_phones_behind_the_same_nat_keep_their_public_addresses(sip_phone) -> None:
    first = sip_phone("105", host="10.0.0.7", seen_as=("203.0.113.9", 40000))
    second = sip_phone("106", host="10.0.0.8", seen_as=("203.0.113.9", 40001))
    outgoing, incoming = connect(first, second)
    assert "c=IN IP4 203.0.113.9" in incoming.invitation.sdp
    hang_up(outgoing, incoming)


def test_a_hold_from_behind_nat(sip_phone, alice) -> None:
    phone = home_phone(sip_phone, "105")
    outgoing, incoming = connect(alice, phone)
    held, _ = change_media(incoming, outgoing, phone.sdp(direction="sendonly"), alice.sdp(direction="recvonly"))
    assert "c=IN IP4 203.0.113.9" in held.sdp and "a=sendonly" in held.sdp
    _, agreed = change_media(outgoing, incoming, alice.sdp(), phone.sdp())
    assert "c=IN IP4 203.0.113.9" in agreed.sdp
    hang_up(outgoing, incoming)


def test_an_address_zero_and_public_addresses_stay(sip_phone, alice) -> None:
    phone = home_phone(sip_phone, "105")
    outgoing, incoming = connect(phone, alice)
    zero = phone.sdp().replace(b"c=IN IP4 10.0.0.7", b"c=IN IP4 0.0.0.0")
    held, _ = change_media(outgoing, incoming, zero, alice.sdp())
    assert "c=IN IP4 0.0.0.0" in held.sdp
    hang_up(outgoing, incoming)
    stunned = phone.sdp().replace(b"10.0.0.7", b"203.0.113.200")
    call = phone.call("100", stunned)
    invited = alice.take_call()
    assert "c=IN IP4 203.0.113.200" in invited.invitation.sdp
    invited.reject(486)
    call.expect(486)


def test_a_phone_that_is_not_behind_nat_keeps_its_private_address(sip_phone, alice) -> None:
    phone = sip_phone("105", host="10.1.1.1")
    outgoing, incoming = connect(phone, alice)
    assert "c=IN IP4 10.1.1.1" in incoming.invitation.sdp
    hang_up(outgoing, incoming)


def test_responses_go_back_to_the_source_with_or_without_rport(sip_network, sip_phone) -> None:
    phone = home_phone(sip_phone, "105")
    response = phone.request("OPTIONS", "100")
    via = response.header("Via")
    assert "received=203.0.113.9" in via and "rport=40000" in via


def test_requests_inside_the_call_follow_the_flow(sip_phone, alice, sip_network) -> None:
    phone = home_phone(sip_phone, "105")
    outgoing, incoming = connect(phone, alice)
    hang_up(incoming, outgoing)
    assert {packet.destination for packet in sip_network.packets("BYE", source="198.51.100.1:5060")} == {
        "203.0.113.9:40000"}
