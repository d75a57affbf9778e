# SPDX-License-Identifier: GPL-2.0-or-later
"""A SIP message as a test client sees it.

It is read without the server's parser, so that neither hides the other's faults.
"""
from __future__ import annotations

import re
from collections.abc import Iterable

_COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length",
            "c": "content-type", "s": "subject", "k": "supported", "r": "refer-to", "b": "referred-by",
            "o": "event", "x": "session-expires", "e": "content-encoding", "u": "allow-events"}  # fmt: skip

Headers = Iterable[tuple[str, str]]


class SipMessage:
    """One parsed message; header names in any case, values as sent."""

    def __init__(self, data: bytes) -> None:
        """Parse ``data``; raises ``ValueError`` when it is no SIP message."""
        self.raw = data
        head, _, self.body = data.partition(b"\r\n\r\n")
        lines = re.sub(r"\r\n[ \t]+", " ", head.decode("utf-8", "surrogateescape")).split("\r\n")
        self.start_line = lines[0]
        self.headers: list[tuple[str, str]] = []
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon:
                raise ValueError(f"no header: {line!r}")
            key = name.strip().lower()
            self.headers.append((_COMPACT.get(key, key), value.strip()))
        parts = self.start_line.split(" ", 2)
        if len(parts) < 3 or "SIP/2.0" not in (parts[0], parts[2]):
            raise ValueError(f"no start line: {self.start_line!r}")
        is_response = parts[0] == "SIP/2.0"
        self.status = int(parts[1]) if is_response else 0
        self.method = "" if is_response else parts[0]
        self.uri = "" if is_response else parts[1]

    def get(self, name: str) -> str:
        """The first value of a header, or ""."""
        return next((value for key, value in self.headers if key == name.lower()), "")

    def all(self, name: str) -> list[str]:
        """Every line of a header."""
        return [value for key, value in self.headers if key == name.lower()]

    def has(self, name: str) -> bool:
        """Whether the header is there, even if empty."""
        return any(key == name.lower() for key, _ in self.headers)

    def lists(self, name: str, token: str) -> bool:
        """Whether a comma list (Supported, Require, Allow) holds ``token``."""
        return token.lower() in [part.strip().lower() for value in self.all(name) for part in value.split(",")]

    @property
    def call_id(self) -> str:
        """Call-ID."""
        return self.get("call-id")

    @property
    def cseq(self) -> int:
        """The number of CSeq."""
        return int(self.get("cseq").split()[0])

    @property
    def cseq_method(self) -> str:
        """The method of CSeq."""
        return self.get("cseq").split()[1]

    def tag(self, name: str) -> str:
        """The tag of From or To, or ""."""
        found = re.search(r";\s*tag=([^;\s]+)", self.get(name).rpartition(">")[2] or self.get(name))
        return found[1] if found else ""

    def param(self, header: str, name: str) -> str:
        """A parameter of a header's first value, or ""."""
        found = re.search(rf"[;,\s]{name}\s*=\s*\"?([^;,\"\s]*)", self.get(header), re.IGNORECASE)
        return found[1] if found else ""

    @property
    def contact_uri(self) -> str:
        """The URI of the first Contact."""
        return uri_of(self.get("contact"))

    @property
    def sdp(self) -> str:
        """The body as text."""
        return self.body.decode()

    def __repr__(self) -> str:
        """Enough to recognise it in a failure."""
        return f"<{self.start_line} | {self.get('cseq')} | {self.call_id}>"


def uri_of(value: str) -> str:
    """The URI of a name-addr or addr-spec."""
    found = re.search(r"<([^>]*)>", value)
    return found[1] if found else value.split(";")[0].strip()


def format_message(start_line: str, headers: Headers, body: str = "") -> bytes:
    """A message with Content-Length (and, with a body and no Content-Type given, that of SDP)."""
    given = list(headers)
    if body and not any(name.lower() == "content-type" for name, _ in given):
        given.append(("Content-Type", "application/sdp"))
    data = body.encode()
    lines = [start_line, *(f"{name}: {value}" for name, value in given), f"Content-Length: {len(data)}"]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + data


def take_from_stream(buffer: bytes) -> tuple[bytes | None, bytes]:
    """(first whole message or None, the rest) of the bytes read from a connection."""
    buffer = buffer.lstrip(b"\r\n")
    head, blank, rest = buffer.partition(b"\r\n\r\n")
    if not blank:
        return None, buffer
    found = re.search(rb"^(?:content-length|l)\s*:\s*(\d+)", head, re.IGNORECASE | re.MULTILINE)
    length = int(found[1]) if found else 0
    if len(rest) < length:
        return None, buffer
    return head + blank + rest[:length], rest[length:]


def sdp(port: int, direction: str = "sendrecv", codecs: str = "0 8", host: str = "127.0.0.1", version: int = 1) -> str:
    """An SDP body with one audio stream of G.711 payload types (others need no rtpmap here)."""
    names = {"0": "PCMU/8000", "8": "PCMA/8000", "9": "G722/8000", "18": "G729/8000"}
    maps = "".join(f"a=rtpmap:{codec} {names[codec]}\r\n" for codec in codecs.split())
    return (
        f"v=0\r\no=test 1 {version} IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP {codecs}\r\n{maps}a={direction}\r\n"
    )
