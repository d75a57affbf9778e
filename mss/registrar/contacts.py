# SPDX-License-Identifier: GPL-2.0-or-later
"""What a REGISTER asks for, read from its headers (RFC 3261 sections 10.2, 20.10, 20.19; RFC 3327)."""
from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import Final

from mss.registrar.binding import Q_DEFAULT
from mss.sip.errors import ParseError
from mss.sip.fields import NameAddr, parse_name_addr
from mss.sip.headers import PATH, SUPPORTED, TO
from mss.sip.message import Message
from mss.sip.uri import SipUri, parse_uri, uris_equal

#: The largest value of a delta-seconds field (RFC 3261 20.19).
MAX_SECONDS: Final = 2**32 - 1
#: ``expires`` of a contact that has no such parameter.
NO_EXPIRES: Final = -1
#: ``expires`` that is there but no number (RFC 3261 20.10: treat as 3600, here: as the default).
BAD_EXPIRES: Final = -2
#: Longer To values are read anew each time: a flood of odd ones must not fill the memory.
_LONGEST_REMEMBERED: Final = 160

_PARAM_RE: Final = re.compile(r'(?:[^;"]|"(?:\\.|[^"\\])*")+')
_Q_RE: Final = re.compile(r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?")


class RequestedContact:
    """One Contact value of a REGISTER.

    ``value`` is the whole value as received, ``contact`` its URI as written and ``uri`` parsed,
    ``expires`` seconds (or ``NO_EXPIRES``, ``BAD_EXPIRES``), ``q`` thousandths, ``params`` what is
    echoed behind the URI.
    """

    __slots__ = ("value", "contact", "uri", "expires", "q", "instance", "params")

    def __init__(self, value: str, address: NameAddr, uri: SipUri) -> None:
        self.value = value
        self.contact: str = address.uri
        self.uri = uri
        self.expires = NO_EXPIRES
        self.q: int = Q_DEFAULT
        self.instance = ""
        self.params = ""
        if address.params:
            self._read_params(address)

    def _read_params(self, address: NameAddr) -> None:
        expires = address.param("expires")
        if expires is not None:
            self.expires = seconds_of(expires)
        q = address.param("q")
        if q is not None:
            if _Q_RE.fullmatch(q) is None:
                raise ParseError(400, "Bad Contact q")
            self.q = round(float(q) * 1000)
        self.instance = address.param("+sip.instance") or ""
        kept = [
            param.strip(" \t")
            for param in _PARAM_RE.findall(address.params)
            if param.partition("=")[0].strip(" \t").lower() != "expires"
        ]
        self.params = "".join([";" + param for param in kept])


def seconds_of(text: str) -> int:
    """A delta-seconds value, cut to 32 bits; ``BAD_EXPIRES`` if it is none (RFC 3261 25.1)."""
    if not (text.isascii() and text.isdigit()):
        return BAD_EXPIRES
    if len(text) > 10:
        # Leading zeros aside, this is beyond 32 bits already; int() of megabytes of digits is not needed.
        text = text.lstrip("0")[:11] or "0"
    return min(int(text), MAX_SECONDS)


def requested_contacts(values: list[str]) -> list[RequestedContact]:
    """The Contact values of a REGISTER in order; of equal ones the last counts.

    Raises ``ParseError`` 400 for a value that cannot be a binding.  The value ``*`` is not expected here.
    """
    found: list[RequestedContact] = []
    for value in values:
        try:
            address = parse_name_addr(value)
            uri = parse_uri(address.uri)
        except ParseError as error:
            raise ParseError(400, "Bad Contact") from error
        if uri.scheme == "tel" or not uri.host:
            raise ParseError(400, "Contact Is Not a SIP URI")
        contact = RequestedContact(value, address, uri)
        found = [other for other in found if not uris_equal(other.uri, uri)]
        found.append(contact)
    return found


def path_of(m: Message) -> tuple[str, ...]:
    """The Path values in order (RFC 3327 section 5.3); raises ``ParseError`` 400 if one is no SIP URI."""
    values = m.values(PATH)
    for value in values:
        try:
            parse_uri(parse_name_addr(value).uri)
        except ParseError as error:
            raise ParseError(400, "Bad Path") from error
    return tuple(values)


def supports(m: Message, option: str) -> bool:
    """Whether the sender lists ``option`` (lower case) in Supported."""
    return option in [value.lower() for value in m.values(SUPPORTED)]


def aor_of(m: Message) -> SipUri | None:
    """The address-of-record a REGISTER is about: the URI in To (RFC 3261 10.3 step 5).

    None for a URI that cannot name one of our users (other schemes, no user part): answer 404.
    Raises ``ParseError`` 400 when To cannot be parsed.
    """
    text = m.get(TO)
    if text is None:
        raise ParseError(400, "Missing To")
    address = _remembered_address(text) if len(text) <= _LONGEST_REMEMBERED else parse_name_addr(text)
    try:
        uri = parse_uri(address.uri)
    except ParseError:
        return None
    return uri if uri.user else None


@lru_cache(4096)
def _remembered_address(text: str) -> NameAddr:
    """A phone's To is the same in each of its REGISTERs."""
    return parse_name_addr(text)


def is_same_host(one: str, other: str) -> bool:
    """Whether two hosts (IPv6 with or without brackets) are the same name or address."""
    if one == other:
        return True
    one, other = one.strip("[]").lower(), other.strip("[]").lower()
    if one == other:
        return True
    if ":" not in one and ":" not in other:
        return False
    first, second = _address(one), _address(other)
    return first is not None and first == second


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
