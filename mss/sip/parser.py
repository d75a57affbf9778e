# SPDX-License-Identifier: GPL-2.0-or-later
"""Octets to ``Message``: start line, header lines, body (RFC 3261 sections 7 and 18.3).

Nothing is checked here beyond what is needed to find these parts; see ``mss.sip.validation``.
"""
from __future__ import annotations

from typing import Final

from mss.sip.errors import ParseError
from mss.sip.fields import parse_number
from mss.sip.grammar import SIP_VERSION_RE, STATUS_LINE_RE, TOKEN_RE
from mss.sip.headers import CONTENT_LENGTH, KNOWN, canonical
from mss.sip.message import Message, first_lines, value_of

#: Limits of one message.  A UDP datagram cannot be longer than 65535 octets; streams have their own.
MAX_HEADER_LINES: Final = 200
MAX_HEAD_BYTES: Final = 32768
_MAX_LENGTH: Final = 9_999_999_999

#: Methods that need no look at their characters.
METHODS: Final = frozenset((
    "ACK", "BYE", "CANCEL", "INFO", "INVITE", "MESSAGE", "NOTIFY", "OPTIONS", "PRACK", "PUBLISH", "REFER",
    "REGISTER", "SUBSCRIBE", "UPDATE"))


def parse(data: bytes) -> Message:
    """One message from a datagram, or one whole message that ``StreamFramer`` cut from a stream.

    Octets after the body are discarded when Content-Length says so.  A known header name that stands
    alone on its line, without a colon, is read as an empty field.  Raises ParseError: status 0 for
    what is no SIP message at all and for malformed responses, otherwise with the status to answer.
    """
    if data[:1] in (b"\r", b"\n"):
        data = data.lstrip(b"\r\n")
    end = data.find(b"\r\n\r\n")
    if end < 0:
        data = _end_of_headers_added(data)
        end = data.index(b"\r\n\r\n")
    if end > MAX_HEAD_BYTES:
        raise _refused(data[:end], 513, "Header Section Too Large")
    lines = data[:end].decode("utf-8", "surrogateescape").split("\r\n")
    breaks = len(lines) - 1
    if data.count(b"\n", 0, end) != breaks or data.count(b"\r", 0, end) != breaks:
        raise _refused(data[:end], 400, "Line Break Without CRLF")
    start = lines.pop(0)
    problem = ""
    try:
        # The usual message: every name known, none twice.
        first = {KNOWN[line.partition(":")[0]]: line for line in lines}
        names = list(first)
    except KeyError:
        names = []
    if len(names) != len(lines):
        names, lines, problem = _name_lines([KNOWN.get(line.partition(":")[0], "") for line in lines], lines)
        first = first_lines(names, lines)
    parts = start.split(" ")
    if len(parts) == 3 and parts[2] == "SIP/2.0" and parts[0] in METHODS and parts[1]:
        message = Message(parts[0], parts[1], 0, "", names, lines, b"", first)
    else:
        message = _message(start, names, lines)
    if problem:
        raise ParseError(400 if message.method else 0, problem, message)
    if len(lines) > MAX_HEADER_LINES:
        raise ParseError(513 if message.method else 0, "Too Many Header Lines", message)
    body = data[end + 4:]
    line = message.first_line(CONTENT_LENGTH)
    if line is not None:
        length = value_of(line)
        if length != str(len(body)):
            body = _cut(message, length, body)
    message.body = body
    return message


def _cut(message: Message, length: str, body: bytes) -> bytes:
    """The body as Content-Length has it; what follows it in a datagram is discarded (RFC 3261 18.3)."""
    size = parse_number(length, _MAX_LENGTH)
    if size is None:
        raise ParseError(400 if message.method else 0, "Bad Content-Length", message)
    if size > len(body):
        raise ParseError(400 if message.method else 0, "Content-Length Larger Than Message", message)
    return body[:size]


