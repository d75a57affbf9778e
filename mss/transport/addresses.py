# SPDX-License-Identifier: GPL-2.0-or-later
"""IP literals, and which of our addresses each peer is shown (public address, local networks).

A server behind NAT has two faces: peers in the local networks get the address of the interface that leads to
them, all others the public address.  The choice is made once per flow, not per message.
"""
from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from itertools import islice

from mss.sip.flow import LocalAddress

#: A socket address of either family, as the socket module wants it.
SocketAddress = tuple[str, int] | tuple[str, int, int, int]

_MAX_ROUTES = 4096
_WILDCARDS = ("0.0.0.0", "::")


def family_of(host: str) -> socket.AddressFamily:
    """The address family of an IP literal without brackets."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def pack_literal(host: str) -> bytes | None:
    """4 or 16 bytes of an IP literal (zone ignored), None for anything else, such as a name."""
    try:
        return socket.inet_pton(family_of(host), host.partition("%")[0])
    except (OSError, ValueError):
        return None


def is_literal(host: str) -> bool:
    """Whether the text is an IPv4 or IPv6 address, without brackets."""
    return pack_literal(host) is not None


def normalize_literal(host: str) -> str | None:
    """The usual spelling of an IP literal, brackets taken off, or None when it is none."""
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    packed = pack_literal(host)
    if packed is None:
        return None
    _, mark, zone = host.partition("%")
    return socket.inet_ntop(family_of(host), packed) + mark + zone


def in_uri(host: str) -> str:
    """A host as a URI has it: IPv6 in brackets, without a zone."""
    return f"[{host.partition('%')[0]}]" if ":" in host else host


def socket_address(host: str, port: int) -> SocketAddress:
    """The socket module's form of an IP literal (an IPv6 zone becomes the scope) and a port."""
    if ":" not in host:
        return (host, port)
    host, _, zone = host.partition("%")
    return (host, port, 0, _scope_of(zone))


def _scope_of(zone: str) -> int:
    """The number of an interface given by number or name, 0 for none or an unknown one."""
    if zone.isascii() and zone.isdigit():
        return int(zone)
    try:
        return socket.if_nametoindex(zone) if zone else 0
    except OSError:
        return 0


class AddressBook:
    """Decides which host name or address of ours a peer is shown."""

    def __init__(
        self, public_address: str, local_networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]
    ) -> None:
        literal = normalize_literal(public_address)
        #: What outside peers of each IP version are shown; a name serves both.
        self._public4 = "" if literal and ":" in literal else literal or public_address
        self._public6 = in_uri(literal) if literal and ":" in literal else "" if literal else public_address
        #: Bytes of an address, network number, mask.
        self._networks = [
            (network.max_prefixlen // 8, int(network.network_address), int(network.netmask))
            for network in local_networks
        ]
        self._routes: dict[str, str] = {}

    def is_inside(self, host: str) -> bool:
        """Whether an IP literal lies in one of the local networks."""
        packed = pack_literal(host)
        if packed is None:
            return False
        number = int.from_bytes(packed, "big")
        length = len(packed)
        return any(size == length and number & mask == network for size, network, mask in self._networks)

    def shown_host(self, peer: str, bound: str) -> str:
        """Our host in URI form for the IP literal ``peer``, at a listener bound to ``bound``."""
        public = self._public6 if ":" in peer else self._public4
        if public and not self.is_inside(peer):
            return public
        return in_uri(self.interface_toward(peer) if bound in _WILDCARDS else bound)

    def interface_toward(self, peer: str) -> str:
        """Our address on the interface that leads to ``peer``; loopback when no route does."""
        found = self._routes.get(peer)
        if found is None:
            if len(self._routes) >= _MAX_ROUTES:
                for stale in list(islice(self._routes, _MAX_ROUTES // 4)):
                    del self._routes[stale]
            found = self._routes[peer] = _ask_route(peer)
        return found


def _ask_route(peer: str) -> str:
    """Let the kernel choose a source address; a connected UDP socket sends nothing."""
    family = family_of(peer)
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(socket_address(peer, 5060))
            return str(probe.getsockname()[0])
    except OSError:
        return "::1" if family == socket.AF_INET6 else "127.0.0.1"


class Advertiser:
    """The faces of one listener: a LocalAddress for each host it is known as, shared by all flows."""

    def __init__(self, transport: str, host: str, port: int, book: AddressBook) -> None:
        self.transport = transport
        self.host = host
        self.port = port
        #: Whether all addresses of the machine (of one IP version) are meant.
        self.is_wildcard = host in _WILDCARDS
        self._book = book
        self._faces: dict[str, LocalAddress] = {}

    def local_for(self, peer: str, bound: str = "") -> LocalAddress:
        """The address that the IP literal ``peer`` is to be given in Via and Contact.

        ``bound`` is our own address on the way there, where a connection has told it.
        """
        shown = self._book.shown_host(peer, bound or self.host)
        face = self._faces.get(shown)
        if face is None:
            face = self._faces[shown] = LocalAddress(self.transport, shown, self.port)
        return face

    def can_reach(self, peer: str) -> bool:
        """Whether packets from this listener's address can get to ``peer`` by the route that leads there."""
        return self.is_wildcard or self.host == self._book.interface_toward(peer)
