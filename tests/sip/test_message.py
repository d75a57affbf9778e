# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.sip.errors import ParseError, UnsupportedScheme
from mss.sip.headers import CALL_ID, CONTACT, CSEQ, FROM, ROUTE, SUPPORTED, TO, VIA
from mss.sip.message import Message
from mss.sip.parser import parse

LINES = [
    "Via: SIP/2.0/UDP a.example:5070;rport;branch=z9hG4bK1", "v: SIP/2.0/TCP b.example;branch=z9hG4bK2",
    "From: \"Al\" <sip:al@a.example>;tag=f1", "To:\r\n <sip:bo@b.example>\r\n ;tag = t1", "Call-ID:  c1@a.example ",
    "CSeq: 7 INVITE", "Route: <sip:p1;lr>, <sip:p2;lr>", "Route: <sip:p3;lr>", "Supported: timer,\r\n\treplaces",
    "m: \"X, Y\" <sip:al@a.example>;expires=60, <sip:other@a.example>",
]


def make(lines: list[str], start: str = "INVITE sip:bo@b.example SIP/2.0") -> Message:
    return parse(("\r\n".join([start, *lines]) + "\r\n\r\n").encode())


def without(name: str) -> list[str]:
    return [line for line in LINES if not line.startswith(name)]


def test_get_is_unfolded_and_stripped() -> None:
    message = make(LINES)
    assert message.get(CALL_ID) == "c1@a.example"
    assert message.get(TO) == "<sip:bo@b.example> ;tag = t1"
    assert message.get(SUPPORTED) == "timer, replaces"
    assert message.get(VIA) == "SIP/2.0/UDP a.example:5070;rport;branch=z9hG4bK1"
    assert message.get("x-absent") is None


def test_lists() -> None:
    message = make(LINES)
    assert message.get_all(ROUTE) == ["<sip:p1;lr>, <sip:p2;lr>", "<sip:p3;lr>"]
    assert message.values(ROUTE) == ["<sip:p1;lr>", "<sip:p2;lr>", "<sip:p3;lr>"]
    assert message.values(SUPPORTED) == ["timer", "replaces"]
    assert message.lines_of(SUPPORTED) == ["Supported: timer,\r\n\treplaces"]
    assert message.get_all("x-absent") == message.values("x-absent") == message.lines_of("x-absent") == []
    assert message.has(ROUTE) and not message.has("x-absent")
    assert message.first_line(ROUTE) == "Route: <sip:p1;lr>, <sip:p2;lr>" and message.first_line("x") is None
    assert message.has_repeated() and not make(LINES[2:6]).has_repeated()


def test_contact() -> None:
    contact = make(LINES).contact()
    assert contact is not None
    assert (contact.display, contact.uri, contact.param("expires")) == ("X, Y", "sip:al@a.example", "60")
    plain = make(["Contact: Al Smith <sip:al@a.example>;q=1"]).contact()
    assert plain is not None and (plain.display, plain.uri, plain.params) == ("Al Smith", "sip:al@a.example", "q=1")
    assert make(["Contact: *"]).contact() is None
    assert make(["Contact:"]).contact() is None
    assert make([]).contact() is None
    with pytest.raises(ParseError):
        make(["Contact: <sip:"]).contact()


def test_index() -> None:
    message = make(LINES)
    message.index()
    assert (message.via.transport, message.via.host, message.via.port) == ("UDP", "a.example", 5070)
    assert (message.via.branch, message.via.params) == ("z9hG4bK1", "rport;branch=z9hG4bK1")
    assert (message.cseq, message.cseq_method, message.call_id) == (7, "INVITE", "c1@a.example")
    assert (message.from_tag, message.to_tag) == ("f1", "t1")


@pytest.mark.parametrize("name", ["Via", "From", "To", "Call-ID", "CSeq"])
def test_index_names_what_is_missing(name: str) -> None:
    lines = [line for line in without(name) if not (name == "Via" and line.startswith("v:"))]
    with pytest.raises(ParseError) as caught:
        make(lines).index()
    assert (caught.value.status, caught.value.reason) == (400, f"Missing {name}")


