# SPDX-License-Identifier: GPL-2.0-or-later
"""Attended transfer: a party asks somebody first, then joins the two (RFC 3891, RFC 5589 section 7)."""
from __future__ import annotations

import pytest

from mss.testing.scenes import change_media, connect, hang_up


def expect_notify(call, fragment: str) -> None:
    notify = call.expect("NOTIFY")
    assert notify.sdp.strip() == f"SIP/2.0 {fragment}"
    call.reply(notify, 200)


def start(alice, bob, carol):
    """Alice calls bob; bob holds her and asks carol."""
    outgoing, incoming = connect(alice, bob)
    change_media(incoming, outgoing, bob.sdp(direction="sendonly"), alice.sdp(direction="recvonly"))
    consultation, asked = connect(bob, carol)
    return outgoing, incoming, consultation, asked


def test_by_refer_with_replaces(sip_server, alice, bob, carol) -> None:
    outgoing, incoming, consultation, asked = start(alice, bob, carol)
    change_media(consultation, asked, bob.sdp(direction="sendonly"), carol.sdp(direction="recvonly"))
    incoming.refer("102", replaces=consultation)
    incoming.expect("202 REFER")
    expect_notify(incoming, "100 Trying")
    consultation.expect_bye()
    # Alice gets carol's description, and carol then alice's: both off hold.
    offered = outgoing.expect("INVITE")
    assert f"c=IN IP4 {carol.socket.host}" in offered.sdp and "a=sendrecv" in offered.sdp
    outgoing.answer()
    outgoing.expect("ACK")
    offered = asked.expect("INVITE")
    assert f"c=IN IP4 {alice.socket.host}" in offered.sdp and "a=sendrecv" in offered.sdp
    asked.answer()
    asked.expect("ACK")
    expect_notify(incoming, "200 OK")
    incoming.expect_bye()
    change_media(asked, outgoing, carol.sdp(direction="sendonly"), alice.sdp(direction="recvonly"))
    hang_up(asked, outgoing)
    sip_server.expect_no_calls()
    records = {record.dialled: record for record in sip_server.records}
    assert records["101"].called == "102"
    assert (records["101"].transferred_by, records["101"].ended_by) == ("101", "callee")
    assert (records["102"].status, records["102"].cause_text) == (200, "transferred")


@pytest.mark.parametrize("direction", ["alice called bob", "bob called alice"])
def test_whoever_called_whom(alice, bob, carol, direction: str) -> None:
    if direction == "alice called bob":
        at_alice, at_bob = connect(alice, bob)
    else:
        at_bob, at_alice = connect(bob, alice)
    asked, consultation = connect(carol, bob)
    at_bob.refer("102", replaces=consultation)
    at_bob.expect("202 REFER")
    expect_notify(at_bob, "100 Trying")
    consultation.expect_bye()
    at_alice.expect("INVITE")
    at_alice.answer()
    at_alice.expect("ACK")
    asked.expect("INVITE")
    asked.answer()
    asked.expect("ACK")
    expect_notify(at_bob, "200 OK")
    at_bob.expect_bye()
    hang_up(at_alice, asked)


def test_the_refer_may_come_on_the_consultation_call(sip_server, alice, bob, carol) -> None:
    outgoing, incoming, consultation, asked = start(alice, bob, carol)
    consultation.refer("100", replaces=incoming)
    consultation.expect("202 REFER")
    expect_notify(consultation, "100 Trying")
    incoming.expect_bye()
    asked.expect("INVITE")
    asked.answer()
    asked.expect("ACK")
    outgoing.expect("INVITE")
    outgoing.answer()
    outgoing.expect("ACK")
    expect_notify(consultation, "200 OK")
    consultation.expect_bye()
    hang_up(outgoing, asked)


def test_before_the_consulted_party_has_answered(sip_server, alice, bob, carol) -> None:
    """Then it becomes a blind transfer: the consultation call is given up and the number is rung anew."""
    outgoing, incoming = connect(alice, bob)
    consultation = bob.call("102")
    asked = carol.take_call()
    asked.ring()
    consultation.expect(180)
    incoming.refer("102", replaces=consultation)
    incoming.expect("202 REFER")
    expect_notify(incoming, "100 Trying")
    asked.expect_cancel()
    consultation.expect(480)
    anew = carol.take_call()
    anew.answer()
    anew.expect("ACK")
    outgoing.expect("INVITE")
    outgoing.answer()
    outgoing.expect("ACK")
    expect_notify(incoming, "200 OK")
    incoming.expect_bye()
    hang_up(outgoing, anew)


def test_the_consulted_party_hangs_up_before_the_two_are_connected(alice, bob, carol) -> None:
    outgoing, incoming, consultation, asked = start(alice, bob, carol)
    incoming.refer("102", replaces=consultation)
    incoming.expect("202 REFER")
    expect_notify(incoming, "100 Trying")
    consultation.expect_bye()
    outgoing.expect("INVITE")
    asked.bye()
    asked.expect("200 BYE")
    outgoing.answer()
    outgoing.expect("ACK")
    expect_notify(incoming, "480 Temporarily Unavailable")
    outgoing.expect("INVITE")
    outgoing.answer()
    outgoing.expect("ACK")
    hang_up(outgoing, incoming)


def test_the_transferor_hangs_up_both_calls_by_itself(alice, bob, carol) -> None:
    outgoing, incoming, consultation, asked = start(alice, bob, carol)
    incoming.refer("102", replaces=consultation)
    incoming.expect("202 REFER")
    expect_notify(incoming, "100 Trying")
    consultation.expect_bye()
    incoming.bye()
    incoming.expect("200 BYE")
    outgoing.expect("INVITE")
    outgoing.answer()
    outgoing.expect("ACK")
    asked.expect("INVITE")
    asked.answer()
    asked.expect("ACK")
    incoming.expect_nothing()
    hang_up(asked, outgoing)


def test_the_limits_of_users_count_right_afterwards(sip_server, alice, bob, carol) -> None:
    outgoing, incoming, consultation, asked = start(alice, bob, carol)
    assert sip_server.live.active_calls("101") == 2
    incoming.refer("102", replaces=consultation)
    incoming.expect("202 REFER")
    expect_notify(incoming, "100 Trying")
    consultation.expect_bye()
    outgoing.expect("INVITE")
    outgoing.answer()
    outgoing.expect("ACK")
    asked.expect("INVITE")
    asked.answer()
    asked.expect("ACK")
    expect_notify(incoming, "200 OK")
    incoming.expect_bye()
    counts = {number: sip_server.live.active_calls(number) for number in ("100", "101", "102")}
    assert counts == {"100": 1, "101": 0, "102": 1}
    hang_up(outgoing, asked)
    assert all(not sip_server.live.active_calls(number) for number in counts)
