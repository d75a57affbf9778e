# SPDX-License-Identifier: GPL-2.0-or-later
"""A SIP message: header lines kept as they came, values parsed when somebody asks (RFC 3261 section 7)."""
from __future__ import annotations

import sys
from functools import lru_cache
from typing import Final

from mss.sip.errors import ParseError
from mss.sip.fields import NameAddr, Via, make_via, parse_name_addr, parse_via, split_values
from mss.sip.flow import Flow
from mss.sip.grammar import (
    CALL_ID_LINE_RE,
    CALL_ID_RE,
    CONTACT_LINE_RE,
    CSEQ_LINE_RE,
    CSEQ_RE,
    TAGGED_LINE_RE,
    TOKEN_RE,
    USUAL_VIA_LINE_RE,
    VIA_LINE_RE,
    unfold,
)
from mss.sip.headers import CALL_ID, CONTACT, CSEQ, FROM, TO, VIA
from mss.sip.uri import SipUri, parse_uri

#: CSeq numbers are below 2**31 (RFC 3261 8.1.1.5).
MAX_CSEQ: Final = 0x7FFFFFFF
#: How many lines of a kind are remembered with what they say.
_REMEMBERED: Final = 2048
#: Longer lines are read anew each time: a flood of odd ones must not fill the memory.
_LONGEST_REMEMBERED: Final = 160
#: The ``via`` of a message that was not indexed, or has none that can be read: ``host`` is "".
NO_VIA: Final = Via("", "", 0, "", "")


class Message:
    """A request or a response.

    ``names`` (canonical) and ``lines`` (verbatim, without the CRLF at the end; a folded line keeps its
    inner line breaks) run in parallel.  They neither grow nor shrink after construction; where a line
    is replaced in place, as the stamped top Via is, ``get`` still answers with what had arrived.  Text
    is UTF-8 with octets that are not UTF-8 as surrogates: encode with ``"surrogateescape"``.  ``index``
    fills ``via`` to ``to_tag``.
    """

    __slots__ = ("method", "uri", "status", "reason", "names", "lines", "body",
                 "via", "cseq", "cseq_method", "call_id", "from_tag", "to_tag", "flow",
                 "_first", "_request_uri", "_contact")

    def __init__(self, method: str, uri: str, status: int, reason: str,
                 names: list[str], lines: list[str], body: bytes, first: dict[str, str] | None = None) -> None:
        """``first`` is what ``first_lines`` gives for ``names`` and ``lines``, where that is known already."""
        self.method = method
        self.uri = uri
        self.status = status
        self.reason = reason
        self.names = names
        self.lines = lines
        self.body = body
        self.via = NO_VIA
        self.cseq = 0
        self.cseq_method = ""
        self.call_id = ""
        self.from_tag: str | None = None
        self.to_tag: str | None = None
        self.flow: Flow | None = None
        self._first: dict[str, str] = first_lines(names, lines) if first is None else first
        self._request_uri: SipUri | None = None
        self._contact: NameAddr | None = None

    def get(self, name: str) -> str | None:
        """First line's value of header ``name`` (canonical), unfolded and stripped; None when absent."""
        line = self._first.get(name)
        return None if line is None else value_of(line)

    def get_all(self, name: str) -> list[str]:
        """Values of all lines of header ``name``, one per line, commas not split."""
        return [value_of(line) for line in self.lines_of(name)]

    def values(self, name: str) -> list[str]:
        """All values of header ``name``, comma-separated lists split."""
        values: list[str] = []
        if name in self._first:
            for line in self.lines_of(name):
                values += split_values(value_of(line))
        return values

    def lines_of(self, name: str) -> list[str]:
        """All lines of header ``name``, verbatim."""
        lines = self.lines
        return [lines[i] for i, other in enumerate(self.names) if other == name]

    def has(self, name: str) -> bool:
        """Whether header ``name`` (canonical) is present."""
        return name in self._first

    def first_line(self, name: str) -> str | None:
        """First line of header ``name`` (canonical), verbatim; None when absent."""
        return self._first.get(name)

    def has_repeated(self) -> bool:
        """Whether some header has more than one line."""
        return len(self._first) != len(self.names)

    def unique_lines(self) -> dict[str, str] | None:
        """The line of each header by its name if none has two, else None; not to be changed."""
        return self._first if len(self._first) == len(self.names) else None

    def has_only(self, names: frozenset[str]) -> bool:
        """Whether every header is one of ``names``."""
        return self._first.keys() <= names

    def contact(self) -> NameAddr | None:
        """The first Contact, None when there is none or it is "*".  Raises ParseError 400."""
        contact = self._contact
        if contact is None:
            line = self._first.get(CONTACT)
            if line is not None:
                contact = _read_contact(line) if len(line) <= _LONGEST_REMEMBERED else _parse_contact(line)
                self._contact = contact
        return contact

    def request_uri(self) -> SipUri:
        """The parsed Request-URI, parsed once.  Raises ParseError 400 or 416."""
        uri = self._request_uri
        if uri is None:
            uri = self._request_uri = parse_uri(self.uri)
        return uri

    def to_bytes(self) -> bytes:
        """The message as it goes over the wire; a parsed and unchanged one comes out as it came in."""
        start = f"{self.method} {self.uri} SIP/2.0\r\n" if self.method else f"SIP/2.0 {self.status} {self.reason}\r\n"
        head = start + "\r\n".join(self.lines) + ("\r\n\r\n" if self.lines else "\r\n")
        return head.encode("utf-8", "surrogateescape") + self.body

    def index(self) -> None:
        """Read the fields that every layer needs: top Via, CSeq, Call-ID, From and To tags.

        Strict about these five (RFC 3261 8.1.1): raises ParseError 400 naming the first one that is
        missing or malformed; those before it are filled.
        """
        first = self._first
        self._index_via(first.get(VIA))
        line = first.get(CSEQ)
        if line is None:
            raise ParseError(400, "Missing CSeq")
        self.cseq, self.cseq_method = _read_cseq(line) if len(line) <= _LONGEST_REMEMBERED else _parse_cseq(line)
        line = first.get(CALL_ID)
        if line is None:
            raise ParseError(400, "Missing Call-ID")
        self.call_id = _read_call_id(line) if len(line) <= _LONGEST_REMEMBERED else _parse_call_id(line)
        line = first.get(FROM)
        if line is None:
            raise ParseError(400, "Missing From")
        self.from_tag = _read_tag(line, "From") if len(line) <= _LONGEST_REMEMBERED else _parse_tag(line, "From")
        line = first.get(TO)
        if line is None:
            raise ParseError(400, "Missing To")
        self.to_tag = _read_tag(line, "To") if len(line) <= _LONGEST_REMEMBERED else _parse_tag(line, "To")

    def _index_via(self, line: str | None) -> None:
        if line is None:
            raise ParseError(400, "Missing Via")
        found = USUAL_VIA_LINE_RE.fullmatch(line)
        if found is not None:
            transport, host, port, params, branch = found.groups()
            number = int(port) if port is not None else 0
            if number < 65536 and (number or port is None):
                self.via = Via(transport, host, number, branch, params)
                return
        found = VIA_LINE_RE.fullmatch(line)
        if found is None:
            values = split_values(value_of(line))
            if not values:
                raise ParseError(400, "Bad Via")
            self.via = parse_via(values[0])
            return
        transport, host, port, params = found.groups()
        start = params.find(";branch=")
        if start < 0 or (port is not None and not 0 < int(port) < 65536):
            self.via = make_via(transport, host, port, params[1:])
            return
        end = params.find(";", start + 8)
        branch = params[start + 8:end] if end > 0 else params[start + 8:]
        self.via = Via(transport, host, int(port) if port is not None else 0, branch, params[1:])


