# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls whose media goes through the media gateway, here the one in memory."""
from __future__ import annotations

import pytest

from mss.config.settings import CallSettings, Settings
from mss.media.gateway import MediaGateway
from mss.model.user import User
from mss.testing.pytest_plugin import PASSWORD
from mss.testing.scenes import change_media, connect, hang_up

GATEWAY = "c=IN IP4 198.51.100.2"


class SilentGateway(MediaGateway):
    """A gateway that takes commands and never answers."""

    def submit(self, command) -> None:
        pass


@pytest.fixture
def sip_settings() -> Settings:
    return Settings(call=CallSettings(media="anchored"))


@pytest.fixture
def gateway(sip_server):
    return sip_server.use_memory_gateway()


def port_of(message) -> int:
    """The port of the first stream."""
    return int(message.sdp.partition("m=audio ")[2].split()[0])


def test_both_parties_send_to_the_gateway(sip_server, gateway, alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    assert GATEWAY in incoming.invitation.sdp
    incoming.answer()
    answer = outgoing.expect(200)
    assert GATEWAY in answer.sdp
    assert port_of(answer) != port_of(incoming.invitation)
    outgoing.ack()
    incoming.expect("ACK")
    (context,) = gateway.contexts.values()
    assert context.heard == {("0", "1"), ("1", "0")}
    hang_up(outgoing, incoming)
    assert gateway.contexts == {}
    assert gateway.pool.free == gateway.pool.size
    assert sip_server.record.media == "anchored"


def test_early_media(gateway, alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    incoming.progress(183, bob.sdp())
    early = outgoing.expect(183)
    assert GATEWAY in early.sdp
    incoming.answer()
    final = outgoing.expect(200)
    assert final.sdp == early.sdp
    outgoing.ack()
    incoming.expect("ACK")
    hang_up(incoming, outgoing)


def test_hold_and_resume(gateway, alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    held, agreed = change_media(outgoing, incoming, alice.sdp(direction="sendonly", version=2),
                                bob.sdp(direction="recvonly", version=2))
    assert "a=sendonly" in held.sdp and GATEWAY in held.sdp
    assert "a=recvonly" in agreed.sdp and GATEWAY in agreed.sdp
    resumed, _ = change_media(outgoing, incoming, alice.sdp(version=3), bob.sdp(version=3), "UPDATE")
    assert port_of(resumed) == port_of(held)
    hang_up(outgoing, incoming)


def test_a_phone_that_answers_a_hold_with_sendrecv(gateway, alice, bob) -> None:
    """There are such phones: they are taken for what they may say."""
    outgoing, incoming = connect(alice, bob)
    held, agreed = change_media(outgoing, incoming, alice.sdp(direction="sendonly"), bob.sdp())
    assert "a=sendonly" in held.sdp
    assert "a=recvonly" in agreed.sdp
    hang_up(outgoing, incoming)


def test_an_invite_without_an_offer(gateway, alice, bob) -> None:
    outgoing = alice.call("101", b"")
    incoming = bob.take_call()
    assert incoming.invitation.body == b""
    incoming.answer()
    assert GATEWAY in outgoing.expect(200).sdp
    outgoing.ack(alice.sdp("8"))
    ack = incoming.expect("ACK")
    assert GATEWAY in ack.sdp and "RTP/AVP 8\r\n" in ack.sdp
    hang_up(outgoing, incoming)


def test_two_devices_ring_and_one_answers(sip_server, sip_phone, gateway, alice) -> None:
    sip_server.add_user(User("101", PASSWORD, multi_device=True))
    desk, mobile = sip_phone("101"), sip_phone("101")
    outgoing = alice.call("101")
    at_desk, at_mobile = desk.take_call(), mobile.take_call()
    assert port_of(at_desk.invitation) != port_of(at_mobile.invitation)
    at_mobile.answer()
    assert GATEWAY in outgoing.expect(200).sdp
    outgoing.ack()
    at_mobile.expect("ACK")
    at_desk.expect_cancel()
    # The loser's termination is gone.
    (context,) = gateway.contexts.values()
    assert set(context.terminations) == {"0", "2"}
    hang_up(at_mobile, outgoing)


def test_a_forward(sip_server, gateway, alice, bob, carol) -> None:
    sip_server.add_user(User("101", PASSWORD, forward_busy="102"))
    outgoing = alice.call("101")
    bob.take_call().reject(486)
    outgoing.expect(181)
    incoming = carol.take_call()
    incoming.answer()
    assert GATEWAY in outgoing.expect(200).sdp
    outgoing.ack()
    incoming.expect("ACK")
    hang_up(outgoing, incoming)


def test_blind_transfer(gateway, alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    incoming.refer("102")
    incoming.expect("202 REFER")
    incoming.reply(incoming.expect("NOTIFY"), 200)
    target = carol.take_call()
    assert GATEWAY in target.invitation.sdp
    target.answer()
    target.expect("ACK")
    assert GATEWAY in outgoing.expect("INVITE").sdp
    outgoing.answer()
    outgoing.expect("ACK")
    incoming.reply(incoming.expect("NOTIFY"), 200)
    incoming.expect_bye()
    (context,) = gateway.contexts.values()
    assert context.heard == {("0", "2"), ("2", "0")}
    change_media(target, outgoing, carol.sdp(direction="sendonly"), alice.sdp(direction="recvonly"))
    hang_up(outgoing, target)


def test_attended_transfer(sip_server, gateway, alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    consultation, asked = connect(bob, carol)
    incoming.refer("102", replaces=consultation)
    incoming.expect("202 REFER")
    incoming.reply(incoming.expect("NOTIFY"), 200)
    consultation.expect_bye()
    assert GATEWAY in outgoing.expect("INVITE").sdp
    outgoing.answer()
    outgoing.expect("ACK")
    offered = asked.expect("INVITE")
    assert GATEWAY in offered.sdp
    asked.answer()
    asked.expect("ACK")
    incoming.reply(incoming.expect("NOTIFY"), 200)
    incoming.expect_bye()
    (context,) = gateway.contexts.values()
    assert len(context.terminations) == 2
    hang_up(outgoing, asked)


def test_replaces(gateway, alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    newcomer = carol.call("101", headers=[("Replaces", incoming.replaces)])
    assert GATEWAY in outgoing.expect("INVITE").sdp
    outgoing.answer()
    outgoing.expect("ACK")
    assert GATEWAY in newcomer.expect(200).sdp
    newcomer.ack()
    incoming.expect_bye()
    hang_up(newcomer, outgoing)


def test_a_user_with_anchored_media_calls_one_with_direct(sip_server, gateway, alice, bob) -> None:
    sip_server.add_user(User("100", PASSWORD, media="direct"))
    sip_server.add_user(User("101", PASSWORD, media="anchored"))
    outgoing = alice.call("101")
    incoming = bob.take_call()
    assert GATEWAY in incoming.invitation.sdp
    incoming.reject(486)
    outgoing.expect(486)
    sip_server.add_user(User("101", PASSWORD, media="direct"))
    outgoing = alice.call("101")
    incoming = bob.take_call()
    assert "c=IN IP4 192.0.2.10" in incoming.invitation.sdp
    incoming.reject(486)
    outgoing.expect(486)


class TestFailures:
    """What the gateway cannot do."""

    def test_no_ports_left(self, sip_server, alice, bob) -> None:
        gateway = sip_server.use_memory_gateway(range(10000, 10002))
        outgoing = alice.call("101")
        outgoing.expect(503)
        bob.expect_no_call()
        assert gateway.pool.free == gateway.pool.size
        record = sip_server.record
        assert (record.status, record.cause_text) == (503, "No Media Ports Left")

    def test_one_call_fits_and_a_second_does_not(self, sip_server, sip_phone, alice, bob, carol) -> None:
        sip_server.use_memory_gateway(range(10000, 10004))
        outgoing, incoming = connect(alice, bob)
        carol.call("101").expect(503)
        hang_up(outgoing, incoming)
        hang_up(*connect(carol, bob))

    def test_a_description_that_cannot_be_read(self, sip_server, gateway, alice, bob) -> None:
        alice.call("101", b"v=0\r\nnonsense\r\n").expect(488)
        bob.expect_no_call()

    def test_an_answer_that_does_not_fit_ends_the_call(self, sip_server, gateway, alice, bob) -> None:
        outgoing = alice.call("101")
        incoming = bob.take_call()
        incoming.answer(bob.sdp() + b"m=video 4002 RTP/AVP 96\r\n")
        incoming.expect("ACK")
        incoming.expect_bye()
        outgoing.expect(488)
        record = sip_server.record
        assert (record.status, record.cause, record.answered_at, record.ended_by) == (488, 88, 0.0, "server")

    def test_a_change_that_the_gateway_refuses(self, sip_server, gateway, alice, bob) -> None:
        outgoing, incoming = connect(alice, bob)
        outgoing.invite(b"v=0\r\nnonsense\r\n")
        outgoing.expect(488)
        incoming.expect_nothing()
        hang_up(outgoing, incoming)

    def test_no_ports_for_the_target_of_a_transfer(self, sip_server, alice, bob, carol) -> None:
        sip_server.use_memory_gateway(range(10000, 10004))
        outgoing, incoming = connect(alice, bob)
        incoming.refer("102")
        incoming.expect("202 REFER")
        incoming.reply(incoming.expect("NOTIFY"), 200)
        failed = incoming.expect("NOTIFY")
        assert failed.sdp.startswith("SIP/2.0 503")
        incoming.reply(failed, 200)
        carol.expect_no_call()
        change_media(outgoing, incoming, alice.sdp(direction="sendonly"), bob.sdp(direction="recvonly"))
        hang_up(outgoing, incoming)

    def test_a_gateway_that_does_not_answer(self, sip_network, sip_server, alice, bob) -> None:
        sip_server.services.media.gateway = SilentGateway(sip_server.services.media.post)
        outgoing = alice.call("101")
        sip_network.advance(4.8)
        outgoing.expect_nothing()
        sip_network.advance(0.5)
        outgoing.expect(503)
        bob.expect_no_call()

    def test_the_caller_cancels_while_the_gateway_thinks(self, sip_network, sip_server, alice, bob) -> None:
        sip_server.services.media.gateway = SilentGateway(sip_server.services.media.post)
        outgoing = alice.call("101")
        outgoing.cancel()
        outgoing.expect("200 CANCEL")
        outgoing.expect("487 INVITE")
        sip_network.advance(6)
        sip_server.expect_no_calls()
        bob.expect_no_call()

    def test_a_call_is_hung_up_while_the_gateway_thinks(self, sip_network, sip_server, gateway, alice, bob) -> None:
        outgoing, incoming = connect(alice, bob)
        sip_server.services.media.gateway = SilentGateway(sip_server.services.media.post)
        outgoing.invite(alice.sdp(direction="sendonly"))
        incoming.expect_nothing()
        outgoing.bye()
        outgoing.expect("487 INVITE")
        outgoing.expect("200 BYE")
        incoming.expect_bye()
        sip_network.advance(6)
        sip_server.expect_no_calls()
        assert sip_server.record.ended_by == "caller"

    def test_the_gateway_goes_down_in_a_call(self, sip_server, gateway, alice, bob) -> None:
        outgoing, incoming = connect(alice, bob)
        gateway.lose()
        sip_server.network.settle()
        # Nothing to hear any more: the call is released with a network cause.
        outgoing.expect_bye()
        incoming.expect_bye()
        assert (sip_server.record.ended_by, sip_server.record.cause) == ("server", 38)

    def test_without_a_gateway_media_is_direct(self, sip_server, alice, bob) -> None:
        outgoing = alice.call("101")
        incoming = bob.take_call()
        assert "c=IN IP4 192.0.2.10" in incoming.invitation.sdp
        incoming.reject(486)
        outgoing.expect(486)
        assert sip_server.record.media == "direct"
