# SPDX-License-Identifier: GPL-2.0-or-later
"""What passes from one leg's message to the other leg, and what is read from messages for call control."""
from __future__ import annotations

from typing import Final

from mss.sdp.addresses import fix_addresses
from mss.sdp.body import find_sdp
from mss.sip.errors import SipError
from mss.sip.fields import parse_name_addr
from mss.sip.headers import CONTACT, CONTENT_TYPE, REASON
from mss.sip.message import Message
from mss.sip.uri import parse_uri

#: Headers that mean something to the far party.  All others stay on their leg: topology is hidden.
_CARRIED: Final = frozenset(("alert-info", "call-info", "subject", "priority", "user-to-user", "privacy", "in-reply-to",
                             "organization", "accept-language"))

#: Headers of nearly every message, none of them carried.
_STAYING: Final = frozenset((
    "via", "from", "to", "call-id", "cseq", "contact", "max-forwards", "record-route", "route", "content-length",
    "content-type", "allow", "supported", "user-agent", "server", "authorization", "proxy-authorization", "expires",
    "require", "accept", "session-expires", "min-se", "allow-events", "rseq", "date", "reason", "content-disposition"))


def carried_headers(message: Message) -> str:
    """Header lines that pass to the other leg verbatim: a short list, and private ones (X-...)."""
    if message.has_only(_STAYING):
        return ""
    out = ""
    index = 0
    for name in message.names:
        if name in _CARRIED or name[:2] == "x-":
            out += message.lines[index] + "\r\n"
        index += 1
    return out


def description_of(message: Message, via_nat: bool, source_host: str) -> bytes:
    """The session description of a message, b"" without one.

    For a party behind NAT (``via_nat``) private addresses are replaced by ``source_host``.
    """
    body = message.body
    if not body:
        return b""
    kind = message.get(CONTENT_TYPE)
    if kind != "application/sdp":
        body = find_sdp(kind, body) or b""
    return fix_addresses(body, source_host) if via_nat and body else body


def reason_line(message: Message | None) -> str:
    """The message's Reason header as a line, "" without one."""
    if message is None or REASON not in message.names:
        return ""
    return f"Reason: {message.get(REASON)}\r\n"


def redirect_numbers(response: Message | None) -> tuple[str, ...]:
    """Numbers named by the Contacts of a 3xx, highest q first (RFC 3261 8.1.3.4)."""
    if response is None or not 300 <= response.status < 400:
        return ()
    found: list[tuple[float, str]] = []
    for value in response.values(CONTACT):
        try:
            contact = parse_name_addr(value)
            number = parse_uri(contact.uri).user
            q = float(contact.param("q") or 1.0)
        except (SipError, ValueError):
            continue
        if number:
            found.append((-q, number))
    found.sort(key=lambda pair: pair[0])
    return tuple(number for _, number in found)


def display_name_of(value: str) -> str:
    """Display name of a From value as text, "" without one."""
    if value.find("<") <= 0:
        return ""
    try:
        return parse_name_addr(value).display
    except SipError:
        return ""
