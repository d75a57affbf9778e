# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.sip.errors import ParseError
from mss.sip.message import Message
from mss.sip.parser import parse
from mss.sip.validation import check_request, check_response, max_forwards, unsupported_extensions

FIELDS = {
    "Via": "SIP/2.0/UDP a.example;branch=z9hG4bK1", "From": "<sip:al@a.example>;tag=1", "To": "<sip:bo@b.example>",
    "Call-ID": "c1", "CSeq": "1 INVITE", "Max-Forwards": "70", "Contact": "<sip:al@a.example>",
}


def message(start: str = "INVITE sip:bo@b.example SIP/2.0", extra: str = "", **changed: str | None) -> Message:
    fields = FIELDS | {name.replace("_", "-"): value for name, value in changed.items()}
    lines = [f"{name}: {value}\r\n" for name, value in fields.items() if value is not None]
    return parse((start + "\r\n" + "".join(lines) + extra + "\r\n").encode())


def refused(m: Message) -> tuple[int, str]:
    with pytest.raises(ParseError) as caught:
        check_request(m)
    assert caught.value.message is m
    return caught.value.status, caught.value.reason


def test_a_good_request_is_indexed() -> None:
    m = message()
    check_request(m)
    assert (m.via.host, m.cseq, m.call_id, m.from_tag, m.to_tag) == ("a.example", 1, "c1", "1", None)
    assert m.request_uri().user == "bo"


@pytest.mark.parametrize("value", ["0", "70", "255", "0068", "0" * 6000 + "1", None])
def test_max_forwards(value: str | None) -> None:
    m = message(Max_Forwards=value)
    check_request(m)
    assert max_forwards(m) == (70 if value is None else int(value.lstrip("0") or "0"))


@pytest.mark.parametrize("value", ["256", "300", "-1", "x", "", "7 0", "9" * 6000])
def test_bad_max_forwards(value: str) -> None:
    assert refused(message(Max_Forwards=value)) == (400, "Bad Max-Forwards")


@pytest.mark.parametrize(("name", "value"), [
    ("From", "<sip:eve@a.example>;tag=2"), ("To", "<sip:eve@a.example>"), ("Call-ID", "c2"), ("CSeq", "2 INVITE"),
    ("Max-Forwards", "5"), ("Content-Type", "a/b\r\nc: a/b"), ("Content-Length", "0\r\nl: 0"),
])
def test_single_fields_twice(name: str, value: str) -> None:
    assert refused(message(extra=f"{name}: {value}\r\n")) == (400, f"Multiple {name} Fields")


def test_other_fields_may_repeat() -> None:
    check_request(message(extra="Via: SIP/2.0/TCP b\r\nRoute: <sip:x;lr>\r\nRoute: <sip:y;lr>\r\nX: 1\r\nX: 2\r\n"))


def test_cseq_method_must_be_the_method() -> None:
    assert refused(message(CSeq="1 BYE")) == (400, "CSeq Method Mismatch")
    assert refused(message(CSeq="1 invite")) == (400, "CSeq Method Mismatch")


@pytest.mark.parametrize(("uri", "verdict"), [
    ("sip:bo@b.example?X=1", (400, "Headers in Request-URI")), ("<sip:bo@b.example>", (400, "Bad URI")),
    ("sip:2001:db8::1", (400, "Bad URI")), ("sip:bo@[::1::2]", (400, "Bad IPv6 Address in URI")),
    ("unknown:stuff", (416, "Unsupported URI Scheme")), ("sip:b:99999", (400, "Bad Port in URI")),
])
def test_request_uri(uri: str, verdict: tuple[int, str]) -> None:
    assert refused(message(f"INVITE {uri} SIP/2.0")) == verdict


@pytest.mark.parametrize("value", [
    "<sip:a@b>;;;", "sip:a@b?Route=x", "<sip:a@b", '"A <sip:a@b>', "<sip:a@b>, x", "*, y",
])
def test_bad_contact(value: str) -> None:
    assert refused(message(Contact=value)) == (400, "Bad Contact")
    assert refused(message(extra=f"m: {value}\r\n")) == (400, "Bad Contact")


@pytest.mark.parametrize("value", ["*", "<sip:a@b>, sip:c@d;q=0.1", '"A, B" <sip:a@b>', "<name:John_Smith>", "", None])
def test_good_contact(value: str | None) -> None:
    check_request(message(Contact=value))


STATUS = "SIP/2.0 200 OK"


def test_a_good_response_is_indexed() -> None:
    m = message(STATUS)
    check_response(m)
    assert (m.via.branch, m.cseq_method) == ("z9hG4bK1", "INVITE")


@pytest.mark.parametrize("changed", [
    {"Via": None}, {"Via": "x"}, {"CSeq": "99999999999 INVITE"}, {"To": '"a <sip:a@b>'}, {"Contact": "<sip:a@b>;;"},
    {"Via": "SIP/2.0/UDP a, SIP/2.0/UDP b"}, {"extra": "v: SIP/2.0/UDP b\r\n"}, {"extra": "CSeq: 2 INVITE\r\n"},
])
def test_bad_responses_are_dropped(changed: dict[str, str | None]) -> None:
    with pytest.raises(ParseError) as caught:
        check_response(message(STATUS, **changed))  # type: ignore[arg-type]
    assert caught.value.status == 0


def test_a_comma_in_a_parameter_makes_no_second_via() -> None:
    check_response(message(STATUS, Via='SIP/2.0/UDP a;x="1,2";branch=z9hG4bK1'))


def test_unsupported_extensions() -> None:
    supported = frozenset(("timer", "100rel"))
    m = message(extra="Require: Timer, foo\r\nRequire: 100rel,bar\r\n")
    assert unsupported_extensions(m, supported) == ["foo", "bar"]
    assert unsupported_extensions(message(), supported) == []
