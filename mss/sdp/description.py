# SPDX-License-Identifier: GPL-2.0-or-later
"""A session description, lossless: the lines as they came, values read when somebody asks (RFC 8866)."""
from __future__ import annotations

import re
from typing import Final

# RFC 8866 9: m=<media> <port>["/"<count>] <proto> 1*(" " <fmt>); empty tokens are not valid.
_MEDIA_RE: Final = re.compile(r"([!-~]+) (\d{1,5})(?:/(\d{1,5}))? ([!-~]+)((?: [!-~]+)*) ?")
# c=IN IP4|IP6 <address>["/"<ttl>]["/"<count>]; addresses are not looked into, names are allowed.
_CONNECTION_RE: Final = re.compile(r"IN (IP[46]) ([!-.0-~]+)((?:/\d{1,3}){0,2}) ?")
_ORIGIN_RE: Final = re.compile(r"([!-~\x80-\U0010ffff]+) (\d+) (\d+) IN (IP[46]) ([!-~]+) ?")
#: The order of lines, of the session part and of a media section in one.
_ORDER: Final = "vosmiuepcbtrzka"
_LINE_RE: Final = re.compile(r"([a-z])=([^\0\r\n]*)(\r?\n|)")


class SdpError(Exception):
    """A description that cannot be understood; ``line`` counts from 1, 0 = the description as a whole."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(f"{reason} in line {line}" if line else reason)
        self.reason = reason
        self.line = line


class Connection:
    """A ``c=`` value: ``family`` is "IP4" or "IP6", ``address`` an address or a name, ``suffix`` TTL and count."""

    __slots__ = ("family", "address", "suffix")

    def __init__(self, family: str, address: str, suffix: str = "") -> None:
        self.family = family
        self.address = address
        self.suffix = suffix

    def __str__(self) -> str:
        return f"IN {self.family} {self.address}{self.suffix}"


class Origin:
    """An ``o=`` value.  ``session_id`` and ``version`` are decimal numbers of any length."""

    __slots__ = ("user", "session_id", "version", "family", "address")

    def __init__(self, user: str, session_id: int, version: int, family: str, address: str) -> None:
        self.user = user
        self.session_id = session_id
        self.version = version
        self.family = family
        self.address = address

    def __str__(self) -> str:
        return f"{self.user} {self.session_id} {self.version} IN {self.family} {self.address}"


class Section:
    """The lines of one part of a description, each verbatim with its line end."""

    __slots__ = ("lines",)

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines

    def get(self, kind: str) -> str | None:
        """The value of the first line of type ``kind`` (one letter), None when there is none."""
        for line in self.lines:
            if line[0] == kind and line[1] == "=":
                return line[2:].rstrip("\r\n")
        return None

    def put(self, kind: str, value: str) -> None:
        """Set the first line of type ``kind``; a new one goes where RFC 8866 section 5 wants it."""
        place = 0
        rank = _ORDER.index(kind)
        for i, line in enumerate(self.lines):
            if line[0] == kind:
                self.lines[i] = f"{kind}={value}\r\n"
                return
            if _ORDER.find(line[0]) < rank:
                place = i + 1
        self._complete(place)
        self.lines.insert(place, f"{kind}={value}\r\n")

    def attributes(self, name: str) -> list[str]:
        """The values of all ``a=name:value`` lines in order; "" for one without a value."""
        found = []
        for line in self.lines:
            if line.startswith("a="):
                key, _, value = line[2:].rstrip("\r\n").partition(":")
                if key == name:
                    found.append(value)
        return found

    def attribute(self, name: str) -> str | None:
        """The value of the first attribute ``name``; "" without a value, None when there is none."""
        found = self.attributes(name)
        return found[0] if found else None

    def add_attribute(self, name: str, value: str = "") -> None:
        """Append ``a=name`` or ``a=name:value``."""
        self._complete(len(self.lines))
        self.lines.append(f"a={name}:{value}\r\n" if value else f"a={name}\r\n")

    def remove_attributes(self, *names: str) -> None:
        """Remove all attributes of these names."""
        self.lines = [
            line
            for line in self.lines
            if not (line.startswith("a=") and line[2:].rstrip("\r\n").partition(":")[0] in names)
        ]

    def _complete(self, end: int) -> None:
        """Give the line before ``end`` a line end, if it is the last one of a text that had none there."""
        if end and not self.lines[end - 1].endswith("\n"):
            self.lines[end - 1] += "\r\n"

    @property
    def connection(self) -> Connection | None:
        """The ``c=`` line of this section itself; None when there is none.  Raises ``SdpError``."""
        value = self.get("c")
        return None if value is None else parse_connection(value)

    @connection.setter
    def connection(self, value: Connection) -> None:
        self.put("c", str(value))


class Media(Section):
    """One media section: its ``m=`` line, read, and the lines that follow it.

    ``port`` 0 means rejected or switched off (RFC 3264 section 6); ``formats`` are payload types or,
    for other protocols than RTP, whatever the protocol says.
    """

    __slots__ = ("kind", "port", "port_count", "protocol", "formats")

    def __init__(self, lines: list[str], number: int = 0) -> None:
        super().__init__(lines)
        found = _MEDIA_RE.fullmatch(lines[0][2:].rstrip("\r\n"))
        if found is None:
            raise SdpError("Bad media line", number)
        kind, port, count, protocol, formats = found.groups()
        self.kind = kind
        self.port = int(port)
        self.port_count = int(count) if count else 1
        self.protocol = protocol
        self.formats: list[str] = formats.split()
        if self.port > 65535:
            raise SdpError("Bad media port", number)

    def set_port(self, port: int) -> None:
        """Change the port, and with it the ``m=`` line; 0 rejects or switches off."""
        self.port = port
        count = f"/{self.port_count}" if self.port_count != 1 else ""
        formats = "".join([" " + name for name in self.formats])
        end = self.lines[0][len(self.lines[0].rstrip("\r\n")):] or "\r\n"
        self.lines[0] = f"m={self.kind} {port}{count} {self.protocol}{formats}{end}"


class Description:
    """A whole description: the session part and the media sections in order."""

    __slots__ = ("session", "media")

    def __init__(self, session: Section, media: list[Media]) -> None:
        self.session = session
        self.media = media

    @property
    def origin(self) -> Origin:
        """The ``o=`` line.  Raises ``SdpError``."""
        return parse_origin(self.session.get("o") or "")

    @origin.setter
    def origin(self, value: Origin) -> None:
        self.session.put("o", str(value))

    def connection_of(self, media: Media) -> Connection | None:
        """Where ``media`` is received: its own ``c=`` line or the session's (RFC 8866 5.7)."""
        return media.connection or self.session.connection

    def to_bytes(self) -> bytes:
        """The text; what was parsed and not changed comes out byte for byte."""
        parts = list(self.session.lines)
        for media in self.media:
            if parts and not parts[-1].endswith("\n"):
                parts[-1] += "\r\n"
            parts += media.lines
        return "".join(parts).encode("utf-8", "surrogateescape")


