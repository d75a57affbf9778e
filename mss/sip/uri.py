# SPDX-License-Identifier: GPL-2.0-or-later
"""SIP, SIPS and tel URIs (RFC 3261 section 19, RFC 3966)."""
from __future__ import annotations

from functools import lru_cache
from typing import Final
from urllib.parse import quote_from_bytes, unquote_to_bytes

from mss.sip.errors import ParseError, UnsupportedScheme
from mss.sip.fields import get_param
from mss.sip.grammar import SIP_URI_RE, TEL_URI_RE, URI_RE, is_ipv6_reference, without_third_colon

#: Parameters that must be in both URIs or in neither of them (RFC 3261 19.1.4 and its examples).
_DISTINGUISHING: Final = ("user", "ttl", "method", "maddr", "transport")
#: Longer URIs are read anew each time: a flood of odd ones must not fill the memory.
_LONGEST_REMEMBERED: Final = 160
_SEPARATORS: Final = str.maketrans("", "", "-.()")


class SipUri:
    """A parsed URI.  ``scheme`` is "sip", "sips" or "tel".

    ``user`` is unescaped ("" when absent; the digits of a tel URI without visual separators),
    ``password`` as written, ``host`` in lower case with IPv6 in brackets ("" in a tel URI), ``port``
    0 when absent, ``params`` and ``headers`` as written, without the leading ";" and "?".
    """

    __slots__ = ("scheme", "user", "password", "host", "port", "params", "headers")

    def __init__(self, scheme: str, user: str, password: str, host: str, port: int, params: str, headers: str) -> None:
        self.scheme = scheme
        self.user = user
        self.password = password
        self.host = host
        self.port = port
        self.params = params
        self.headers = headers

    def param(self, name: str) -> str | None:
        """Value of a URI parameter (``name`` in lower case), unescaped; "" without value; None when absent."""
        params = self.params
        if not params:
            return None
        if "%" not in params:
            return get_param(params, name)
        for part in params.split(";"):
            key, _, value = part.partition("=")
            if unescape(key).lower() == name:
                return unescape(value)
        return None

    def __str__(self) -> str:
        params = ";" + self.params if self.params else ""
        if self.scheme == "tel":
            return f"tel:{self.user}{params}"
        user = ""
        if self.user:
            password = ":" + self.password if self.password else ""
            user = f"{escape_user(self.user)}{password}@"
        port = f":{self.port}" if self.port else ""
        headers = "?" + self.headers if self.headers else ""
        return f"{self.scheme}:{user}{self.host}{port}{params}{headers}"


def unescape(text: str) -> str:
    """%HH escapes resolved; octets that are not UTF-8 become surrogates, so that nothing is lost."""
    if "%" not in text:
        return text
    return unquote_to_bytes(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


def escape_user(text: str) -> str:
    """``text`` as the user part of a URI (RFC 3261 25.1 user)."""
    return quote_from_bytes(text.encode("utf-8", "surrogateescape"), "!~*'()&=+$,;?/")


def parse_uri(text: str) -> SipUri:
    """Parse a sip, sips or tel URI.  Raises ParseError 400, or UnsupportedScheme (416) for other schemes."""
    return _read_uri(text) if len(text) <= _LONGEST_REMEMBERED else _parse_uri(text)


# The same URIs come again and again; what they say is remembered for the newest of them.
@lru_cache(2048)
def _read_uri(text: str) -> SipUri:
    return _parse_uri(text)


def _parse_uri(text: str) -> SipUri:
    found = SIP_URI_RE.fullmatch(text)
    if found is None:
        return _parse_tel(text)
    scheme, user, password, host, port, params, headers = found.groups()
    number = 0
    if port is not None:
        number = int(port)
        if not 0 < number < 65536:
            raise ParseError(400, "Bad Port in URI")
    if host[0] == "[":
        if not is_ipv6_reference(host):
            raise ParseError(400, "Bad IPv6 Address in URI")
        host = without_third_colon(host)
    if user is None:
        user = ""
    elif "%" in user:
        user = unescape(user)
    return SipUri(scheme.lower(), user, password or "", host.lower(), number, params[1:],
                  headers[1:] if headers else "")


def _parse_tel(text: str) -> SipUri:
    found = TEL_URI_RE.fullmatch(text)
    if found is not None:
        number = found.group(1).translate(_SEPARATORS)
        if number not in ("", "+"):
            return SipUri("tel", number, "", "", 0, found.group(2)[1:], "")
    elif URI_RE.fullmatch(text) is not None:
        scheme = text[:text.index(":")].lower()
        if scheme not in ("sip", "sips", "tel"):
            raise UnsupportedScheme(scheme)
    raise ParseError(400, "Bad URI")


def uris_equal(a: SipUri, b: SipUri) -> bool:
    """Whether two URIs are equivalent by the rules of RFC 3261 19.1.4 (RFC 3966 5 for tel)."""
    if a.scheme != b.scheme or a.host != b.host or a.port != b.port or a.password != b.password:
        return False
    if a.user != b.user and (a.scheme != "tel" or a.user.lower() != b.user.lower()):
        return False
    if a.params != b.params and not _params_equal(_items(a.params, ";"), _items(b.params, ";"), a.scheme == "tel"):
        return False
    return a.headers == b.headers or _items(a.headers, "&") == _items(b.headers, "&")


def _items(text: str, separator: str) -> dict[str, str]:
    items: dict[str, str] = {}
    for part in text.split(separator):
        if part:
            key, _, value = part.partition("=")
            items[unescape(key).lower()] = unescape(value).lower()
    return items


def _params_equal(a: dict[str, str], b: dict[str, str], exact: bool) -> bool:
    if exact:
        return a == b
    for name, value in a.items():
        other = b.get(name)
        if other is None:
            if name in _DISTINGUISHING:
                return False
        elif other != value:
            return False
    return all(name in a or name not in _DISTINGUISHING for name in b)
