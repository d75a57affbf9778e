# SPDX-License-Identifier: GPL-2.0-or-later
"""Blind transfer: a party sends its peer to somebody else by REFER (RFC 3515, RFC 5589 section 6)."""
from __future__ import annotations

import pytest

from mss.testing.scenes import change_media, connect, hang_up


def expect_notify(call, fragment: str, is_final: bool = False) -> None:
    notify = call.expect("NOTIFY")
    assert notify.header("Event") == "refer"
    assert notify.header("Content-Type").startswith("message/sipfrag")
    assert notify.sdp.strip() == f"SIP/2.0 {fragment}"
    assert notify.header("Subscription-State").startswith("terminated" if is_final else "active")
    call.reply(notify, 200)


def refer(call, number: str, **options) -> None:
    call.refer(number, **options)
    accepted = call.expect("202 REFER")
    assert accepted.contact_uri
    expect_notify(call, "100 Trying")


@pytest.mark.parametrize("transferor", ["caller", "callee"])
def test_success(sip_server, alice, bob, carol, transferor: str) -> None:
    outgoing, incoming = connect(alice, bob)
    leaving, staying = (outgoing, incoming) if transferor == "caller" else (incoming, outgoing)
    refer(leaving, "102")
    target = carol.take_call()
    assert target.invitation.header("From").startswith(f"<sip:{staying.phone.number}@")
    target.ring()
    expect_notify(leaving, "180 Ringing")
    target.answer()
    target.expect("ACK")
    reinvite = staying.expect("INVITE")
    assert f"c=IN IP4 {carol.socket.host}" in reinvite.sdp
    staying.answer()
    staying.expect("ACK")
    expect_notify(leaving, "200 OK", is_final=True)
    leaving.expect_bye()
    # The two that are left talk, hold, and hang up.
    change_media(target, staying, carol.sdp(direction="sendonly"), staying.phone.sdp(direction="recvonly"))
    hang_up(staying, target)
    record = sip_server.record
    assert record.status == 200
    assert record.transferred_by == leaving.phone.number
    assert record.caller == "100"
    assert record.called == ("102" if transferor == "callee" else "101")


