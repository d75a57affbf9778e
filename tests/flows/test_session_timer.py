# SPDX-License-Identifier: GPL-2.0-or-later
"""Session timers (RFC 4028), as answerer towards callers and as requester towards called devices."""
from __future__ import annotations

import pytest

from mss.config.settings import Settings, SipSettings
from mss.testing.scenes import connect, hang_up

TIMER = ("Supported", "timer")


@pytest.fixture
def sip_settings() -> Settings:
    return Settings(sip=SipSettings(session_expires=600, min_se=120, options_ping_seconds=0))


def connect_with(alice, bob, asked: str = "", answered: str = ""):
    """A call whose caller asks for a session timer and whose callee answers with one."""
    outgoing = alice.call("101", headers=[TIMER, ("Session-Expires", asked)] if asked else [])
    incoming = bob.take_call()
    incoming.answer(headers=[("Session-Expires", answered), ("Require", "timer")] if answered else [])
    response = outgoing.expect(200)
    outgoing.ack()
    incoming.expect("ACK")
    return outgoing, incoming, response


def refresh(call) -> None:
    """Answer the refresh that the phone of ``call`` just got."""
    update = call.expect("UPDATE")
    assert update.body == b""
    assert "refresher=uac" in update.header("Session-Expires")
    call.reply(update, 200, headers=[("Session-Expires", update.header("Session-Expires"))])


def test_an_interval_that_is_too_small(alice, bob) -> None:
    refused = alice.call("101", headers=[TIMER, ("Session-Expires", "100")]).expect(422)
    assert refused.header("Min-SE") == "120"
    bob.expect_no_call()


def test_a_caller_that_does_not_know_timers_is_not_refused(sip_network, alice, bob) -> None:
    outgoing, incoming, response = connect_with(alice, bob, "", "600;refresher=uas")
    assert response.header("Session-Expires") == "600;refresher=uas"
    assert not response.lists("Require", "timer")
    sip_network.advance(301)
    refresh(outgoing)
    incoming.request("UPDATE", headers=[TIMER, ("Session-Expires", "600;refresher=uac")])
    incoming.expect("200 UPDATE")
    hang_up(outgoing, incoming)


def test_the_caller_refreshes(sip_network, alice, bob) -> None:
    outgoing, incoming, response = connect_with(alice, bob, "300;refresher=uac", "600;refresher=uas")
    assert response.header("Session-Expires") == "300;refresher=uac"
    assert response.lists("Require", "timer")
    for _ in range(4):
        sip_network.advance(150)
        outgoing.request("UPDATE", headers=[TIMER, ("Session-Expires", "300;refresher=uac")])
        assert outgoing.expect("200 UPDATE").header("Session-Expires") == "300;refresher=uac"
        incoming.request("UPDATE", headers=[TIMER, ("Session-Expires", "600;refresher=uac")])
        incoming.expect("200 UPDATE")
    outgoing.expect_nothing()
    incoming.expect_nothing()
    hang_up(outgoing, incoming)


def test_a_caller_that_stops_refreshing_is_hung_up(sip_network, sip_server, alice, bob) -> None:
    outgoing, incoming, _ = connect_with(alice, bob, "300;refresher=uac", "600;refresher=uac")
    sip_network.advance(260)
    outgoing.expect_nothing()
    sip_network.advance(20)
    outgoing.expect_bye()
    incoming.expect_bye()
    record = sip_server.record
    assert (record.ended_by, record.cause_text) == ("server", "session timer expired")


def test_we_refresh_towards_the_caller(sip_network, alice, bob) -> None:
    outgoing, incoming, response = connect_with(alice, bob, "400;refresher=uas", "600;refresher=uac")
    assert response.header("Session-Expires") == "400;refresher=uas"
    sip_network.advance(199)
    outgoing.expect_nothing()
    sip_network.advance(2)
    refresh(outgoing)
    sip_network.advance(100)
    refresh(incoming)
    outgoing.expect_nothing()
    sip_network.advance(101)
    refresh(outgoing)
    hang_up(incoming, outgoing)