@pytest.mark.parametrize(("name", "line", "reason"), [
    ("Via", "Via: SIP/2.0/UDP", "Bad Via"), ("Via", "Via:", "Bad Via"),
    ("Via", "Via: SIP/2.0/UDP a:70000", "Bad Via Port"), ("Via", "Via", "Bad Via"),
    ("Via", "Via: SIP/2.0/UDP [::x]", "Bad Via"), ("Via", "Via: SIP/2.0/UDP [1::2::3]", "Bad Via Host"),
    ("From", "From: \"open <sip:a@b>", "Bad From"), ("To", "To: x", "Bad To"), ("To", "To", "Bad To"),
    ("From", "From: <sip:a@b>;tag=[::1]", "Bad From Tag"), ("From", 'From: <sip:a@b>;tag="a b"', "Bad From Tag"),
    ("From", "From: <sip:a@b>;tag", "Bad From Tag"), ("Call-ID", "Call-ID:", "Bad Call-ID"),
    ("Call-ID", "Call-ID: a b", "Bad Call-ID"), ("Call-ID", "Call-ID: ä", "Bad Call-ID"),
    ("CSeq", "CSeq: 1", "Bad CSeq"), ("CSeq", "CSeq: x INVITE", "Bad CSeq"),
    ("CSeq", "CSeq: -1 INVITE", "Bad CSeq"), ("CSeq", "CSeq: 1 A B", "Bad CSeq"),
    ("CSeq", "CSeq: 2147483648 INVITE", "CSeq Too Large"), ("CSeq", "CSeq: 99999999999 INVITE", "Bad CSeq"),
    ("CSeq", "CSeq: " + "9" * 9000 + " INVITE", "Bad CSeq"),
])
def test_index_names_what_is_malformed(name: str, line: str, reason: str) -> None:
    rest = [other for other in without(name) if name != "Via" or not other.startswith("v:")]
    with pytest.raises(ParseError) as caught:
        make([line, *rest]).index()
    assert (caught.value.status, caught.value.reason) == (400, reason)


@pytest.mark.parametrize(("line", "cseq"), [
    ("CSeq: 0 INVITE", 0), ("CSeq: 2147483647 INVITE", 2147483647), ("cseq:\t0009 \t INVITE", 9),
    ("CSeq: " + "0" * 9000 + "1 INVITE", 1),
])
def test_cseq_numbers(line: str, cseq: int) -> None:
    message = make([*without("CSeq"), line])
    message.index()
    assert message.cseq == cseq


@pytest.mark.parametrize(("line", "tag"), [
    ("From: sip:a@b", None), ("From: sip:a@b;tag=x", "x"), ("From: <sip:a@b;tag=no>", None),
    ("From: A B <sip:a@b>;tag=x", "x"), ('From: ";tag=no" <sip:a@b>;x=1;TAG=y', "y"), ("f:<tel:+1>;tag=z", "z"),
    ("From: sip:a@b ; tag\r\n = q", "q"), ('From: "a \\" b"<sips:a@b>;tag=1', "1"),
])
def test_tags(line: str, tag: str | None) -> None:
    message = make([*without("From"), line])
    message.index()
    assert message.from_tag == tag


def test_first_of_several_lines_counts() -> None:
    message = make(["Via: SIP/2.0/TCP first.example , SIP/2.0/UDP second.example", *LINES])
    message.index()
    assert (message.via.host, message.via.transport, message.via.branch) == ("first.example", "TCP", "")


def test_ipv6_via() -> None:
    message = make(["Via: SIP/2.0/UDP [2001:db8::1]:5061;branch=q", *LINES])
    message.index()
    assert (message.via.host, message.via.port, message.via.branch) == ("[2001:db8::1]", 5061, "q")


def test_request_uri_is_parsed_once() -> None:
    message = make(LINES)
    assert message.request_uri().user == "bo"
    assert message.request_uri() is message.request_uri()
    with pytest.raises(UnsupportedScheme):
        make(LINES, "INVITE mailto:bo@b.example SIP/2.0").request_uri()


def test_to_bytes() -> None:
    message = make(LINES)
    again = Message("", "", 486, "Busy Here", message.names, message.lines, b"body")
    assert again.to_bytes() == ("SIP/2.0 486 Busy Here\r\n" + "\r\n".join(LINES) + "\r\n\r\n").encode() + b"body"
    assert Message("BYE", "sip:a", 0, "", [], [], b"").to_bytes() == b"BYE sip:a SIP/2.0\r\n\r\n"


def test_names_are_canonical() -> None:
    message = make(LINES)
    assert message.names == [VIA, VIA, FROM, TO, CALL_ID, CSEQ, ROUTE, ROUTE, SUPPORTED, CONTACT]
    assert message.lines == LINES
