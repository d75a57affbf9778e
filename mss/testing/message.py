# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages as text: how scripted phones read and write them."""
from __future__ import annotations

from collections.abc import Iterable

from mss.sip.builder import reason_of
from mss.sip.flow import Flow
from mss.sip.headers import canonical
from mss.sip.message import Message
from mss.sip.parser import parse
from mss.sip.validation import check_request, check_response

#: Header lines as (name, value).
Headers = Iterable[tuple[str, str]]

#: Headers that a response copies from its request (RFC 3261 8.2.6.2); To is treated apart.
_COPIED = ("via", "from", "call-id", "cseq", "record-route")


class Received:
    """A message that a phone received; raises ParseError when it is not what RFC 3261 allows."""

    __slots__ = ("at", "data", "flow", "message")

    def __init__(self, data: bytes, flow: Flow, at: float) -> None:
        self.data = data
        self.flow = flow
        self.at = at
        self.message: Message = parse(data)
        if self.message.status:
            check_response(self.message)
        else:
            check_request(self.message)

    @property
    def status(self) -> int:
        """The status of a response, 0 for a request."""
        return self.message.status

    @property
    def method(self) -> str:
        """The method of a request, or the one that a response is about."""
        return self.message.method or self.message.cseq_method

    @property
    def what(self) -> str:
        """"INVITE" for a request, "200 INVITE" for a response."""
        return f"{self.status} {self.method}" if self.status else self.method

    @property
    def uri(self) -> str:
        """The Request-URI."""
        return self.message.uri

    @property
    def call_id(self) -> str:
        """The Call-ID."""
        return self.message.call_id

    @property
    def cseq(self) -> int:
        """The number of CSeq."""
        return self.message.cseq

    @property
    def branch(self) -> str:
        """The branch of the top Via."""
        return self.message.via.branch

    @property
    def to_tag(self) -> str:
        """The tag of To, or ""."""
        return self.message.to_tag or ""

    @property
    def from_tag(self) -> str:
        """The tag of From, or ""."""
        return self.message.from_tag or ""

    @property
    def body(self) -> bytes:
        """The body."""
        return self.message.body

    @property
    def sdp(self) -> str:
        """The body as text."""
        return self.message.body.decode("utf-8", "replace")

    @property
    def text(self) -> str:
        """The whole message as text."""
        return self.data.decode("utf-8", "replace")

    def header(self, name: str) -> str:
        """The first value of a header (its name in any form), or ""."""
        return self.message.get(canonical(name)) or ""

    def headers(self, name: str) -> list[str]:
        """The values of a header, lists split."""
        return self.message.values(canonical(name))

    def has(self, name: str) -> bool:
        """Whether the header is there."""
        return self.message.has(canonical(name))

    def lists(self, name: str, token: str) -> bool:
        """Whether a list (Supported, Require, Allow) contains ``token``."""
        return token.lower() in [value.lower() for value in self.headers(name)]

    @property
    def contact_uri(self) -> str:
        """The URI of the first Contact, or ""."""
        contact = self.message.contact()
        return contact.uri if contact is not None else ""

    def __repr__(self) -> str:
        return f"<{self.what} cseq {self.cseq} {self.call_id}>"


def format_request(method: str, uri: str, headers: Headers, body: bytes = b"") -> bytes:
    """A request; Content-Length, and with a body but no type that of SDP, are added."""
    return _format(f"{method} {uri} SIP/2.0", headers, body)


def format_response(request: Received, status: int, reason: str = "", to_tag: str = "", headers: Headers = (),
                    body: bytes = b"") -> bytes:
    """A response to ``request``; ``to_tag`` is added where its To has none."""
    copied: list[tuple[str, str]] = []
    for name, line in zip(request.message.names, request.message.lines, strict=True):
        shown, _, value = line.partition(":")
        if name in _COPIED:
            copied.append((shown, value.strip()))
        elif name == "to":
            copied.append((shown, value.strip() if request.to_tag or not to_tag else f"{value.strip()};tag={to_tag}"))
    return _format(f"SIP/2.0 {status} {reason or reason_of(status)}", [*copied, *headers], body)


def _format(start: str, headers: Headers, body: bytes) -> bytes:
    lines = [start, *(f"{name}: {value}" for name, value in headers)]
    if body and not any(line.lower().startswith("content-type:") for line in lines):
        lines.append("Content-Type: application/sdp")
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


def audio(host: str, port: int, codecs: str = "0 8", direction: str = "sendrecv", version: int = 1) -> bytes:
    """A session description with one audio stream of payload types 0, 8, 9 or 18."""
    names = {"0": "PCMU/8000", "8": "PCMA/8000", "9": "G722/8000", "18": "G729/8000"}
    maps = "".join(f"a=rtpmap:{codec} {names[codec]}\r\n" for codec in codecs.split())
    family = "IP6" if ":" in host else "IP4"
    return (f"v=0\r\no=phone {port} {version} IN {family} {host}\r\ns=-\r\nc=IN {family} {host}\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP {codecs}\r\n{maps}a={direction}\r\n").encode()
