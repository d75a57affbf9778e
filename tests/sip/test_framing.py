# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mss.sip.errors import FramingError
from mss.sip.framing import KEEPALIVE_PING, FrameLimits, StreamFramer
from mss.sip.headers import CALL_ID


def message(length: str | None = "0", body: bytes = b"", extra: str = "") -> bytes:
    head = f"OPTIONS sip:b SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\r\nCall-ID: 1\r\n{extra}"
    if length is not None:
        head += f"Content-Length: {length}\r\n"
    return head.encode() + b"\r\n" + body


def refused(framer: StreamFramer, data: bytes) -> FramingError:
    with pytest.raises(FramingError) as caught:
        framer.feed(data)
    return caught.value


STREAM = [message(), message("4", b"body"), b"SIP/2.0 200 OK\r\nl:\r\n 3\r\nCall-ID: 2\r\n\r\n\r\n\r", message(None)]


@given(st.lists(st.integers(0, 400), max_size=20))
def test_messages_are_the_same_however_the_stream_is_divided(cuts: list[int]) -> None:
    framer = StreamFramer()
    stream = b"".join(STREAM)
    at = [0, *sorted(cuts), len(stream)]
    found = [one for start, end in pairwise(at) for one in framer.feed(stream[start:end])]
    assert found == STREAM
    assert framer.pending == 0 and framer.pongs_due == 0


def test_octet_by_octet() -> None:
    framer = StreamFramer()
    found = [one for octet in b"".join(STREAM) for one in framer.feed(bytes([octet]))]
    assert found == STREAM


def test_pending_counts_what_is_incomplete() -> None:
    framer = StreamFramer()
    assert framer.feed(message("10", b"half")) == []
    assert framer.pending == len(message("10", b"half"))
    assert framer.feed(b"second") == [message("10", b"halfsecond")]
    assert framer.pending == 0


@pytest.mark.parametrize(("octets", "pongs"), [
    (b"\r\n", 0), (KEEPALIVE_PING, 1), (KEEPALIVE_PING * 3, 3), (b"\r\n" * 5, 2), (b"\r", 0),
    (KEEPALIVE_PING + message() + KEEPALIVE_PING, 2), (b"\r\n" + message() + b"\r\n", 0), (b"\n", 0),
])
@pytest.mark.parametrize("step", [1, 3, 10_000])
def test_keepalives(octets: bytes, pongs: int, step: int) -> None:
    framer = StreamFramer()
    found = [one for at in range(0, len(octets), step) for one in framer.feed(octets[at:at + step])]
    assert framer.pongs_due == pongs
    assert found == [message()] * octets.count(b"OPTIONS")
    assert framer.pending == 0


@pytest.mark.parametrize(("data", "reason"), [
    (message("-1"), "Bad Content-Length"), (message("x"), "Bad Content-Length"), (message(""), "Bad Content-Length"),
    (message("4", extra="l: 5\r\n"), "Multiple Content-Length Fields"),
    (message(None, extra="Content-Type: application/sdp\r\n"), "Missing Content-Length"),
    (message(None, extra="c: application/sdp\r\n"), "Missing Content-Length"),
    (message("9" * 11), "Bad Content-Length"),
])
def test_unknown_length_is_refused(data: bytes, reason: str) -> None:
    error = refused(StreamFramer(), message() + data + message())
    assert (error.status, error.reason) == (400, reason)
    assert error.completed == [message()]
    assert error.message is not None and error.message.get(CALL_ID) == "1"


def test_equal_content_lengths_do_not_confuse_framing() -> None:
    data = message("4", b"body", extra="l: 4\r\n")
    assert StreamFramer().feed(data) == [data]


def test_body_limit() -> None:
    framer = StreamFramer(FrameLimits(body=100))
    assert framer.feed(message("100", b"x" * 100)) == [message("100", b"x" * 100)]
    error = refused(framer, message("101"))
    assert (error.status, error.reason) == (513, "Message Too Large")
    assert error.message is not None and error.message.get(CALL_ID) == "1"


def test_head_limit() -> None:
    framer = StreamFramer(FrameLimits(head=1000))
    with pytest.raises(FramingError) as caught:
        for octet in message(extra="X: " + "a" * 2000):
            framer.feed(bytes([octet]))
    assert (caught.value.status, caught.value.reason) == (513, "Header Section Too Large")
    assert caught.value.message is not None and caught.value.message.get(CALL_ID) == "1"
    assert refused(StreamFramer(FrameLimits(head=1000)), message(extra="X: " + "a" * 2000)).status == 513
    assert framer.pending == 0


@pytest.mark.parametrize("data", [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 9000, b"v=0\r\n",
    b"a" * 9000, b"hello\r\n",
])
@pytest.mark.parametrize("step", [1, 100_000])
def test_what_is_not_sip_is_refused_without_an_answer(data: bytes, step: int) -> None:
    framer = StreamFramer()
    with pytest.raises(FramingError) as caught:
        for at in range(0, len(data), step):
            framer.feed(data[at:at + step])
    assert caught.value.status == 0 and caught.value.completed == []


def test_work_is_linear_in_the_octets() -> None:
    """Octet by octet, a message four times as long may cost about four times as much, not sixteen times."""
    def cost(size: int) -> float:
        framer = StreamFramer(FrameLimits(body=1_000_000))
        data = message(str(size), b"x" * size, extra="X: " + "a" * (size // 4) + "\r\n")
        start = time.process_time()
        for at in range(len(data)):
            framer.feed(data[at:at + 1])
        assert framer.pending == 0
        return time.process_time() - start

    small = min(cost(25_000) for _ in range(3))
    assert cost(100_000) < small * 9


def test_many_pipelined_messages() -> None:
    framer = StreamFramer()
    assert framer.feed(message("4", b"body") * 2000) == [message("4", b"body")] * 2000
