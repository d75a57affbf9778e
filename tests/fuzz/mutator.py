# SPDX-License-Identifier: GPL-2.0-or-later
"""Mutated SIP messages, the same ones for the same seed: for the parser here, and for a server over the wire."""
from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from tests.torture.verdicts import OWN, own_message

_TOKENS = (
    b"\r\n", b"\r\n ", b"\n", b"\r", b"\x00", b'"', b"\\", b"<", b">", b";", b",", b":", b"@", b"?", b"=", b"%", b"%00",
    b"[", b"]", b"[::1]", b"sip:", b"tel:", b";tag=", b";branch=z9hG4bK", b";lr", b"SIP/2.0", b"*", b"\xff\xfe",
    b"\xe5\xad\x97", b"\xc0\x80", b"-1", b"4294967296", b"9" * 400, b"9" * 5000, b"0x10", b"\t", b" ", b"\r\n\r\n",
)
_LINES = (
    b"Content-Length: 99999999999", b"Content-Length: -1", b"l: 0", b"Content-Length:", b"Via: SIP/2.0/UDP",
    b"Via: SIP/2.0/UDP a;branch=z9hG4bK1,,SIP/2.0/TCP b", b"v: SIP/3.0/UDP a", b"CSeq: 1", b"CSeq: x INVITE",
    b"To: <sip:", b"From: \"", b"f: ;tag=", b"Call-ID:", b"Max-Forwards: 256", b"Contact: *", b"m: <>;expires=-1",
    b"Expires: 99999999999999999999", b"Route: <sip:[>", b"Record-Route: ,", b"Require: ,,", b"Replaces: ;;;",
    b"Refer-To: <sip:a?Replaces=%", b"Session-Expires: x;refresher=", b"RSeq: " + b"1" * 5000,
    b"Session-Expires: 1" + b"0" * 5000,
    b"Min-SE: " + b"9" * 5000, b"Expires: " + b"0" * 5000 + b"1", b"Reason: Q.850;cause=" + b"7" * 5000,
    b"Content-Length: " + b"0" * 5000, b"Max-Forwards: " + b"0" * 5000, b"CSeq: " + b"0" * 5000 + b"1 INVITE",
    b"RAck: 1 1", b"Event:", b"Accept:",
    b'Authorization: Digest username="', b"Proxy-Authorization: Digest nc=zz, response=\xff", b"Content-Type: /",
    b" folded", b"\tfolded", b"NoColonHere", b": no name", b"X: " + b"a" * 3000, b"Reason: Q.850;cause=x",
)
_Mutation = Callable[[random.Random, bytes], bytes]


def _flip(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + bytes([rng.randrange(256)]) + data[at + 1:]


def _insert(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(_TOKENS) + data[at:]


def _delete(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.choice((1, 1, 2, 5, 30)):]


def _repeat(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    piece = data[at:at + rng.choice((1, 3, 10, 60))]
    return data[:at] + piece * rng.choice((2, 3, 50)) + data[at:]


def _truncate(rng: random.Random, data: bytes) -> bytes:
    return data[:rng.randrange(len(data) + 1)]


def _drop_line(rng: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\r\n")
    del lines[rng.randrange(len(lines))]
    return b"\r\n".join(lines)


def _repeat_line(rng: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\r\n")
    at = rng.randrange(len(lines))
    lines[at:at] = [lines[at]] * rng.choice((1, 1, 2, 250))
    return b"\r\n".join(lines)


def _add_line(rng: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\r\n")
    lines.insert(rng.randrange(len(lines)), rng.choice(_LINES))
    return b"\r\n".join(lines)


def _swap_lines(rng: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\r\n")
    a = rng.randrange(len(lines))
    b = rng.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    return b"\r\n".join(lines)


def _change_case(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    end = at + rng.choice((1, 10, 100))
    return data[:at] + data[at:end].swapcase() + data[end:]


_MUTATIONS: tuple[_Mutation, ...] = (
    _flip, _insert, _delete, _repeat, _truncate, _drop_line, _repeat_line, _add_line, _swap_lines, _change_case,
)


def mutants(count: int, seed: int = 1, seeds: list[bytes] | None = None) -> Iterator[bytes]:
    """``count`` messages, each one of ``seeds`` (default: the torture messages of our own) with one to four faults."""
    rng = random.Random(seed)
    originals = seeds if seeds is not None else [own_message(verdict) for verdict in OWN]
    for _ in range(count):
        data = rng.choice(originals)
        if rng.random() < 0.05:
            other = rng.choice(originals)
            data = data[:rng.randrange(len(data))] + other[rng.randrange(len(other)):]
        for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
            if data:
                data = rng.choice(_MUTATIONS)(rng, data)
        yield data[:65000]