def first_lines(names: list[str], lines: list[str]) -> dict[str, str]:
    """The first line of each header by its canonical name."""
    first = dict(zip(names, lines, strict=True))
    if len(first) != len(names):
        first = dict(zip(reversed(names), reversed(lines), strict=True))
    return first


def value_of(line: str) -> str:
    """The value of a header line, unfolded and stripped."""
    value = line.partition(":")[2].strip(" \t")
    return unfold(value) if "\n" in value else value


def _parse_contact(line: str) -> NameAddr | None:
    found = CONTACT_LINE_RE.fullmatch(line)
    if found is not None:
        quoted, plain, uri, params = found.groups()
        return NameAddr(plain.strip(" \t") if quoted is None else quoted, uri, params[1:])
    values = split_values(value_of(line))
    return parse_name_addr(values[0]) if values and values[0] != "*" else None


def _parse_cseq(line: str) -> tuple[int, str]:
    """Number and method of a CSeq line.  Raises ParseError 400."""
    found = CSEQ_LINE_RE.fullmatch(line) or CSEQ_RE.fullmatch(value_of(line))
    if found is None:
        raise ParseError(400, "Bad CSeq")
    digits, method = found.groups()
    number = int(digits)
    if number > MAX_CSEQ:
        raise ParseError(400, "CSeq Too Large")
    return number, sys.intern(method)


def _parse_call_id(line: str) -> str:
    """Value of a Call-ID line.  Raises ParseError 400."""
    found = CALL_ID_LINE_RE.fullmatch(line) or CALL_ID_RE.fullmatch(value_of(line))
    if found is None:
        raise ParseError(400, "Bad Call-ID")
    return found.group(found.lastindex or 0)


def _parse_tag(line: str, name: str) -> str | None:
    """Tag of a From or To line.  Raises ParseError 400 when the line is malformed."""
    found = TAGGED_LINE_RE.fullmatch(line)
    if found is not None:
        return found.group(1)
    try:
        tag = parse_name_addr(value_of(line)).param("tag")
    except ParseError:
        raise ParseError(400, f"Bad {name}") from None
    if tag is not None and TOKEN_RE.fullmatch(tag) is None:
        raise ParseError(400, f"Bad {name} Tag")
    return tag


# The same lines come again and again: the tags and the Call-ID of a call in each of its messages, the
# Contact of a phone in each of its calls.  What they say is remembered for the newest of them.

@lru_cache(_REMEMBERED)
def _read_contact(line: str) -> NameAddr | None:
    return _parse_contact(line)


@lru_cache(_REMEMBERED)
def _read_cseq(line: str) -> tuple[int, str]:
    return _parse_cseq(line)


@lru_cache(_REMEMBERED)
def _read_call_id(line: str) -> str:
    return _parse_call_id(line)


@lru_cache(2 * _REMEMBERED)
def _read_tag(line: str, name: str) -> str | None:
    return _parse_tag(line, name)
