# SPDX-License-Identifier: GPL-2.0-or-later
"""IP literals, and which address a peer is shown."""
from __future__ import annotations

import socket

import pytest

from mss.config.settings import SipSettings
from mss.transport.addresses import (
    AddressBook,
    Advertiser,
    in_uri,
    is_literal,
    normalize_literal,
    socket_address,
)

NETWORKS = SipSettings().networks


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("[2001:DB8:0::1]", "2001:db8::1"),
        ("2001:db8:0:0:0:0:0:1", "2001:db8::1"),
        ("fe80::1%2", "fe80::1%2"),
        ("mss.example", None),
        ("192.0.2", None),
        ("192.0.2.300", None),
        ("", None),
        ("[", None),
        ("a\0b", None),
        ("ä", None),
    ],
)
def test_literals_get_their_usual_spelling_and_names_none(text: str, expected: str | None) -> None:
    assert normalize_literal(text) == expected


def test_an_ipv6_literal_stands_in_brackets_in_a_uri_without_its_zone() -> None:
    assert in_uri("fe80::1%eth0") == "[fe80::1]"
    assert in_uri("192.0.2.7") == "192.0.2.7"
    assert not is_literal("[::1]")


def test_a_zone_becomes_the_scope_of_a_socket_address() -> None:
    loopback = socket.if_nametoindex("lo")
    assert socket_address("fe80::1%lo", 5060) == ("fe80::1", 5060, 0, loopback)
    assert socket_address("fe80::1%7", 5060) == ("fe80::1", 5060, 0, 7)
    assert socket_address("fe80::1%no-such-interface", 5060) == ("fe80::1", 5060, 0, 0)
    assert socket_address("192.0.2.7", 5060) == ("192.0.2.7", 5060)


@pytest.mark.parametrize(
    ("host", "inside"),
    [
        ("192.168.1.9", True),
        ("172.31.255.255", True),
        ("172.32.0.1", False),
        ("198.51.100.1", False),
        ("fd00::5", True),
        ("fe80::1%2", True),
        ("2001:db8::1", False),
        ("not-an-address", False),
    ],
)
def test_local_networks_tell_inside_from_outside(host: str, inside: bool) -> None:
    assert AddressBook("", NETWORKS).is_inside(host) is inside


def test_outside_peers_are_shown_the_public_address_and_inside_ones_the_interface() -> None:
    book = AddressBook("203.0.113.9", NETWORKS)
    advertiser = Advertiser("UDP", "0.0.0.0", 5060, book)
    outside = advertiser.local_for("198.51.100.1")
    assert outside.via_head == "Via: SIP/2.0/UDP 203.0.113.9:5060;rport;branch=z9hG4bK"
    assert outside.contact_host == "203.0.113.9:5060"
    assert advertiser.local_for("127.0.0.1").host == "127.0.0.1"
    assert advertiser.local_for("198.51.100.2") is outside


def test_a_public_address_of_one_ip_version_does_not_reach_the_other() -> None:
    assert AddressBook("203.0.113.9", NETWORKS).shown_host("2001:db8::1", "2001:db8::53") == "[2001:db8::53]"
    assert AddressBook("[2001:db8::9]", NETWORKS).shown_host("2001:db8::1", "::") == "[2001:db8::9]"
    assert AddressBook("2001:db8::9", NETWORKS).shown_host("198.51.100.1", "192.0.2.1") == "192.0.2.1"
    assert AddressBook("pbx.example", NETWORKS).shown_host("2001:db8::1", "::") == "pbx.example"
    assert AddressBook("pbx.example", NETWORKS).shown_host("198.51.100.1", "0.0.0.0") == "pbx.example"


def test_the_address_a_connection_was_accepted_on_goes_before_the_wildcard() -> None:
    advertiser = Advertiser("TCP", "0.0.0.0", 5060, AddressBook("", NETWORKS))
    assert advertiser.local_for("10.0.0.9", "10.0.0.1").contact_host == "10.0.0.1:5060;transport=tcp"


def test_a_listener_reaches_what_the_route_from_its_address_leads_to() -> None:
    book = AddressBook("", NETWORKS)
    assert Advertiser("UDP", "127.0.0.1", 5060, book).can_reach("127.0.0.1")
    assert Advertiser("UDP", "0.0.0.0", 5060, book).can_reach("127.0.0.1")
    assert not Advertiser("UDP", "192.0.2.250", 5060, book).can_reach("127.0.0.1")


def test_routes_of_many_peers_are_kept_within_bounds() -> None:
    book = AddressBook("", NETWORKS)
    for number in range(5000):
        assert book.interface_toward(f"127.0.{number // 250}.{number % 250 + 1}").startswith("127.")
    assert len(book._routes) <= 4096
