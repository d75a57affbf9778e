# SPDX-License-Identifier: GPL-2.0-or-later
"""Listener, host, port and network texts as they stand in settings."""
from __future__ import annotations

import ipaddress
import re
from typing import Final, NamedTuple

TRANSPORTS: Final = ("udp", "tcp", "tls", "ws", "wss")
#: Listeners of these transports need a certificate.
SECURE_TRANSPORTS: Final = ("tls", "wss")

_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?\Z")
_DOTTED_NUMBERS = re.compile(r"[0-9.]+\Z")


class Listener(NamedTuple):
    """One address on which the server listens.  ``host`` is an IP address without brackets."""

    transport: str
    host: str
    port: int

    def __str__(self) -> str:
        """Return the text that ``parse_listener`` takes."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.transport}:{shown}:{self.port}"

    @property
    def is_datagram(self) -> bool:
        """Whether the port is a UDP port; all the others share the TCP ports."""
        return self.transport == "udp"

    @property
    def is_secure(self) -> bool:
        """Whether a certificate is needed."""
        return self.transport in SECURE_TRANSPORTS

    @property
    def is_wildcard(self) -> bool:
        """Whether all addresses of the machine (of one family) are meant."""
        return self.host in ("0.0.0.0", "::")

    def clashes_with(self, other: Listener) -> bool:
        """Tell whether both cannot be bound at the same time."""
        if self.port != other.port or self.is_datagram != other.is_datagram:
            return False
        if (":" in self.host) != (":" in other.host):
            return False
        return self.host == other.host or self.is_wildcard or other.is_wildcard


def parse_listener(text: str) -> Listener:
    """Read ``transport:address:port``, as in ``udp:0.0.0.0:5060`` or ``tls:[::]:5061``.

    Raises ValueError that says which part is wrong.
    """
    transport, _, rest = text.strip().partition(":")
    transport = transport.lower()
    if transport not in TRANSPORTS:
        raise ValueError(f"unknown transport {transport!r}, use one of {', '.join(TRANSPORTS)}")
    host, colon, port = rest.rpartition(":")
    if not colon or not host:
        raise ValueError("write it as transport:address:port, for example udp:0.0.0.0:5060")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError("write an IPv6 address in brackets, for example udp:[::]:5060")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise ValueError(f"{host!r} is not an IP address") from None
    return Listener(transport, str(address), parse_port(port))


def parse_port(text: str) -> int:
    """Read a port number from 1 to 65535; raises ValueError otherwise."""
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= 65535:
        raise ValueError(f"{text!r} is not a port number from 1 to 65535")
    return int(text)


def parse_network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Read an address or a network with its prefix length; raises ValueError that names the remedy."""
    try:
        return ipaddress.ip_network(text.strip())
    except ValueError:
        pass
    try:
        meant = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise ValueError(f"{text!r} is not an IP address or network such as 192.168.0.0/16 or fc00::/7") from None
    raise ValueError(f"{text!r} has bits set beyond its prefix length, the network is {meant}")


def is_host(text: str) -> bool:
    """Tell whether the text is an IP address (IPv6 with or without brackets) or a host name."""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        return bool(_HOST_NAME.match(text)) and not _DOTTED_NUMBERS.match(text) and len(text) <= 255
    return True
