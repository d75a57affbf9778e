# SPDX-License-Identifier: GPL-2.0-or-later
"""Proxies on the way: Record-Route, Path, and where requests inside a call go (RFC 3261 12.2.1.1, RFC 3327)."""
from __future__ import annotations

import pytest

from mss.testing.phone import ScriptedPhone
from mss.testing.scenes import connect, hang_up


@pytest.fixture
def proxy(sip_phone) -> ScriptedPhone:
    """Somebody at 192.0.2.200 who keeps what is sent there."""
    phone = sip_phone("109", host="192.0.2.200", registered=False)
    phone.sends_trying = False
    return phone


def test_a_loose_router_in_front_of_the_called_phone(alice, bob, proxy) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    incoming.answer(headers=[("Record-Route", "<sip:192.0.2.200;lr;x=1>, <sip:192.0.2.201;lr>")])
    outgoing.expect(200)
    outgoing.ack()
    # The route set is the Record-Route the other way round; the topmost is where requests go.
    outgoing.bye()
    outgoing.expect("200 BYE")
    assert not proxy.inbox


def test_requests_go_to_the_topmost_route_and_name_the_phone(alice, bob, proxy) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    incoming.answer(headers=[("Record-Route", "<sip:192.0.2.201;lr>, <sip:192.0.2.200;lr>")])
    outgoing.expect(200)
    outgoing.ack()
    ack = proxy.expect("ACK")
    assert ack.uri == bob.contact
    assert ack.headers("Route") == ["<sip:192.0.2.200;lr>", "<sip:192.0.2.201;lr>"]
    outgoing.bye()
    outgoing.expect("200 BYE")
    bye = proxy.expect("BYE")
    assert bye.headers("Route") == ack.headers("Route")
    proxy.respond(bye, 200)
    incoming.expect_nothing()


def test_a_strict_router(alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    incoming.answer(headers=[("Record-Route", "<sip:192.0.2.11>")])
    outgoing.expect(200)
    outgoing.ack()
    outgoing.bye()
    outgoing.expect("200 BYE")
    # RFC 3261 12.2.1.1: the router's URI and the phone's change places.
    for message in (incoming.expect("ACK"), incoming.expect_bye()):
        assert message.uri == "sip:192.0.2.11"
        assert message.headers("Route") == [f"<{bob.contact}>"]


def test_a_proxy_in_front_of_the_caller(alice, bob, proxy) -> None:
    outgoing = alice.call("101", headers=[("Record-Route", "<sip:192.0.2.200;lr>")])
    incoming = bob.take_call()
    assert not incoming.invitation.has("Route")
    incoming.answer()
    answer = outgoing.expect(200)
    assert answer.headers("Record-Route") == ["<sip:192.0.2.200;lr>"]
    outgoing.routes = []
    outgoing.ack()
    incoming.expect("ACK")
    incoming.bye()
    incoming.expect("200 BYE")
    bye = proxy.expect("BYE")
    assert bye.headers("Route") == ["<sip:192.0.2.200;lr>"]
    assert bye.uri == alice.contact
    proxy.respond(bye, 200)


def test_a_phone_registered_through_an_edge_proxy(sip_phone, alice, proxy) -> None:
    phone = sip_phone("105", registered=False)
    response = phone.register(headers=[("Path", "<sip:192.0.2.200;lr>"), ("Supported", "path")])
    assert response.header("Path") == "<sip:192.0.2.200;lr>"
    outgoing = alice.call("105")
    incoming = proxy.take_call()
    assert incoming.invitation.uri == phone.contact
    assert incoming.invitation.headers("Route") == ["<sip:192.0.2.200;lr>"]
    phone.expect_no_call()
    incoming.reject(486)
    incoming.expect("ACK")
    outgoing.expect(486)


def test_the_target_of_a_dialog_moves(alice, bob, sip_phone) -> None:
    outgoing, incoming = connect(alice, bob)
    elsewhere = sip_phone("101", host="192.0.2.210", registered=False)
    incoming.request("UPDATE", headers=[("Contact", f"<{elsewhere.contact}>")])
    incoming.expect("200 UPDATE")
    outgoing.bye()
    outgoing.expect("200 BYE")
    # The Contact names the request's URI; a host other than the source is taken for NAT, the way stays.
    assert incoming.expect_bye().uri == elsewhere.contact


def test_a_port_that_is_not_the_source(sip_network, sip_server, sip_phone, alice) -> None:
    """A phone that sends from one port and listens at another: its Contact says where."""
    phone = sip_phone("105", host="192.0.2.60", port=5062)
    outgoing, incoming = connect(alice, phone)
    assert incoming.invitation.uri == "sip:105@192.0.2.60:5062"
    hang_up(outgoing, incoming)
