# SPDX-License-Identifier: GPL-2.0-or-later
"""Devices that cannot register: known by their address, reached at a fixed contact."""
from __future__ import annotations

import pytest

from mss.model.user import User
from mss.testing.scenes import connect, hang_up


@pytest.fixture
def gateway(sip_server, sip_phone):
    sip_server.add_user(User("200", ip_addresses=("192.0.2.200",), fixed_contact="sip:200@192.0.2.200"))
    phone = sip_phone("200", host="192.0.2.200", registered=False)
    phone.authenticates = False
    return phone


def test_it_calls_without_a_password(gateway, alice) -> None:
    outgoing, incoming = connect(gateway, alice)
    assert incoming.invitation.header("From").startswith("<sip:200@")
    hang_up(outgoing, incoming)


def test_it_is_called_without_a_registration(sip_server, gateway, alice) -> None:
    outgoing, incoming = connect(alice, gateway)
    hang_up(incoming, outgoing)
    assert sip_server.record.called == "200"


def test_other_addresses_have_to_prove_who_they_are(sip_phone, gateway, alice) -> None:
    stranger = sip_phone("200", host="192.0.2.201", registered=False)
    stranger.authenticates = False
    stranger.call("100").expect(407)
    alice.expect_no_call()


def test_a_network(sip_server, sip_phone, alice) -> None:
    sip_server.add_user(User("201", ip_addresses=("203.0.113.0/24",)))
    phone = sip_phone("201", host="203.0.113.77", registered=False)
    phone.authenticates = False
    outgoing, incoming = connect(phone, alice)
    hang_up(outgoing, incoming)


def test_a_user_that_is_switched_off(sip_server, sip_phone, alice) -> None:
    sip_server.add_user(User("202", ip_addresses=("192.0.2.202",), fixed_contact="sip:202@192.0.2.202",
                             enabled=False))
    phone = sip_phone("202", host="192.0.2.202", registered=False)
    phone.authenticates = False
    phone.call("100").expect(407)
    alice.call("202").expect(404)


def test_a_fixed_contact_by_name_with_a_second_address(sip_network, sip_server, sip_phone, alice) -> None:
    """RFC 3263: the next address is tried when the first one does not answer."""
    sip_server.add_user(User("203", fixed_contact="sip:203@gw.example"))
    sip_server.transports.names["gw.example"] = [("UDP", "192.0.2.98", 5060), ("UDP", "192.0.2.99", 5060)]
    phone = sip_phone("203", host="192.0.2.99", registered=False)
    outgoing = alice.call("203")
    phone.expect_no_call()
    sip_network.advance(33)
    incoming = phone.take_call()
    incoming.answer()
    outgoing.expect(200)
    outgoing.ack()
    incoming.expect("ACK")
    hang_up(outgoing, incoming)


def test_a_fixed_contact_that_leads_nowhere(sip_server, alice) -> None:
    sip_server.add_user(User("204", fixed_contact="sip:204@nowhere.example"))
    alice.call("204").expect(480)
    assert sip_server.record.status == 480