def parse_connection(value: str, number: int = 0) -> Connection:
    """Parse what follows ``c=``; ``number`` is the line for the error.  Raises ``SdpError``."""
    found = _CONNECTION_RE.fullmatch(value)
    if found is None:
        raise SdpError("Bad connection", number)
    family, address, suffix = found.groups()
    return Connection(family, address, suffix)


def parse_origin(value: str, number: int = 0) -> Origin:
    """Parse what follows ``o=``; ``number`` is the line for the error.  Raises ``SdpError``."""
    found = _ORIGIN_RE.fullmatch(value)
    if found is None:
        raise SdpError("Bad origin", number)
    user, session_id, version, family, address = found.groups()
    return Origin(user, _number(session_id, number), _number(version, number), family, address)


def _number(digits: str, number: int) -> int:
    # RFC 8866 sets no bound, 64 bits are usual; int() of very long texts takes quadratic time.
    if len(digits) > 40:
        raise SdpError("Bad origin", number)
    return int(digits)


def parse_description(body: bytes) -> Description:
    """Parse an SDP body.

    Strict about what a B2BUA relies on (version, origin, media and connection lines, the form of each
    line), lenient about what phones leave out (``s=``, ``t=``), the order of the other lines, LF alone
    as line end and blank lines at the end.  Raises ``SdpError`` naming the line.
    """
    text = body.decode("utf-8", "surrogateescape")
    session: list[str] = []
    media: list[tuple[int, list[str]]] = []
    current = session
    lines = _split(text)
    for number, line in enumerate(lines, 1):
        found = _LINE_RE.fullmatch(line)
        if found is None:
            if not "".join(lines[number - 1:]).strip("\r\n"):
                current += lines[number - 1:]
                break
            raise SdpError("Not a type=value line", number)
        kind = found.group(1)
        if kind == "m":
            current = [line]
            media.append((number, current))
            continue
        _check_line(kind, found.group(2), number, current is session)
        current.append(line)
    if len(session) < 2:
        raise SdpError("No version 0 and origin")
    return Description(Section(session), [Media(section, start) for start, section in media])


def _split(text: str) -> list[str]:
    """Lines with their ends; unlike for ``str.splitlines`` only LF ends a line."""
    lines = [line + "\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    if last:
        lines.append(last)
    return lines


def _check_line(kind: str, value: str, number: int, in_session: bool) -> None:
    if number == 1 and (kind != "v" or value.strip(" ") != "0"):
        raise SdpError("No version 0", number)
    if number == 2 and kind != "o":
        raise SdpError("No origin", number)
    if kind == "c":
        parse_connection(value, number)
    elif kind == "o":
        if not in_session or number != 2:
            raise SdpError("Origin out of place", number)
        parse_origin(value, number)
    elif kind == "v" and number != 1:
        raise SdpError("Version out of place", number)
