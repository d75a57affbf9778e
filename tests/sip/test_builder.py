# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.sip.builder import (
    REASONS,
    assemble_response,
    build_ack,
    build_cancel,
    build_request,
    build_response,
    echo_lines,
    echo_to,
    reason_of,
)
from mss.sip.transaction.request import OutgoingRequest
from tests.sip.harness import SDP, SDP_TYPE, read, request


@pytest.mark.parametrize(("status", "reason"), [
    (200, "OK"), (487, "Request Terminated"), (299, "OK"), (199, "Early Dialog Terminated"), (197, "Trying"),
    (699, "Busy Everywhere"), (499, "Bad Request"), (799, "Unknown"),
])
def test_reason_is_that_of_the_status_or_of_its_class(status: int, reason: str) -> None:
    assert reason_of(status) == reason


def test_reasons_are_phrases_of_valid_statuses() -> None:
    assert all(100 <= status < 700 and phrase.isascii() and phrase for status, phrase in REASONS.items())


def test_a_response_copies_via_from_call_id_cseq_record_route_and_timestamp_verbatim() -> None:
    """RFC 3261 8.2.6.1, 8.2.6.2, 12.1.1."""
    asked = read(request("INVITE", "Via:  SIP/2.0/TCP proxy;branch=z9hG4bK-0", "Record-Route: <sip:p2;lr>",
                         "record-route:<sip:p1;lr>", "Timestamp: 54", "Subject: no", "Max-Forwards: 70"))
    answer = read(build_response(asked, 180, "", "ours", "Server: mss\r\n"))
    assert answer.status == 180
    assert answer.reason == "Ringing"
    assert answer.lines_of("via") == asked.lines_of("via")
    assert answer.lines_of("record-route") == ["Record-Route: <sip:p2;lr>", "record-route:<sip:p1;lr>"]
    for name in ("from", "call-id", "cseq", "timestamp"):
        assert answer.lines_of(name) == asked.lines_of(name)
    assert answer.get("server") == "mss"
    assert answer.get("content-length") == "0"
    assert not answer.has("subject")
    assert not answer.has("max-forwards")


def test_a_response_gets_our_tag_unless_the_request_had_one() -> None:
    assert read(build_response(read(request("OPTIONS")), 200, "", "ours")).to_tag == "ours"
    assert read(build_response(read(request("BYE", to_tag="theirs")), 481, "", "ours")).to_tag == "theirs"
    assert read(build_response(read(request("INVITE")), 100, "", "")).to_tag is None


def test_a_response_may_have_a_reason_and_a_body() -> None:
    answer = read(build_response(read(request("INVITE")), 200, "Fine", "ours", f"{SDP_TYPE}\r\n", SDP))
    assert (answer.reason, answer.body, answer.get("content-type")) == ("Fine", SDP, "application/sdp")


def test_octets_that_are_no_utf_8_come_back_as_they_were() -> None:
    odd = request("OPTIONS").replace(b"Call-ID: call", b"Call-ID: call\r\nTimestamp: \xff")
    message = read(odd)
    assert b"Timestamp: \xff\r\n" in build_response(message, 200, "", "ours")


def test_a_message_without_to_is_answered_without() -> None:
    from mss.sip.parser import parse

    asked = parse(b"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\n\r\n")
    assert echo_to(asked, "ours") == ""
    assert build_response(asked, 400, "Missing CSeq", "ours") == \
        b"SIP/2.0 400 Missing CSeq\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nContent-Length: 0\r\n\r\n"


def test_the_parts_make_the_whole() -> None:
    asked = read(request("OPTIONS"))
    assert assemble_response(200, "OK", echo_lines(asked), echo_to(asked, "t"), "", b"") == \
        build_response(asked, 200, "", "t")


OURS = OutgoingRequest(
    "INVITE", "sip:101@192.0.2.1", "<sip:100@mss>;tag=us", "<sip:101@mss>", "c@mss", 7,
    "Route: <sip:p1;lr>\r\nRoute: <sip:p2;lr>\r\n", "b1", "Via: SIP/2.0/UDP mss:5060;branch=z9hG4bKb1", b"")


def test_a_request_has_the_six_fields_of_rfc_3261_8_1_1() -> None:
    made = read(build_request("INFO", "sip:101@192.0.2.1", OURS.via_line, OURS.routes, OURS.from_value,
                              "<sip:101@mss>;tag=them", "c@mss", 8, "Content-Type: a/b\r\n", b"x", 12))
    assert (made.method, made.uri, made.cseq, made.cseq_method) == ("INFO", "sip:101@192.0.2.1", 8, "INFO")
    assert (made.from_tag, made.to_tag, made.call_id) == ("us", "them", "c@mss")
    assert (made.get("max-forwards"), made.via.branch, made.body) == ("12", "z9hG4bKb1", b"x")
    assert made.get_all("route") == ["<sip:p1;lr>", "<sip:p2;lr>"]


def test_the_ack_to_a_failure_repeats_branch_routes_and_number() -> None:
    """RFC 3261 17.1.1.3: a single Via equal to that of the INVITE, To from the response."""
    ack = read(build_ack(OURS, "<sip:101@mss>;tag=them"))
    assert (ack.method, ack.uri, ack.cseq, ack.cseq_method) == ("ACK", "sip:101@192.0.2.1", 7, "ACK")
    assert ack.lines_of("via") == [OURS.via_line]
    assert ack.get_all("route") == ["<sip:p1;lr>", "<sip:p2;lr>"]
    assert (ack.from_tag, ack.to_tag, ack.call_id, ack.body) == ("us", "them", "c@mss", b"")


def test_a_cancel_repeats_the_invite_to_the_letter() -> None:
    """RFC 3261 9.1."""
    cancel = read(build_cancel(OURS, "Reason: SIP;cause=200\r\n"))
    assert (cancel.method, cancel.uri, cancel.cseq, cancel.cseq_method) == ("CANCEL", "sip:101@192.0.2.1", 7, "CANCEL")
    assert cancel.lines_of("via") == [OURS.via_line]
    assert cancel.get_all("route") == ["<sip:p1;lr>", "<sip:p2;lr>"]
    assert (cancel.from_tag, cancel.to_tag, cancel.call_id) == ("us", None, "c@mss")
    assert cancel.get("reason") == "SIP;cause=200"