def _message(start: str, names: list[str], lines: list[str]) -> Message:
    """The message without its body, from the start line and the headers."""
    parts = start.split(" ")
    if len(parts) == 3 and parts[2] == "SIP/2.0" and parts[1]:
        method = parts[0]
        if method in METHODS or TOKEN_RE.fullmatch(method) is not None:
            return Message(method, parts[1], 0, "", names, lines, b"")
    elif parts[0] == "SIP/2.0":
        return _response(start, names, lines)
    return _unusual(start, names, lines)


def _response(start: str, names: list[str], lines: list[str]) -> Message:
    found = STATUS_LINE_RE.fullmatch(start)
    if found is None:
        raise ParseError(0, "Bad Status Line")
    return Message("", "", int(found.group(1)), found.group(2) or "", names, lines, b"")


def _unusual(start: str, names: list[str], lines: list[str]) -> Message:
    """The rest of ``_message``: protocol name in another case, other versions, malformed and foreign lines."""
    if start[:4].upper() == "SIP/":
        return _response(start, names, lines)
    parts = start.split()
    if len(parts) < 2 or TOKEN_RE.fullmatch(parts[0]) is None or SIP_VERSION_RE.fullmatch(parts[-1]) is None:
        raise ParseError(0, "Not SIP")
    message = Message(parts[0], parts[1] if len(parts) > 2 else "", 0, "", names, lines, b"")
    if parts[-1].upper() != "SIP/2.0":
        raise ParseError(505, "Version Not Supported", message)
    if len(parts) != 3 or start != " ".join(parts):
        raise ParseError(400, "Bad Request Line", message)
    return message


def _name_lines(names: list[str], lines: list[str]) -> tuple[list[str], list[str], str]:
    """Join folded lines and name the headers that the table does not know; also what is wrong, if anything."""
    out_names: list[str] = []
    out_lines: list[str] = []
    problem = ""
    for name, line in zip(names, lines, strict=True):
        if name:
            out_names.append(name)
            out_lines.append(line)
        elif line[:1] in (" ", "\t"):
            if out_lines:
                out_lines[-1] += "\r\n" + line
            else:
                problem = "Folded Start Line"
        else:
            written, colon, _ = line.partition(":")
            if colon and TOKEN_RE.fullmatch(written.rstrip(" \t")) is not None:
                out_names.append(canonical(written))
                out_lines.append(line)
            else:
                problem = "Bad Header Line"
    return out_names, out_lines, problem


def _end_of_headers_added(data: bytes) -> bytes:
    """A datagram without an empty line, made whole where nothing can be missing of it.

    Some senders end lines with LF alone, and some leave out the empty line when there is no body.
    Anything else that has no end of headers is junk, a keep-alive or cut off.
    """
    if b"\r" not in data:
        head, _, body = data.partition(b"\n\n")
        if b"\n" in head:
            return head.rstrip(b"\n").replace(b"\n", b"\r\n") + b"\r\n\r\n" + body
    elif data.endswith(b"\r\n"):
        return data + b"\r\n"
    raise _refused(data, 400, "No End of Headers")


def read_head(head: bytes) -> Message | None:
    """As many headers of a message that is refused as can be told apart, for answering it; None if it is not SIP."""
    text = head[:MAX_HEAD_BYTES].decode("utf-8", "surrogateescape")
    lines = text.replace("\r\n ", " ").replace("\r\n\t", " ").split("\r\n")[:MAX_HEADER_LINES]
    lines = [line for line in lines if "\r" not in line and "\n" not in line]
    if not lines:
        return None
    start = lines.pop(0)
    lines = [line for line in lines if ":" in line]
    names = [canonical(line.partition(":")[0]) for line in lines]
    try:
        return _message(start, names, lines)
    except ParseError as error:
        return error.message


def _refused(head: bytes, status: int, reason: str) -> ParseError:
    message = read_head(head)
    if message is None:
        return ParseError(0, "Not SIP")
    return ParseError(status if message.method else 0, reason, message)
