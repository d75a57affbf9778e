# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mss.sip.errors import ParseError
from mss.sip.headers import CALL_ID, CONTENT_LENGTH, SUBJECT, VIA
from mss.sip.parser import MAX_HEAD_BYTES, MAX_HEADER_LINES, parse, read_head

HEAD = b"OPTIONS sip:b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nCall-ID: 1\r\n"


def refused(data: bytes) -> ParseError:
    with pytest.raises(ParseError) as caught:
        parse(data)
    return caught.value


def test_request() -> None:
    message = parse(HEAD + b"Content-Length: 4\r\n\r\nbody")
    assert (message.method, message.uri, message.status, message.reason) == ("OPTIONS", "sip:b", 0, "")
    assert message.names == [VIA, CALL_ID, CONTENT_LENGTH]
    assert message.body == b"body"


@pytest.mark.parametrize(("line", "status", "reason"), [
    (b"SIP/2.0 200 OK", 200, "OK"), (b"SIP/2.0 100 ", 100, ""), (b"SIP/2.0 180", 180, ""),
    (b"sip/2.0 699 a  b ", 699, "a  b "), ("SIP/2.0 486 занято".encode(), 486, "занято"),
])
def test_response(line: bytes, status: int, reason: str) -> None:
    message = parse(line + b"\r\nCall-ID: 1\r\n\r\n")
    assert (message.method, message.status, message.reason) == ("", status, reason)


@pytest.mark.parametrize("line", [
    b"SIP/2.0 99 x", b"SIP/2.0 700 x", b"SIP/2.0 2000 x", b"SIP/2.0 x", b"SIP/2.0  200 OK", b"SIP/3.0 200 OK",
    b"SIP/2.0 ", b"SIP/2.0 200OK", "SIP/2.0 ٢٠٠ OK".encode(),
])
def test_bad_status_line_is_dropped(line: bytes) -> None:
    assert refused(line + b"\r\nCall-ID: 1\r\n\r\n").status == 0


@pytest.mark.parametrize("junk", [
    b"", b"\r\n", b"\r\n\r\n", b"\0", b"\x00\x01\x00\x00\x21\x12\xa4\x42" + b"\x07" * 12, b"hello", b"hello\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\x80" * 200, b"INVITE\r\n\r\n", b"INVITE sip:a\r\n\r\n", b"\n\n\n",
    b"  \r\n\r\n", b"v=0\r\no=- 1 1 IN IP4 a\r\n", b"(x) sip:a SIP/2.0\r\n\r\n", b"SIP/2.0\r\n\r\n",
    b"\xff SIP/2.0 SIP/2.0\r\n\r\n",
])
def test_junk_is_dropped(junk: bytes) -> None:
    assert refused(junk).status == 0


@pytest.mark.parametrize(("start", "status"), [
    (b"OPTIONS sip:b SIP/3.0", 505), (b"OPTIONS sip:b sip/1.0", 505), (b"OPTIONS  sip:b SIP/2.0", 400),
    (b"OPTIONS sip:b SIP/2.0 ", 400), (b"OPTIONS sip:b; lr SIP/2.0", 400), (b" OPTIONS sip:b SIP/2.0", 400),
    (b"OPTIONS SIP/2.0", 400), (b"OPTIONS\tsip:b SIP/2.0", 400), (b"OPTIONS SIP/2.0 sip:b sip/2.0", 400),
])
def test_bad_request_line(start: bytes, status: int) -> None:
    error = refused(start + b"\r\nVia: SIP/2.0/UDP a\r\n\r\n")
    assert error.status == status
    assert error.message is not None and error.message.method == "OPTIONS" and error.message.has(VIA)


def test_protocol_name_in_another_case() -> None:
    assert parse(b"OPTIONS sip:b Sip/2.0\r\n\r\n").to_bytes() == b"OPTIONS sip:b SIP/2.0\r\n\r\n"


def test_leading_line_ends_are_skipped() -> None:
    assert parse(b"\r\n\r\n" + HEAD + b"\r\n").method == "OPTIONS"


@pytest.mark.parametrize(("length", "body", "kept"), [
    (b"Content-Length: 3", b"bodyrest", b"bod"), (b"l:0", b"rest", b""), (b"L : 0004", b"body", b"body"),
    (b"Content-Length:\r\n 4", b"body", b"body"), (b"X: 1", b"all of it", b"all of it"),
    (b"Content-Length: " + b"0" * 6000 + b"4", b"body", b"body"),
])
def test_body(length: bytes, body: bytes, kept: bytes) -> None:
    assert parse(HEAD + length + b"\r\n\r\n" + body).body == kept


@pytest.mark.parametrize("length", [
    b"5", b"-1", b"x", b"", b"4 4", b"+4", b"4.0", b"0x4", b"9" * 6000, "٤".encode(), b"1_0", b"4,4",
])
def test_bad_content_length(length: bytes) -> None:
    error = refused(HEAD + b"Content-Length: " + length + b"\r\n\r\nbody")
    assert error.status == 400 and "Content-Length" in error.reason
    assert error.message is not None and error.message.get(CALL_ID) == "1"
    assert refused(b"SIP/2.0 200 OK\r\nContent-Length: " + length + b"\r\n\r\nbody").status == 0


