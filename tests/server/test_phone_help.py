# SPDX-License-Identifier: GPL-2.0-or-later
"""What people are told to type into a phone."""
from __future__ import annotations

from pathlib import Path

from mss.config.address import parse_listener
from mss.model.user import User
from mss.server.phone_help import Reach, baresip_account, phone_help, reaches

LISTENERS = [parse_listener(text) for text in ("udp:0.0.0.0:5060", "tcp:0.0.0.0:5060", "tls:0.0.0.0:5061")]
USERS = [User(str(number), password=f"pw{number}") for number in range(100, 120)]
CERTIFICATE = Path("/srv/mss/tls/server.crt")


def test_wildcard_is_reached_at_all_addresses_of_its_family() -> None:
    listeners = [parse_listener(text) for text in ("udp:0.0.0.0:5060", "tcp:[::]:5062", "ws:192.0.2.9:80")]
    assert reaches(listeners, ["192.0.2.1", "10.0.0.1", "2001:db8::1"]) == [
        Reach("udp", "192.0.2.1", 5060),
        Reach("udp", "10.0.0.1", 5060),
        Reach("tcp", "[2001:db8::1]", 5062),
        Reach("ws", "192.0.2.9", 80),
    ]


def test_text_names_server_users_and_accounts() -> None:
    text = phone_help(LISTENERS, ["192.0.2.1", "10.0.0.1"], USERS[:3], 3, CERTIFICATE)
    assert "Server    192.0.2.1  port 5060 (UDP, TCP), port 5061 (TLS)" in text
    assert "    or    10.0.0.1   port 5060 (UDP, TCP), port 5061 (TLS)" in text
    assert "  102     pw102" in text
    for number in (100, 101, 102):
        for port, transport in ((5060, "udp"), (5060, "tcp"), (5061, "tls")):
            assert f"<sip:{number}@192.0.2.1:{port};transport={transport}>;auth_pass=pw{number};" in text
    assert str(CERTIFICATE) in text
    assert "more" not in text


def test_of_many_users_only_three_are_shown() -> None:
    text = phone_help(LISTENERS[:1], ["192.0.2.1"], USERS[:11], 20, CERTIFICATE)
    assert "pw102" in text
    assert "pw103" not in text
    assert "17 more" in text
    assert "certificate" not in text


def test_ten_users_are_all_shown() -> None:
    assert "pw109" in phone_help(LISTENERS, ["192.0.2.1"], USERS[:10], 10, CERTIFICATE)


def test_without_users_or_listeners_there_is_a_remedy() -> None:
    assert "mss user add" in phone_help(LISTENERS, ["192.0.2.1"], [], 0, CERTIFICATE)
    assert "[sip] listen" in phone_help([], ["192.0.2.1"], [], 0, CERTIFICATE)


def test_server_with_web_phones_only() -> None:
    text = phone_help([parse_listener("wss:192.0.2.1:443")], [], USERS[:1], 1, CERTIFICATE)
    assert "transport=wss" in text


def test_account_of_ipv6() -> None:
    line = baresip_account(Reach("tcp", "[2001:db8::1]", 5060), USERS[0])
    assert line.startswith("<sip:100@[2001:db8::1]:5060;transport=tcp>;auth_pass=pw100")
