# SPDX-License-Identifier: GPL-2.0-or-later
"""A SIP message: header lines kept as they came, values parsed when somebody asks (RFC 3261 section 7)."""
from __future__ import annotations

from typing import Final

from mss.sip.errors import ParseError
from mss.sip.fields import NameAddr, Via, make_via, parse_name_addr, parse_via, split_values
from mss.sip.flow import Flow
from mss.sip.grammar import CALL_ID_RE, CSEQ_LINE_RE, CSEQ_RE, TAGGED_LINE_RE, TOKEN_RE, VIA_LINE_RE, unfold
from mss.sip.headers import CALL_ID, CONTACT, CSEQ, FROM, TO, VIA
from mss.sip.uri import SipUri, parse_uri

#: CSeq numbers are below 2**31 (RFC 3261 8.1.1.5).
MAX_CSEQ: Final = 0x7FFFFFFF
#: The ``via`` of a message that was not indexed, or has none that can be read: ``host`` is "".
NO_VIA: Final = Via("", "", 0, "", "")


class Message:
    """A request or a response.

    ``names`` (canonical) and ``lines`` (verbatim, without the CRLF at the end; a folded line keeps its
    inner line breaks) run in parallel.  Text is UTF-8 with octets that are not UTF-8 as surrogates:
    encode with ``"surrogateescape"``.  ``index`` fills ``via`` to ``to_tag``.
    """

    __slots__ = ("method", "uri", "status", "reason", "names", "lines", "body",
                 "via", "cseq", "cseq_method", "call_id", "from_tag", "to_tag", "flow", "_request_uri")

    def __init__(self, method: str, uri: str, status: int, reason: str,
                 names: list[str], lines: list[str], body: bytes) -> None:
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
        self._request_uri: SipUri | None = None

    def get(self, name: str) -> str | None:
        """First line's value of header ``name`` (canonical), unfolded and stripped; None when absent."""
        names = self.names
        if name not in names:
            return None
        return value_of(self.lines[names.index(name)])

    def get_all(self, name: str) -> list[str]:
        """Values of all lines of header ``name``, one per line, commas not split."""
        return [value_of(line) for line in self.lines_of(name)]

    def values(self, name: str) -> list[str]:
        """All values of header ``name``, comma-separated lists split."""
        values: list[str] = []
        if name in self.names:
            for line in self.lines_of(name):
                values += split_values(value_of(line))
        return values

    def lines_of(self, name: str) -> list[str]:
        """All lines of header ``name``, verbatim."""
        lines = self.lines
        return [lines[i] for i, other in enumerate(self.names) if other == name]

    def has(self, name: str) -> bool:
        """Whether header ``name`` (canonical) is present."""
        return name in self.names

    def contact(self) -> NameAddr | None:
        """The first Contact, None when there is none or it is "*".  Raises ParseError 400."""
        value = self.get(CONTACT)
        if not value or value == "*":
            return None
        if "," in value:
            value = split_values(value)[0]
        return parse_name_addr(value)

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

    def index(self) -> bool:
        """Read the fields that every layer needs: top Via, CSeq, Call-ID, From and To tags.

        Strict about these five (RFC 3261 8.1.1): raises ParseError 400 naming the first one that is
        missing or malformed; those before it are filled.  True when some header has several lines.
        """
        names = self.names
        lines = dict(zip(names, self.lines, strict=True))
        repeated = len(lines) != len(names)
        if repeated:
            lines = dict(zip(reversed(names), reversed(self.lines), strict=True))
        self._index_via(lines.get(VIA))
        self._index_cseq(lines.get(CSEQ))
        self._index_call_id(lines.get(CALL_ID))
        self.from_tag = _tag(lines.get(FROM), "From")
        self.to_tag = _tag(lines.get(TO), "To")
        return repeated

    def _index_via(self, line: str | None) -> None:
        if line is None:
            raise ParseError(400, "Missing Via")
        found = VIA_LINE_RE.fullmatch(line)
        if found is not None:
            transport, host, port, params = found.groups()
            self.via = make_via(transport, host, port, params[1:])
            return
        values = split_values(value_of(line))
        if not values:
            raise ParseError(400, "Bad Via")
        self.via = parse_via(values[0])

    def _index_cseq(self, line: str | None) -> None:
        if line is None:
            raise ParseError(400, "Missing CSeq")
        found = CSEQ_LINE_RE.fullmatch(line)
        if found is None:
            found = CSEQ_RE.fullmatch(value_of(line))
            if found is None:
                raise ParseError(400, "Bad CSeq")
        number, self.cseq_method = found.groups()
        self.cseq = int(number)
        if self.cseq > MAX_CSEQ:
            raise ParseError(400, "CSeq Too Large")

    def _index_call_id(self, line: str | None) -> None:
        if line is None:
            raise ParseError(400, "Missing Call-ID")
        call_id = value_of(line)
        if CALL_ID_RE.fullmatch(call_id) is None:
            raise ParseError(400, "Bad Call-ID")
        self.call_id = call_id


def value_of(line: str) -> str:
    """The value of a header line, unfolded and stripped."""
    value = line[line.index(":") + 1:].strip(" \t")
    return unfold(value) if "\n" in value else value


def _tag(line: str | None, name: str) -> str | None:
    """Tag of a From or To line; raises ParseError 400 when the line is missing or malformed."""
    if line is None:
        raise ParseError(400, f"Missing {name}")
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
