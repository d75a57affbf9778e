# SPDX-License-Identifier: GPL-2.0-or-later
"""Several listeners at once: which one a flow uses, and flows restored by their keys."""
from __future__ import annotations

import pytest

from mss.config.address import Listener
from mss.config.settings import Settings, SipSettings
from mss.transport.settings import TransportSettings, transport_settings
from mss.transport.udp import UdpFlow
from tests.transport.harness import on_each_loop, transports


@on_each_loop
async def test_listeners_are_shown_with_their_true_ports() -> None:
    async with transports("udp:127.0.0.1", "tcp:127.0.0.1", "udp:::1", "ws:::1") as server:
        shown = server.manager.listeners
        assert sorted((each.transport, each.host) for each in shown) == [
            ("tcp", "127.0.0.1"), ("udp", "127.0.0.1"), ("udp", "::1"), ("ws", "::1")
        ]
        assert all(each.port > 1023 for each in shown)


@on_each_loop
async def test_a_flow_keeps_its_listener_near_and_after_a_restart() -> None:
    async with transports("udp:127.0.0.1", "udp:127.0.0.1") as server:
        first, second = (listener for listener in server.manager._udp)
        usual = server.manager.flow_to("UDP", "127.0.0.1", 5099)
        assert isinstance(usual, UdpFlow)
        assert usual.listener is first
        assert usual.key == "udp:127.0.0.1:5099"
        other = second.flow_to("127.0.0.1", 5099)
        assert other.key == f"udp:127.0.0.1:5099@127.0.0.1:{second.where.port}"
        near = server.manager.flow_to("UDP", "127.0.0.1", 5098, near=other)
        assert isinstance(near, UdpFlow)
        assert near.listener is second
        assert server.manager.restore_flow(usual.key) is usual
        assert server.manager.restore_flow(other.key) is other
        # A listener that is no more: any other is better than none.
        assert server.manager.restore_flow("udp:127.0.0.1:5099@127.0.0.1:1") is usual


@on_each_loop
async def test_the_listener_with_a_route_to_the_peer_is_taken() -> None:
    async with transports("udp:127.0.0.2", "udp:0.0.0.0") as server:
        flow = server.manager.flow_to("UDP", "127.0.0.1", 5099)
        assert isinstance(flow, UdpFlow)
        assert flow.listener.where.host == "0.0.0.0"


@pytest.mark.parametrize(
    "key", ["", "udp", "udp:", "udp:127.0.0.1", "udp:name.example:5060", "udp:127.0.0.1:x", "udp:127.0.0.1:0",
            "udp:127.0.0.1:70000", "udp:[::1]:5060", "tcp:127.0.0.1:5060", "sctp:127.0.0.1:5060"]
)
@on_each_loop
async def test_keys_that_lead_nowhere_give_nothing(key: str) -> None:
    async with transports("udp:127.0.0.1") as server:
        assert server.manager.restore_flow(key) is None


@on_each_loop
async def test_a_kept_ipv6_key_is_restored_with_its_zone() -> None:
    async with transports("udp:::1") as server:
        flow = server.manager.restore_flow("udp:[fe80::1%1]:5060")
        assert flow is not None
        assert flow.key == "udp:[fe80::1%1]:5060"
        assert flow.host == "fe80::1"


@on_each_loop
async def test_names_and_unknown_transports_have_no_flow() -> None:
    async with transports("udp:127.0.0.1") as server:
        assert server.manager.flow_to("UDP", "localhost", 5060) is None
        assert server.manager.flow_to("SCTP", "127.0.0.1", 5060) is None
        assert server.manager.flow_to("WS", "127.0.0.1", 80) is None
        assert server.manager.flow_to("TCP", "::1", 5060) is None


@on_each_loop
async def test_a_server_behind_nat_shows_outside_peers_its_public_address() -> None:
    async with transports("udp:0.0.0.0", "tcp:0.0.0.0", public_address="203.0.113.9") as server:
        for transport, suffix in (("UDP", ""), ("TCP", ";transport=tcp")):
            port = server.port(transport.lower(), "0.0.0.0")
            outside = server.manager.flow_to(transport, "198.51.100.1", 5060)
            inside = server.manager.flow_to(transport, "127.0.0.1", 5060)
            assert outside is not None
            assert inside is not None
            assert outside.local.contact_host == f"203.0.113.9:{port}{suffix}"
            assert inside.local.contact_host == f"127.0.0.1:{port}{suffix}"


@on_each_loop
async def test_without_a_listener_of_the_transport_connections_show_the_usual_port() -> None:
    async with transports("udp:127.0.0.1") as server:
        flow = server.manager.flow_to("TCP", "127.0.0.1", 5099)
        assert flow is not None
        assert flow.local.contact_host == "127.0.0.1:5060;transport=tcp"


def test_the_configuration_becomes_transport_settings() -> None:
    sip = SipSettings(listen=("udp:0.0.0.0:5070",), public_address="203.0.113.9", max_connections=7)
    made = transport_settings(Settings(sip=sip))
    assert made.listeners == (Listener("udp", "0.0.0.0", 5070),)
    assert (made.public_address, made.max_connections) == ("203.0.113.9", 7)
    assert made.tls_certificate.endswith("server.crt")
    assert made.idle_seconds > Settings().registrar.max_expires
    assert TransportSettings(()).tls_verify is False
