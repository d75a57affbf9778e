# SPDX-License-Identifier: GPL-2.0-or-later
"""Keep-alive probes inside calls: UPDATE, INFO and MESSAGE without a body, both ways."""
from __future__ import annotations

import pytest

from mss.config.settings import Settings, SipSettings
from mss.testing.scenes import connect, hang_up


@pytest.fixture
def sip_settings() -> Settings:
    return Settings(sip=SipSettings(probe_seconds=30, options_ping_seconds=0))


@pytest.mark.parametrize("method", ["UPDATE", "INFO", "MESSAGE", "OPTIONS"])
def test_a_probe_of_a_phone_is_answered(alice, bob, method: str) -> None:
    outgoing, incoming = connect(alice, bob)
    for call, other in ((outgoing, incoming), (incoming, outgoing)):
        call.request(method)
        call.expect(f"200 {method}")
        # A probe is for the server only.
        other.expect_nothing()
    hang_up(outgoing, incoming)


@pytest.mark.parametrize("method", ["UPDATE", "INFO", "MESSAGE", "OPTIONS", "INVITE", "BYE", "REFER"])
def test_an_unknown_dialog(alice, bob, method: str) -> None:
    outgoing, incoming = connect(alice, bob)
    hang_up(outgoing, incoming)
    outgoing.request(method, headers=[("Refer-To", "<sip:102@198.51.100.1>")] if method == "REFER" else [])
    outgoing.expect(f"481 {method}")


def test_a_wrong_tag_or_call_id_is_an_unknown_dialog(alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    right = outgoing.remote
    for wrong in (right[:-1] + ("0" if right[-1] != "0" else "1"), right + "0"):
        outgoing.remote = wrong
        outgoing.request("INFO")
        outgoing.expect("481 INFO")
    outgoing.remote = right
    local, outgoing.local = outgoing.local, outgoing.local + "x"
    outgoing.request("INFO")
    outgoing.expect("481 INFO")
    outgoing.local = local
    outgoing.request("INFO")
    outgoing.expect("200 INFO")
    hang_up(outgoing, incoming)


def test_the_server_probes_both_sides(sip_network, alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    for _ in range(3):
        sip_network.advance(30.1)
        for call in (outgoing, incoming):
            probe = call.expect("UPDATE")
            assert probe.body == b"" and not probe.has("Session-Expires")
            call.reply(probe, 200)
    hang_up(outgoing, incoming)


def test_phones_without_update_are_probed_with_info(sip_network, sip_phone, alice) -> None:
    bob = sip_phone("101")
    bob.methods = "INVITE, ACK, CANCEL, BYE"
    outgoing, incoming = connect(alice, bob)
    sip_network.advance(30.1)
    outgoing.reply(outgoing.expect("UPDATE"), 200)
    # A refusal is a sign of life as well.
    incoming.reply(incoming.expect("INFO"), 405)
    sip_network.advance(30.1)
    outgoing.reply(outgoing.expect("UPDATE"), 500)
    incoming.reply(incoming.expect("INFO"), 200)
    hang_up(outgoing, incoming)


def test_a_dead_peer_is_found(sip_network, sip_server, alice, bob) -> None:
    outgoing, _incoming = connect(alice, bob)
    bob.vanish()
    sip_network.advance(30.1)
    outgoing.reply(outgoing.expect("UPDATE"), 200)
    sip_network.advance(20)
    outgoing.expect_nothing()
    sip_network.advance(15)
    outgoing.reply(outgoing.expect("UPDATE"), 200)
    outgoing.expect_bye()
    record = sip_server.record
    assert (record.ended_by, record.cause, record.cause_text) == ("server", 41, "no response to keep-alive")


def test_a_phone_that_was_restarted_is_found(sip_network, sip_server, alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    sip_network.advance(30.1)
    outgoing.reply(outgoing.expect("UPDATE"), 481)
    incoming.expect("UPDATE")
    incoming.expect_bye()
    outgoing.expect_bye()
    assert sip_server.record.ended_by == "server"


def test_both_peers_are_dead(sip_network, sip_server, alice, bob) -> None:
    connect(alice, bob)
    alice.vanish()
    bob.vanish()
    sip_network.advance(70)
    sip_server.expect_no_calls()
    assert sip_server.record.ended_by == "server"


def test_info_with_a_body_is_relayed(alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    outgoing.request("INFO", b"Signal=5\r\nDuration=160\r\n", [("Content-Type", "application/dtmf-relay")])
    info = incoming.expect("INFO")
    assert info.header("Content-Type") == "application/dtmf-relay"
    assert info.body == b"Signal=5\r\nDuration=160\r\n"
    outgoing.expect_nothing()
    incoming.reply(info, 200)
    outgoing.expect("200 INFO")
    hang_up(outgoing, incoming)


def test_message_with_a_body_is_relayed_and_so_is_its_refusal(alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    incoming.request("MESSAGE", b"hello", [("Content-Type", "text/plain")])
    message = outgoing.expect("MESSAGE")
    assert message.body == b"hello"
    outgoing.reply(message, 415, headers=[("Accept", "text/html")])
    incoming.expect("415 MESSAGE")
    hang_up(outgoing, incoming)


def test_a_relayed_request_that_is_not_answered(sip_network, sip_server, alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    outgoing.request("INFO", b"x", [("Content-Type", "text/plain")])
    incoming.expect("INFO")
    sip_network.advance(4)
    # RFC 4320: 100 when it takes long, and no 408 ever.
    outgoing.expect(100)
    sip_network.advance(20)
    hang_up(outgoing, incoming)
    sip_network.advance(10)
    outgoing.expect_nothing()


def test_a_request_out_of_order(alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    outgoing.request("INFO", cseq=outgoing.cseq)
    outgoing.expect("500 INFO")
    outgoing.request("INFO")
    outgoing.expect("200 INFO")
    hang_up(outgoing, incoming)
