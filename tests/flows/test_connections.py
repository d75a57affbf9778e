# SPDX-License-Identifier: GPL-2.0-or-later
"""Phones on TCP, TLS and WebSocket: their connection is the way to them, and it may break."""
from __future__ import annotations

import pytest

from mss.testing.phone import ScriptedPhone
from mss.testing.scenes import change_media, connect, hang_up


@pytest.mark.parametrize("transport", ["TCP", "TLS", "WS", "WSS"])
def test_a_call_between_a_connection_and_udp(sip_phone, bob, transport: str) -> None:
    phone = sip_phone("105", transport=transport)
    outgoing, incoming = connect(phone, bob)
    hang_up(incoming, outgoing)
    outgoing, incoming = connect(bob, phone)
    contact = incoming.invitation.contact_uri
    assert contact.endswith(f";transport={transport.lower()}")
    assert incoming.invitation.header("Via").startswith(f"SIP/2.0/{transport} ")
    hang_up(outgoing, incoming)


def test_nothing_is_repeated_on_a_connection(sip_network, sip_phone, alice) -> None:
    phone = sip_phone("105", transport="TCP")
    phone.sends_trying = False
    outgoing = alice.call("105")
    sip_network.advance(33)
    outgoing.expect(408)
    assert phone.repeated("INVITE") == 0
    phone.take_call()


def test_closed_while_it_rings(sip_server, sip_phone, alice) -> None:
    phone = sip_phone("105", transport="TCP")
    outgoing = alice.call("105")
    phone.take_call().ring()
    outgoing.expect(180)
    phone.hang_up_connection()
    outgoing.expect(503)
    assert sip_server.record.status == 503


def test_a_device_whose_connection_is_closed_is_not_reached(sip_phone, alice) -> None:
    phone = sip_phone("105", transport="TCP", seen_as=("203.0.113.9", 40000), host="10.0.0.5")
    phone.hang_up_connection()
    alice.call("105").expect(480)


def test_closed_in_a_call_and_opened_again(sip_server, sip_phone, alice) -> None:
    """The call goes on: the next request takes the connection of the new registration."""
    phone = sip_phone("105", transport="TCP")
    outgoing, incoming = connect(alice, phone)
    phone.hang_up_connection()
    phone.register()
    hang_up(outgoing, incoming)
    assert sip_server.record.status == 200


def test_closed_in_a_call_and_the_phone_hangs_up_on_a_new_connection(sip_server, sip_phone, alice) -> None:
    phone = sip_phone("105", transport="TLS")
    outgoing, incoming = connect(phone, alice)
    phone.hang_up_connection()
    hang_up(outgoing, incoming)
    assert sip_server.record.ended_by == "caller"


def test_closed_in_a_call_and_the_phone_is_gone(sip_network, sip_server, sip_phone, alice) -> None:
    phone = sip_phone("105", transport="TCP")
    outgoing, _incoming = connect(alice, phone)
    phone.vanish()
    phone.hang_up_connection()
    outgoing.bye()
    outgoing.expect("200 BYE")
    sip_network.advance(40)
    sip_server.expect_no_calls()


def test_closed_while_a_reinvite_is_on_its_way(sip_phone, alice) -> None:
    phone = sip_phone("105", transport="TCP")
    outgoing, incoming = connect(alice, phone)
    outgoing.invite(alice.sdp(direction="sendonly"))
    incoming.expect("INVITE")
    phone.hang_up_connection()
    outgoing.expect("503 INVITE")
    # The call itself goes on, over the next connection.
    phone.register()
    change_media(outgoing, incoming, alice.sdp(direction="sendonly"), phone.sdp(direction="recvonly"))
    hang_up(outgoing, incoming)


def test_a_reinvite_that_nobody_answers_ends_the_call(sip_network, sip_server, alice, bob) -> None:
    bob.sends_trying = False
    outgoing, _incoming = connect(alice, bob)
    bob.vanish()
    outgoing.invite(alice.sdp(direction="sendonly"))
    sip_network.advance(33)
    outgoing.expect("488 INVITE")
    outgoing.expect_bye()
    assert sip_server.record.cause_text == "no response to re-INVITE"


def test_the_caller_loses_its_connection_before_the_answer(sip_network, sip_server, sip_phone, bob) -> None:
    phone = sip_phone("105", transport="TCP")
    phone.call("101")
    incoming = bob.take_call()
    incoming.ring()
    phone.hang_up_connection()
    incoming.answer()
    incoming.expect("ACK")
    # The 200 has nowhere to go; without its ACK the call is cleared.
    sip_network.advance(33)
    incoming.expect_bye()
    sip_server.expect_no_calls()
    assert sip_server.record.cause_text == "no ACK"


def test_ipv6(make_sip_server, sip_network) -> None:
    server = make_sip_server(host="2001:db8::1")
    phones = [ScriptedPhone(sip_network, number, "secret", host=f"2001:db8::{number}", server=("2001:db8::1", 5060),
                            domain="[2001:db8::1]") for number in ("100", "101")]
    for phone in phones:
        assert phone.register().status == 200
    outgoing, incoming = connect(*phones)
    assert incoming.invitation.contact_uri == "sip:100@[2001:db8::1]:5060"
    assert "IN IP6 2001:db8::1" in incoming.invitation.sdp
    hang_up(outgoing, incoming)
    server.expect_idle()


def test_a_large_invite_goes_by_tcp_where_the_device_listens_there(sip_network, sip_phone, alice) -> None:
    udp = sip_phone("101", host="192.0.2.77")
    tcp = sip_phone("101", host="192.0.2.77", transport="TCP", registered=False)
    outgoing = alice.call("101", headers=[("X-Large", "x" * 2000)])
    incoming = tcp.take_call()
    assert incoming.invitation.header("X-Large") == "x" * 2000
    udp.expect_no_call()
    incoming.reject(486)
    outgoing.expect(486)
    outgoing = alice.call("101")
    udp.take_call().reject(486)
    outgoing.expect(486)
