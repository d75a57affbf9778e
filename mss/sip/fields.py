# SPDX-License-Identifier: GPL-2.0-or-later
"""Values of structured header fields: addresses, Via, parameters, lists (RFC 3261 section 20)."""
from __future__ import annotations

from mss.sip.errors import ParseError
from mss.sip.grammar import (
    ADDR_SPEC_RE,
    DIGITS_RE,
    NAME_ADDR_RE,
    PARAM_SEPARATOR_RE,
    SEPARATOR_RE,
    VIA_RE,
    is_ipv6_reference,
    quote,
    unfold,
    unquote,
)


class NameAddr:
    """A name-addr or addr-spec with its header parameters.

    ``display`` is the display name as text (quotes and escapes removed), ``uri`` the URI as written,
    ``params`` the parameters as written, without the first semicolon.
    """

    __slots__ = ("display", "uri", "params")

    def __init__(self, display: str, uri: str, params: str) -> None:
        self.display = display
        self.uri = uri
        self.params = params

    def param(self, name: str) -> str | None:
        """Value of a header parameter (``name`` in lower case); "" when it has none, None when absent."""
        return get_param(self.params, name)

    def __str__(self) -> str:
        display = quote(self.display) + " " if self.display else ""
        params = ";" + self.params if self.params else ""
        return f"{display}<{self.uri}>{params}"


class Via:
    """One Via value: ``transport`` in upper case, ``host`` as written, ``port`` 0 when absent.

    ``branch`` is "" when absent; ``params`` are all parameters as written, without the first semicolon.
    """

    __slots__ = ("transport", "host", "port", "branch", "params")

    def __init__(self, transport: str, host: str, port: int, branch: str, params: str) -> None:
        self.transport = transport
        self.host = host
        self.port = port
        self.branch = branch
        self.params = params

    def param(self, name: str) -> str | None:
        """Value of a parameter (``name`` in lower case); "" when it has none, None when absent."""
        return get_param(self.params, name)


def get_param(params: str, name: str) -> str | None:
    """Value of parameter ``name`` (lower case) in ``a=b;c``: unquoted; "" without a value; None when absent."""
    if not params:
        return None
    for part in params.split(";") if '"' not in params else _split_params(params):
        key, _, value = part.partition("=")
        if key == name or key.strip(" \t\r\n").lower() == name:
            return unquote(value.strip(" \t\r\n"))
    return None


def _split_params(params: str) -> list[str]:
    parts: list[str] = []
    start = 0
    for found in PARAM_SEPARATOR_RE.finditer(params):
        if found.group() == ";":
            parts.append(params[start:found.start()])
            start = found.end()
    parts.append(params[start:])
    return parts


def split_values(text: str) -> list[str]:
    """Comma-separated values of one header line, stripped; commas in quotes and in <> do not separate."""
    if "," not in text:
        text = text.strip(" \t\r\n")
        return [text] if text else []
    if '"' not in text and "<" not in text:
        parts = text.split(",")
    else:
        parts = []
        start = 0
        for found in SEPARATOR_RE.finditer(text):
            if found.group() == ",":
                parts.append(text[start:found.start()])
                start = found.end()
        parts.append(text[start:])
    return [part for part in [part.strip(" \t\r\n") for part in parts] if part]


def parse_name_addr(text: str) -> NameAddr:
    """Parse one name-addr or addr-spec with its parameters (From, To, Contact, Route, Refer-To, ...).

    The URI may be of any scheme and is not looked into.  Raises ParseError 400.
    """
    if "\n" in text:
        text = unfold(text)
    found = NAME_ADDR_RE.fullmatch(text.strip(" \t"))
    if found is not None:
        quoted, plain, uri, params = found.groups()
        display = unquote(quoted) if quoted is not None else plain.strip(" \t")
        return NameAddr(display, uri, params.lstrip(" \t")[1:].lstrip(" \t"))
    found = ADDR_SPEC_RE.fullmatch(text.strip(" \t"))
    if found is None:
        raise ParseError(400, "Bad Address")
    uri, params = found.groups()
    return NameAddr("", uri, params.lstrip(" \t")[1:].lstrip(" \t"))


def parse_number(text: str, most: int = 0xFFFFFFFF) -> int | None:
    """A number of decimal digits, at most ``most``; None for anything else, however long it is."""
    found = DIGITS_RE.fullmatch(text.strip(" \t"))
    if found is None:
        return None
    number = int(found.group(1))
    return number if number <= most else None


def tag_of(text: str) -> str | None:
    """The tag parameter of a From or To value, None when it has none.  Does not check the value."""
    start = text.find(";tag=", text.rfind(">") + 1)
    if start >= 0 and '"' not in text[start:]:
        tag = text[start + 5:]
        end = tag.find(";")
        return tag[:end].strip(" \t") if end >= 0 else tag.strip(" \t")
    if "=" not in text:
        return None
    try:
        return parse_name_addr(text).param("tag")
    except ParseError:
        return None


def parse_via(text: str) -> Via:
    """Parse one Via value (not a list); the protocol must be SIP/2.0.  Raises ParseError 400."""
    if "\n" in text:
        text = unfold(text)
    found = VIA_RE.fullmatch(text.strip(" \t"))
    if found is None:
        raise ParseError(400, "Bad Via")
    transport, host, port, params = found.groups()
    return make_via(transport.upper(), host, port, params.lstrip(" \t")[1:].lstrip(" \t"))


def make_via(transport: str, host: str, port: str | None, params: str) -> Via:
    """A Via from matched parts; checks what expressions cannot: port range and IPv6.  Raises ParseError 400."""
    number = 0
    if port is not None:
        number = int(port)
        if not 0 < number < 65536:
            raise ParseError(400, "Bad Via Port")
    if host[0] == "[" and not is_ipv6_reference(host):
        raise ParseError(400, "Bad Via Host")
    start = params.find("branch=")
    if start == 0 or (start > 0 and params[start - 1] == ";" and '"' not in params):
        end = params.find(";", start)
        branch = params[start + 7:end] if end >= 0 else params[start + 7:]
    else:
        branch = get_param(params, "branch") or ""
    return Via(transport, host, number, branch, params)
