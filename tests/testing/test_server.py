# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.model.routing import Redirect
from mss.model.user import User
from mss.plugin.api import hookimpl
from mss.testing.scenes import connect, hang_up


class SendToReception:
    """A plugin that sends calls to 0 to extension 101."""

    @hookimpl
    def mss_route_call(self, call):
        return Redirect("101") if call.dialled == "0" else None


def test_leftovers_are_named(sip_server, sip_phone) -> None:
    assert sip_server.leftovers() == {}
    outgoing, incoming = connect(sip_phone("100"), sip_phone("101"))
    assert {"sessions", "calls", "numbers in calls"} <= set(sip_server.leftovers())
    with pytest.raises(AssertionError, match="'sessions': 2"):
        sip_server.expect_no_calls()
    with pytest.raises(AssertionError, match="Session objects"):
        sip_server.expect_idle()
    hang_up(outgoing, incoming)
    sip_server.expect_idle()


def test_an_object_that_somebody_holds_is_found(sip_server, sip_phone) -> None:
    outgoing, incoming = connect(sip_phone("100"), sip_phone("101"))
    held = list(sip_server.runner.calls.values())
    hang_up(outgoing, incoming)
    with pytest.raises(AssertionError, match="ActiveCall objects"):
        sip_server.expect_idle()
    held.clear()
    sip_server.expect_idle()


def test_the_one_record(sip_server, sip_phone) -> None:
    with pytest.raises(AssertionError, match="0 call records"):
        _ = sip_server.record
    sip_phone("100").call("999").expect(404)
    assert sip_server.record.status == 404


def test_plugins_are_called_on_the_spot(make_sip_server, sip_network, sip_phone) -> None:
    server = make_sip_server(host="198.51.100.7", plugins={"reception": SendToReception()})
    address = ("198.51.100.7", 5060)
    alice, bob = (sip_phone(number, server=address) for number in ("100", "101"))
    outgoing, incoming = connect(alice, bob, "0")
    hang_up(outgoing, incoming)
    assert (server.record.dialled, server.record.called) == ("0", "101")


def test_users_come_and_go(sip_server, sip_phone) -> None:
    sip_server.add_user(User("555", "secret"))
    sip_phone("555")
    assert sip_server.location.is_registered("555", sip_server.network.now)


def test_two_servers_on_one_network(sip_server, make_sip_server, sip_phone) -> None:
    """One is the other's gateway: the call has four legs."""
    near, far = sip_server, make_sip_server(host="198.51.100.9")
    near.add_user(User("900", fixed_contact="sip:101@198.51.100.9"))
    far.add_user(User("900", ip_addresses=("198.51.100.1",)))
    alice, bob = sip_phone_of(near, sip_phone, "100"), sip_phone_of(far, sip_phone, "101")
    outgoing, incoming = connect(alice, bob, "900")
    assert incoming.invitation.header("Max-Forwards") == "68"
    hang_up(outgoing, incoming)
    for server in (near, far):
        server.expect_idle()
        assert server.record.status == 200


def sip_phone_of(server, sip_phone, number: str):
    socket = server.sockets["UDP"]
    return sip_phone(number, server=(socket.host, socket.port))
