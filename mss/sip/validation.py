# SPDX-License-Identifier: GPL-2.0-or-later
"""Syntax of the fields that a server must understand, strictly (RFC 3261 8.1.1, 8.2, RFC 4475).

Order and verdicts follow RFC 4475: what the message layer itself must refuse.  Verdicts that need
knowledge of methods, extensions or users belong to the endpoint; the helpers below serve it.
"""
from __future__ import annotations

from typing import Final

from mss.sip.errors import ParseError
from mss.sip.fields import parse_name_addr, parse_number, split_values
from mss.sip.grammar import MAX_FORWARDS_LINE_RE
from mss.sip.headers import (
    CALL_ID,
    CONTACT,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    CSEQ,
    FROM,
    MAX_FORWARDS,
    REQUIRE,
    TO,
    VIA,
)
from mss.sip.message import Message, value_of

#: Headers that must not occur twice, with their spelling in a reason phrase (RFC 4475 3.3.8, 3.3.9).
_SINGLE: Final = (
    (CALL_ID, "Call-ID"), (CSEQ, "CSeq"), (FROM, "From"), (TO, "To"), (MAX_FORWARDS, "Max-Forwards"),
    (CONTENT_LENGTH, "Content-Length"), (CONTENT_TYPE, "Content-Type"),
)


def check_request(m: Message) -> None:
    """Index a request and check it; raises ParseError with the status to answer and the message.

    Checked are the five fields of ``Message.index``, single fields occurring once, the CSeq method,
    the Request-URI (416 for a foreign scheme), Max-Forwards and the Contacts.  A missing Max-Forwards
    is accepted, as of RFC 2543 clients.
    """
    try:
        m.index()
        if m.has_repeated():
            _check_single(m)
        if m.cseq_method != m.method:
            raise ParseError(400, "CSeq Method Mismatch")
        if m.request_uri().headers:
            raise ParseError(400, "Headers in Request-URI")
        line = m.first_line(MAX_FORWARDS)
        if line is not None and line != "Max-Forwards: 70" and MAX_FORWARDS_LINE_RE.fullmatch(line) is None:
            _check_max_forwards(line)
        _check_contacts(m)
    except ParseError as error:
        error.message = m
        raise


def check_response(m: Message) -> None:
    """Index a response and check it; raises ParseError with status 0: drop it (RFC 3261 8.1.3.3, 18.1.2)."""
    try:
        m.index()
        if m.has_repeated():
            _check_single(m)
            if m.names.count(VIA) > 1:
                raise ParseError(0, "More Than One Via")
        line = m.first_line(VIA) or ""
        if "," in line and len(split_values(value_of(line))) > 1:
            raise ParseError(0, "More Than One Via")
        _check_contacts(m)
    except ParseError as error:
        raise ParseError(0, error.reason, m) from None


def _check_single(m: Message) -> None:
    names = m.names
    for name, written in _SINGLE:
        if names.count(name) > 1:
            raise ParseError(400, f"Multiple {written} Fields")


def _check_max_forwards(line: str) -> None:
    if parse_number(value_of(line), 255) is None:
        raise ParseError(400, "Bad Max-Forwards")


def _check_contacts(m: Message) -> None:
    """Each Contact value by itself; the first one is kept for ``Message.contact``."""
    line = m.first_line(CONTACT)
    if line is None:
        return
    try:
        contact = m.contact()
        if contact is not None and "," not in line and not m.has_repeated():
            return
        for value in m.values(CONTACT):
            if value != "*":
                parse_name_addr(value)
    except ParseError:
        raise ParseError(400, "Bad Contact") from None


def max_forwards(m: Message) -> int:
    """Max-Forwards of a request, 70 when absent or malformed (RFC 3261 16.6)."""
    line = m.first_line(MAX_FORWARDS)
    if line is None or line == "Max-Forwards: 70":
        return 70
    number = parse_number(value_of(line), 255)
    return 70 if number is None else number


def unsupported_extensions(m: Message, supported: frozenset[str]) -> list[str]:
    """Option tags of Require that are not in ``supported`` (lower case), for 420 and its Unsupported header."""
    return [tag for tag in m.values(REQUIRE) if tag.lower() not in supported]