@pytest.mark.parametrize("line", [b"NoColon", b": nameless", b"Bad Name: x", b"B\xc3\xa4d: x", b"B(a)d: x"])
def test_bad_header_line(line: bytes) -> None:
    error = refused(HEAD + line + b"\r\nX: 1\r\n\r\n")
    assert error.status == 400 and error.reason == "Bad Header Line"
    assert error.message is not None and error.message.get(CALL_ID) == "1"


@pytest.mark.parametrize("data", [
    HEAD + b"X: a\nVia: b\r\n\r\n", HEAD + b"X: a\rb\r\n\r\n", HEAD + b"X: a\n\r\n\r\n", HEAD + b"\nX: 1\r\n\r\n",
])
def test_line_break_without_crlf(data: bytes) -> None:
    error = refused(data)
    assert error.status == 400 and error.message is not None
    assert not any("\n" in line or "\r" in line for line in error.message.lines)


def test_folded_lines() -> None:
    message = parse(b"OPTIONS sip:b SIP/2.0\r\nSubject: one\r\n two: 2\r\n\tVia\r\nCall-ID:\r\n  7\r\n\r\n")
    assert message.lines == ["Subject: one\r\n two: 2\r\n\tVia", "Call-ID:\r\n  7"]
    assert message.get(SUBJECT) == "one two: 2 Via"
    assert refused(b"OPTIONS sip:b SIP/2.0\r\n folded\r\nCall-ID: 1\r\n\r\n").reason == "Folded Start Line"


def test_datagram_without_empty_line() -> None:
    assert parse(HEAD).get(CALL_ID) == "1"
    error = refused(HEAD + b"Content-Le")
    assert error.status == 400 and error.message is not None and error.message.get(CALL_ID) == "1"
    assert refused(HEAD + b"Content-Length: 5\r\n").status == 400


def test_datagram_with_bare_line_feeds() -> None:
    message = parse(HEAD.replace(b"\r\n", b"\n") + b"\nbody\nlines")
    assert message.get(CALL_ID) == "1" and message.body == b"body\nlines"
    assert parse(HEAD.replace(b"\r\n", b"\n")).get(CALL_ID) == "1"


def test_limits() -> None:
    line = b"X-Filler: 1\r\n"
    assert parse(HEAD + line * (MAX_HEADER_LINES - 2) + b"\r\n").get(CALL_ID) == "1"
    error = refused(HEAD + line * MAX_HEADER_LINES + b"\r\n")
    assert (error.status, error.reason) == (513, "Too Many Header Lines")
    error = refused(HEAD + b"X: " + b"a" * MAX_HEAD_BYTES + b"\r\n\r\n")
    assert (error.status, error.reason) == (513, "Header Section Too Large")
    assert error.message is not None and error.message.get(CALL_ID) == "1"
    assert refused(b"SIP/2.0 200 OK\r\n" + line * (MAX_HEADER_LINES + 1) + b"\r\n").status == 0


def test_read_head() -> None:
    message = read_head(HEAD + b"X-Own: cut o")
    assert message is not None and message.names == [VIA, CALL_ID, "x-own"]
    assert read_head(b"") is None and read_head(b"junk") is None


NAMES = st.sampled_from(["Via", "v", "X-Own", "subject", "Content-Type", "CONTACT", "x.y!z", "Route "])
VALUES = st.one_of(
    st.binary(max_size=40).map(lambda b: b.replace(b"\r", b"").replace(b"\n", b"")),
    st.text(max_size=40).map(lambda t: t.replace("\r", "").replace("\n", "").encode("utf-8", "ignore")),
    st.sampled_from([b"a\r\n b", b"\r\n\tfolded\r\n  twice", b"", b" ", b'"quoted: \\" text"']))
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=12)


@given(HEADERS, st.binary(max_size=60), st.sampled_from([b"INVITE sip:a SIP/2.0", b"SIP/2.0 180 ", b"SIP/2.0 200 O K"]))
def test_parsing_loses_nothing(headers: list[tuple[str, bytes]], body: bytes, start: bytes) -> None:
    lines = [start] + [name.encode() + b":" + value for name, value in headers]
    data = b"\r\n".join(lines) + b"\r\n\r\n" + body
    message = parse(data)
    assert len(message.names) == len(message.lines) == len(headers)
    assert message.to_bytes() == data


@given(st.binary(max_size=200))
def test_anything_is_parsed_or_refused(data: bytes) -> None:
    for candidate in (data, HEAD + data, HEAD + b"\r\n" + data, b"SIP/2.0 200 OK\r\n" + data):
        try:
            parse(candidate)
        except ParseError as error:
            assert error.status in (0, 400, 505, 513)