def test_a_party_on_hold_is_taken_off_it(alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    change_media(incoming, outgoing, bob.sdp(direction="sendonly"), alice.sdp(direction="recvonly"))
    refer(incoming, "102")
    target = carol.take_call()
    assert "a=sendrecv" in target.invitation.sdp
    target.answer()
    target.expect("ACK")
    assert "a=sendrecv" in outgoing.expect("INVITE").sdp
    outgoing.answer()
    outgoing.expect("ACK")
    expect_notify(incoming, "200 OK", is_final=True)
    incoming.expect_bye()
    hang_up(outgoing, target)


def test_the_party_that_stays_answers_with_other_codecs(alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    refer(incoming, "102")
    target = carol.take_call()
    target.answer(carol.sdp("8"))
    target.expect("ACK")
    outgoing.expect("INVITE")
    outgoing.answer(alice.sdp("8", version=2))
    outgoing.expect("ACK")
    # The target had been given another description: it gets this one.
    assert "RTP/AVP 8\r\n" in target.expect("INVITE").sdp
    target.answer(carol.sdp("8"))
    target.expect("ACK")
    expect_notify(incoming, "200 OK", is_final=True)
    incoming.expect_bye()
    hang_up(target, outgoing)


def test_a_busy_target_leaves_the_call_as_it_was(sip_server, alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    refer(incoming, "102")
    carol.take_call().reject(486)
    expect_notify(incoming, "486 Busy Here", is_final=True)
    outgoing.expect_nothing()
    change_media(outgoing, incoming, alice.sdp(direction="sendonly"), bob.sdp(direction="recvonly"))
    hang_up(outgoing, incoming)
    record = sip_server.record
    assert (record.called, record.transferred_by) == ("101", "")


@pytest.mark.parametrize(("number", "fragment"), [("999", "404 Not Found"), ("103", "480 Temporarily Unavailable")])
def test_a_target_that_cannot_be_called(alice, bob, number: str, fragment: str) -> None:
    outgoing, incoming = connect(alice, bob)
    refer(incoming, number)
    expect_notify(incoming, fragment, is_final=True)
    hang_up(incoming, outgoing)


def test_a_target_that_does_not_answer(sip_network, alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    refer(incoming, "102")
    target = carol.take_call()
    target.ring()
    expect_notify(incoming, "180 Ringing")
    sip_network.advance(61)
    target.expect_cancel()
    expect_notify(incoming, "480 No Answer", is_final=True)
    hang_up(outgoing, incoming)


def test_the_transferor_hangs_up_as_soon_as_its_refer_is_accepted(sip_server, alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    refer(incoming, "102")
    incoming.bye()
    incoming.expect("200 BYE")
    outgoing.expect_nothing()
    target = carol.take_call()
    target.ring()
    target.answer()
    target.expect("ACK")
    outgoing.expect("INVITE")
    outgoing.answer()
    outgoing.expect("ACK")
    incoming.expect_nothing()
    hang_up(outgoing, target)
    record = sip_server.record
    assert (record.called, record.transferred_by, record.ended_by) == ("102", "101", "caller")


def test_the_transferor_hangs_up_and_the_target_refuses(sip_server, alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    refer(incoming, "102")
    incoming.bye()
    incoming.expect("200 BYE")
    carol.take_call().reject(603)
    outgoing.expect_bye()
    sip_server.expect_no_calls()
    assert sip_server.record.cause_text == "transfer failed"


def test_the_party_to_be_transferred_hangs_up_meanwhile(sip_server, alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    refer(incoming, "102")
    target = carol.take_call()
    target.ring()
    expect_notify(incoming, "180 Ringing")
    outgoing.bye()
    outgoing.expect("200 BYE")
    target.expect_cancel()
    incoming.expect_bye()
    assert sip_server.record.ended_by == "caller"


def test_the_target_hangs_up_before_the_two_are_connected(alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    refer(incoming, "102")
    target = carol.take_call()
    target.answer()
    target.expect("ACK")
    outgoing.expect("INVITE")
    target.bye()
    target.expect("200 BYE")
    expect_notify(incoming, "480 Temporarily Unavailable", is_final=True)
    outgoing.answer()
    outgoing.expect("ACK")
    # Alice and bob are connected again: she is offered his description.
    assert f"c=IN IP4 {bob.socket.host}" in outgoing.expect("INVITE").sdp
    outgoing.answer()
    outgoing.expect("ACK")
    hang_up(outgoing, incoming)


def test_the_target_hangs_up_when_it_is_to_be_told_of_other_codecs(alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    refer(incoming, "102")
    target = carol.take_call()
    target.answer()
    target.expect("ACK")
    outgoing.expect("INVITE")
    outgoing.answer(alice.sdp("8", version=2))
    outgoing.expect("ACK")
    target.expect("INVITE")
    target.bye()
    target.expect("200 BYE")
    target.reject(487)
    target.expect("ACK")
    expect_notify(incoming, "480 Temporarily Unavailable", is_final=True)
    assert f"c=IN IP4 {bob.socket.host}" in outgoing.expect("INVITE").sdp
    outgoing.answer()
    outgoing.expect("ACK")
    hang_up(outgoing, incoming)


def test_target_and_transferor_hang_up_before_the_two_are_connected(sip_server, alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    refer(incoming, "102")
    target = carol.take_call()
    target.answer()
    target.expect("ACK")
    outgoing.expect("INVITE")
    target.bye()
    target.expect("200 BYE")
    expect_notify(incoming, "480 Temporarily Unavailable", is_final=True)
    incoming.bye()
    incoming.expect("200 BYE")
    outgoing.expect_bye()
    outgoing.reject(487)
    outgoing.expect("ACK")
    assert sip_server.record.cause_text == "transfer failed"


def test_491_on_the_way_is_tried_again(sip_network, alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    refer(incoming, "102")
    target = carol.take_call()
    target.answer()
    target.expect("ACK")
    outgoing.expect("INVITE")
    outgoing.reject(491)
    outgoing.expect("ACK")
    sip_network.advance(2.4)
    outgoing.expect_nothing()
    sip_network.advance(0.3)
    outgoing.expect("INVITE")
    outgoing.answer()
    outgoing.expect("ACK")
    expect_notify(incoming, "200 OK", is_final=True)
    incoming.expect_bye()
    hang_up(outgoing, target)


def test_codecs_that_do_not_fit(alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    refer(incoming, "102")
    target = carol.take_call()
    target.answer(carol.sdp("9"))
    target.expect("ACK")
    outgoing.expect("INVITE")
    outgoing.reject(488)
    outgoing.expect("ACK")
    target.expect_bye()
    expect_notify(incoming, "488 Not Acceptable Here", is_final=True)
    hang_up(outgoing, incoming)


def test_without_a_subscription(alice, bob, carol) -> None:
    """RFC 4488: ``Refer-Sub: false`` wants no NOTIFY."""
    outgoing, incoming = connect(alice, bob)
    incoming.refer("102", headers=[("Refer-Sub", "false")])
    incoming.expect("202 REFER")
    target = carol.take_call()
    target.answer()
    target.expect("ACK")
    outgoing.expect("INVITE")
    outgoing.answer()
    outgoing.expect("ACK")
    incoming.expect_bye()
    hang_up(target, outgoing)


def test_a_second_transfer_while_one_is_going_on(alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    refer(incoming, "102")
    target = carol.take_call()
    incoming.refer("103")
    incoming.expect("491 REFER")
    outgoing.refer("103")
    outgoing.expect("491 REFER")
    target.reject(486)
    expect_notify(incoming, "486 Busy Here", is_final=True)
    hang_up(outgoing, incoming)


def test_a_change_of_media_while_a_transfer_is_going_on(alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    refer(incoming, "102")
    target = carol.take_call()
    outgoing.invite(alice.sdp(direction="sendonly"))
    outgoing.expect("491 INVITE")
    target.reject(486)
    expect_notify(incoming, "486 Busy Here", is_final=True)
    hang_up(outgoing, incoming)


@pytest.mark.parametrize("refer_to", ["", "<sip:102@198.51.100.1>, <sip:103@198.51.100.1>", "<mailto:x@y>",
                                      "<sip:198.51.100.1>", "<sip:102@198.51.100.1?Replaces=nobody%3Bto-tag%3Da>"])
def test_a_refer_that_makes_no_sense(alice, bob, refer_to: str) -> None:
    outgoing, incoming = connect(alice, bob)
    incoming.request("REFER", headers=[("Refer-To", refer_to)] if refer_to else [])
    response = incoming.inbox.popleft()
    assert response.status in (400, 404, 481)
    outgoing.expect_nothing()
    hang_up(outgoing, incoming)


def test_transferred_twice(sip_server, sip_phone, alice, bob, carol) -> None:
    dave = sip_phone("103")
    outgoing, incoming = connect(alice, bob)
    transferor = incoming
    for phone in (carol, dave):
        refer(transferor, phone.number)
        target = phone.take_call()
        target.answer()
        target.expect("ACK")
        outgoing.expect("INVITE")
        outgoing.answer()
        outgoing.expect("ACK")
        expect_notify(transferor, "200 OK", is_final=True)
        transferor.expect_bye()
        transferor = target
    hang_up(transferor, outgoing)
    record = sip_server.record
    assert (record.called, record.transferred_by, record.ended_by) == ("103", "102", "callee")


def test_a_refer_outside_a_call(alice, bob) -> None:
    response = alice.request("REFER", "101", headers=[("Refer-To", "<sip:102@198.51.100.1>"),
                                                      ("Contact", f"<{alice.contact}>")])
    assert response.status == 403
