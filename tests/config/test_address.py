# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re

import pytest

from mss.config.address import Listener, is_host, parse_listener, parse_network


@pytest.mark.parametrize(
    ("text", "listener"),
    [
        ("udp:0.0.0.0:5060", Listener("udp", "0.0.0.0", 5060)),
        ("TLS:192.0.2.7:5061", Listener("tls", "192.0.2.7", 5061)),
        ("wss:[2001:DB8::1]:443", Listener("wss", "2001:db8::1", 443)),
        (" tcp:[::]:65535 ", Listener("tcp", "::", 65535)),
    ],
)
def test_listener_is_read(text, listener):
    assert parse_listener(text) == listener


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("sctp:0.0.0.0:5060", "unknown transport 'sctp'"),
        ("udp:5060", "transport:address:port"),
        ("udp", "transport:address:port"),
        ("udp:::1:5060", "in brackets"),
        ("udp:localhost:5060", "'localhost' is not an IP address"),
        ("udp:0.0.0.0:0", "'0' is not a port number"),
        ("udp:0.0.0.0:65536", "'65536' is not a port number"),
        ("udp:0.0.0.0:sip", "'sip' is not a port number"),
        ("udp:0.0.0.0:٥٠", "is not a port number"),
    ],
)
def test_wrong_listener_is_explained(text, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        parse_listener(text)


def test_listener_text_can_be_read_again():
    for text in ("udp:0.0.0.0:5060", "tls:[::1]:5061"):
        assert str(parse_listener(text)) == text


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        ("udp:0.0.0.0:5060", "tcp:0.0.0.0:5060", False),
        ("tcp:0.0.0.0:5060", "tls:0.0.0.0:5060", True),
        ("tcp:0.0.0.0:5060", "ws:192.0.2.7:5060", True),
        ("tcp:192.0.2.8:5060", "ws:192.0.2.7:5060", False),
        ("tcp:0.0.0.0:5060", "tcp:[::]:5060", False),
        ("udp:[::]:5060", "udp:[::1]:5060", True),
        ("udp:[::]:5060", "udp:[::1]:5062", False),
    ],
)
def test_clash_needs_same_port_family_and_address(one, other, clash):
    assert parse_listener(one).clashes_with(parse_listener(other)) is clash
    assert parse_listener(other).clashes_with(parse_listener(one)) is clash


def test_secure_listeners_are_tls_and_wss():
    assert [parse_listener(f"{name}:0.0.0.0:1").is_secure for name in ("udp", "tcp", "tls", "ws", "wss")] == [
        False, False, True, False, True,
    ]  # fmt: skip


def test_network_with_host_bits_names_the_network_meant():
    assert str(parse_network("10.1.2.3")) == "10.1.2.3/32"
    with pytest.raises(ValueError, match=r"the network is 192\.168\.1\.0/24"):
        parse_network("192.168.1.10/24")
    with pytest.raises(ValueError, match="is not an IP address or network"):
        parse_network("office")


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("192.0.2.7", True), ("::1", True), ("[::1]", True), ("pbx.example.org", True), ("pbx", True), ("a_b", True),
        ("300.1.1.1", False), ("192.0.2", False), ("sip:pbx", False), ("pbx:5060", False), ("-a.example", False),
        ("a b", False), ("x" * 64, False), (".".join(["x" * 60] * 5), False),
    ],
)  # fmt: skip
def test_host_is_address_or_name(text, verdict):
    assert is_host(text) is verdict
