# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.sdp.body import find_sdp, sdp_span

SDP = b"v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\n"


def multipart(*parts: tuple[str, bytes], boundary: str = "b1", end: str = "\r\n") -> bytes:
    """A multipart body; each part is its header lines (separated by LF) and its content."""
    body = b""
    for headers, content in parts:
        lines = "".join(line + end for line in headers.split("\n") if line)
        body += f"--{boundary}{end}{lines}{end}".encode() + content + end.encode()
    return body + f"--{boundary}--{end}".encode()


@pytest.mark.parametrize("content_type", ["application/sdp", "Application/SDP ; charset=x", "application / sdp"])
def test_plain_body(content_type):
    assert find_sdp(content_type, SDP) == SDP


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/sdpx", "multipart/mixed"])
def test_no_sdp(content_type):
    assert find_sdp(content_type, SDP) is None
    assert find_sdp(content_type, b"") is None


@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize("content_type", ["multipart/mixed;boundary=b1", 'Multipart/MIXED; x=y; Boundary="b1"'])
def test_part_of_a_multipart(content_type, end):
    body = multipart(
        ("Content-Type: text/plain", b"hello"),
        ("content-type : application/sdp\nX: y", SDP),
        ("Content-Type: application/sdp", b"second"),
        end=end,
    )
    assert find_sdp(content_type, body) == SDP
    start, stop = sdp_span(content_type, body)
    assert body[start:stop] == SDP


def test_preamble_is_skipped():
    body = b"not --b1 this\r\n" + multipart(("Content-Type: application/sdp", SDP))
    assert find_sdp("multipart/mixed;boundary=b1", body) == SDP


def test_line_that_starts_like_the_delimiter_is_content():
    body = multipart(("", b"--b12\r\n\r\nx"), ("Content-Type: application/sdp", SDP))
    assert find_sdp("multipart/mixed;boundary=b1", body) == SDP


def test_alternative_prefers_the_last():
    body = multipart(("Content-Type: application/sdp", b"first"), ("Content-Type: application/sdp", SDP), ("", b"x"))
    assert find_sdp("multipart/alternative;boundary=b1", body) == SDP


def test_nested_multipart():
    inner = multipart(("Content-Type: application/sdp", SDP), boundary="in")
    body = multipart(("", b"text"), ("Content-Type: multipart/alternative;\n  boundary=in", inner))
    assert find_sdp("multipart/mixed;boundary=b1", body) == SDP


def test_nesting_has_an_end():
    body = SDP
    content_type = "application/sdp"
    for depth in range(5):
        body = multipart((f"Content-Type: {content_type}", body), boundary=f"d{depth}")
        content_type = f"multipart/mixed;boundary=d{depth}"
    assert find_sdp(content_type, body) is None


@pytest.mark.parametrize(
    ("headers", "is_found"),
    [
        ("Content-Disposition: session;handling=required", True),
        ("Content-Disposition: early-session", False),
        ("Content-Disposition: render", False),
        ("Content-Transfer-Encoding: binary", True),
        ("Content-Transfer-Encoding: base64", False),
    ],
)
def test_disposition_and_encoding(headers, is_found):
    body = multipart((f"Content-Type: application/sdp\n{headers}", SDP))
    assert (find_sdp("multipart/mixed;boundary=b1", body) == SDP) is is_found


@pytest.mark.parametrize(
    "body", [b"--b1", b"--b1--", b"--b1\r\n", b"--b1\r\n--b1\r\n--b1--", b"\r\n--b1\r\nContent-Type:"]
)
def test_broken_multipart_has_none(body):
    assert find_sdp("multipart/mixed;boundary=b1", body) is None