def test_called_devices_are_asked_for_a_timer(alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    assert incoming.invitation.header("Session-Expires") == "600"
    assert incoming.invitation.header("Min-SE") == "120"
    assert incoming.invitation.lists("Supported", "timer")
    incoming.reject(486)
    outgoing.expect(486)


def test_a_called_device_that_wants_a_longer_interval(sip_network, alice, bob) -> None:
    outgoing = alice.call("101")
    first = bob.take_call()
    first.reject(422, headers=[("Min-SE", "900")])
    first.expect("ACK")
    again = first.expect("INVITE")
    assert (again.header("Session-Expires"), again.header("Min-SE")) == ("900", "900")
    first.answer(headers=[("Session-Expires", "900;refresher=uac"), ("Require", "timer")])
    first.expect("ACK")
    outgoing.expect(200)
    outgoing.ack()
    sip_network.advance(301)
    refresh(outgoing)
    sip_network.advance(150)
    refresh(first)
    hang_up(outgoing, first)


def test_a_called_device_that_refuses_twice(alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    for seconds in ("900", "1800"):
        incoming.reject(422, headers=[("Min-SE", seconds)])
        incoming.expect("ACK")
        if seconds == "900":
            incoming.expect("INVITE")
    outgoing.expect(422)


def test_a_called_device_that_does_not_answer_the_refresh(sip_network, sip_server, alice, bob) -> None:
    outgoing, _incoming, _ = connect_with(alice, bob, "600;refresher=uac", "600;refresher=uac")
    bob.vanish()
    sip_network.advance(280)
    outgoing.request("UPDATE", headers=[TIMER, ("Session-Expires", "600;refresher=uac")])
    outgoing.expect("200 UPDATE")
    sip_network.advance(60)
    outgoing.expect_bye()
    assert sip_server.record.cause_text == "no response to keep-alive"
    assert sip_server.record.ended_by == "server"


@pytest.mark.parametrize("status", [481, 408])
def test_a_called_device_that_lost_the_call(sip_network, sip_server, alice, bob, status: int) -> None:
    outgoing, incoming, _ = connect_with(alice, bob, "600;refresher=uac", "600;refresher=uac")
    sip_network.advance(301)
    incoming.reply(incoming.expect("UPDATE"), status)
    outgoing.expect_bye()
    incoming.expect_bye()
    assert sip_server.record.cause_text == f"{status} to keep-alive"


def test_refresh_by_reinvite_where_update_is_not_known(sip_network, sip_phone, alice) -> None:
    bob = sip_phone("101")
    bob.methods = "INVITE, ACK, CANCEL, BYE, OPTIONS"
    outgoing, incoming, _ = connect_with(alice, bob, "600;refresher=uac", "600;refresher=uac")
    first = incoming.invitation.sdp
    sip_network.advance(301)
    reinvite = incoming.expect("INVITE")
    # Nothing has changed, and so has the version of the origin not (RFC 4028 7.4).
    assert reinvite.sdp == first
    incoming.answer(headers=[("Session-Expires", "600;refresher=uac")])
    incoming.expect("ACK")
    outgoing.expect_nothing()
    hang_up(outgoing, incoming)


def test_a_reinvite_refreshes_too(sip_network, alice, bob) -> None:
    outgoing, incoming, _ = connect_with(alice, bob, "300;refresher=uac", "600;refresher=uac")
    sip_network.advance(200)
    outgoing.invite(alice.sdp(direction="sendonly"), headers=[TIMER, ("Session-Expires", "300;refresher=uac")])
    incoming.expect("INVITE")
    incoming.answer(bob.sdp(direction="recvonly"))
    incoming.expect("ACK")
    outgoing.expect(200)
    outgoing.ack()
    sip_network.advance(200)
    outgoing.expect_nothing()
    hang_up(outgoing, incoming)


class TestOff:
    """By default the server neither asks for session timers nor takes part in them."""

    @pytest.fixture
    def sip_settings(self) -> Settings:
        return Settings(sip=SipSettings(options_ping_seconds=0))

    def test_session_expires_is_ignored(self, sip_network, alice, bob) -> None:
        outgoing, incoming, response = connect_with(alice, bob, "100")
        assert not response.has("Session-Expires")
        assert not incoming.invitation.has("Session-Expires")
        sip_network.advance(300)
        outgoing.expect_nothing()
        incoming.expect_nothing()
        hang_up(outgoing, incoming)

    def test_a_plain_call(self, alice, bob) -> None:
        outgoing, incoming = connect(alice, bob)
        hang_up(outgoing, incoming)
