# SPDX-License-Identifier: GPL-2.0-or-later
"""MESSAGE outside calls is relayed to all devices of a user (RFC 3428)."""
from __future__ import annotations

import pytest

from mss.model.user import User
from mss.testing.pytest_plugin import PASSWORD

TEXT = [("Content-Type", "text/plain")]


def test_delivered(alice, bob) -> None:
    alice.start_request("MESSAGE", "101", TEXT, "grüß Gott".encode())
    message = bob.expect("MESSAGE")
    assert message.body == "grüß Gott".encode()
    assert message.header("From").startswith("<sip:100@")
    assert message.header("Content-Type") == "text/plain"
    bob.respond(message, 200)
    assert alice.expect("200 MESSAGE")


@pytest.mark.parametrize("status", [415, 486, 600])
def test_a_refusal_comes_back(alice, bob, status: int) -> None:
    alice.start_request("MESSAGE", "101", TEXT, b"x")
    bob.respond(bob.expect("MESSAGE"), status)
    assert alice.expect(f"{status} MESSAGE")


def test_all_devices_get_it_and_the_first_success_counts(sip_server, sip_phone, alice) -> None:
    sip_server.add_user(User("101", PASSWORD, multi_device=True))
    desk, mobile = sip_phone("101"), sip_phone("101")
    alice.start_request("MESSAGE", "101", TEXT, b"x")
    desk.respond(desk.expect("MESSAGE"), 480)
    assert not alice.inbox
    mobile.respond(mobile.expect("MESSAGE"), 200)
    assert alice.expect("200 MESSAGE")


def test_unknown_and_unregistered(alice) -> None:
    assert alice.request("MESSAGE", "999", TEXT, b"x").status == 404
    assert alice.request("MESSAGE", "101", TEXT, b"x").status == 480


def test_nobody_answers(sip_network, alice, bob) -> None:
    alice.start_request("MESSAGE", "101", TEXT, b"x")
    bob.expect("MESSAGE")
    sip_network.advance(40)
    assert [message.status for message in alice.inbox if message.status >= 200] == [480]
    assert bob.repeated("MESSAGE") == 10


def test_only_users_send_messages(sip_phone, bob) -> None:
    mallory = sip_phone("100", registered=False)
    mallory.password = "guess"
    assert mallory.request("MESSAGE", "101", TEXT, b"x").status == 407
    assert not bob.inbox


def test_a_repeated_message_is_delivered_once(alice, bob) -> None:
    alice.start_request("MESSAGE", "101", TEXT, b"x")
    message = bob.expect("MESSAGE")
    again = list(alice.network.packets("MESSAGE", source=alice.address))[-1]
    alice.send(again.data)
    bob.respond(message, 200)
    assert alice.expect("200 MESSAGE")
    alice.send(again.data)
    assert alice.repeated("200 MESSAGE") == 1
    assert not bob.inbox
