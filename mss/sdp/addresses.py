# SPDX-License-Identifier: GPL-2.0-or-later
"""Addresses in a description that is passed on, worked on as bytes: direct media and topology hiding."""
from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

#: Networks whose addresses mean nothing outside (RFC 1918, 6598, 3927, 4193, 4291, loopback).
PRIVATE_NETWORKS: Final = tuple([
    ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8",
                 "fc00::/7", "fe80::/10", "::1/128")
])  # fmt: skip

# The places that say where to send to: c= lines, and a=rtcp (RFC 3605) where it has an address.
_PLACE_RE: Final = re.compile(rb"^(?:c=|a=rtcp:\d+ )(IN IP[46] ([^\s/]+))", re.MULTILINE)


def is_private(address: str) -> bool:
    """Whether ``address`` is of a private network (an IPv4-mapped IPv6 address counts as IPv4); False for names."""
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in PRIVATE_NETWORKS)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped
    return parsed


def fix_addresses(body: bytes, host: str) -> bytes:
    """The SDP ``body`` of a peer behind NAT with the address it really comes from.

    Private addresses in ``c=`` (and ``a=rtcp``) lines that differ from ``host``, the source address of
    the message without brackets, become ``host``; all else stays as it is, public addresses and the
    0.0.0.0 of a hold included.
    """
    own = ("IN IP6 " if ":" in host else "IN IP4 ").encode() + host.encode()
    ours = b"\nc=" + own
    if body.count(b"\nc=") == body.count(ours + b"\r") + body.count(ours + b"\n"):
        return body
    parts: list[bytes] = []
    done = 0
    for found in _PLACE_RE.finditer(body):
        address = found.group(2).decode("latin-1")
        if address != host and is_private(address):
            parts.append(body[done:found.start(1)])
            parts.append(own)
            done = found.end(1)
    parts.append(body[done:])
    return b"".join(parts)


class SessionOrigin:
    """The ``o=`` line under which one leg sees us for its whole dialog (RFC 3264 section 8, RFC 8866 5.2).

    The party behind us may change (transfer, forking) and so may its own origin; this one keeps its
    session id, and its version grows by one whenever the rest of the description has changed.
    """

    __slots__ = ("session_id", "version", "_host", "_rest")

    def __init__(self, session_id: int, host: str) -> None:
        """``session_id`` is any number below 2**62, ``host`` our address as in an SDP (no brackets)."""
        self.session_id = session_id
        self.version = session_id
        self._host = host
        self._rest = b""

    def apply(self, body: bytes) -> bytes:
        """``body`` with our origin; the same description again gets the same version."""
        start = body.find(b"\no=") + 1
        rest = body[body.find(b"\n", start):]
        if rest != self._rest:
            if self._rest:
                self.version += 1
            self._rest = rest
        return with_origin(body, self.session_id, self.version, self._host)


def with_origin(body: bytes, session_id: int, version: int, host: str) -> bytes:
    """``body`` with its ``o=`` line replaced by ours; a body without one is answered as it is.

    ``host`` is our address without brackets.
    """
    start = body.find(b"\no=") + 1
    end = body.find(b"\n", start)
    if not start or end < 0:
        return body
    family = "IP6" if ":" in host else "IP4"
    line = f"o=mss {session_id} {version} IN {family} {host}\r\n"
    return body[:start] + line.encode() + body[end + 1:]
