# SPDX-License-Identifier: GPL-2.0-or-later
"""What the transports are told: where to listen, how to present ourselves, and every limit."""
from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from mss.transport.addresses import is_literal
from mss.transport.errors import ListenError

#: Transports that a listener may have, as in a Via header.
TRANSPORTS = ("UDP", "TCP", "TLS", "WS", "WSS")

LOCAL_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7", "fe80::/10", "::1/128")

_REMEDY = 'write it as "udp:0.0.0.0:5060" or "tls:[::]:5061" under [sip] listen'


@dataclass(frozen=True)
class TransportSettings:
    """Settings of all transports; times in seconds, sizes in bytes."""

    #: ``transport:address:port`` each, IPv6 in brackets; port 0 takes a free one.
    listen: tuple[str, ...] = ("udp:0.0.0.0:5060", "tcp:0.0.0.0:5060")
    #: What peers outside ``local_networks`` see of us; one address or name, or one for each IP version with a comma.
    public_address: str = ""
    local_networks: tuple[str, ...] = LOCAL_NETWORKS
    max_message_bytes: int = 65535
    #: Kernel buffer asked for on each UDP socket, both ways.
    socket_buffer_bytes: int = 8 << 20
    #: UDP peers whose flow object is kept ready; more only costs time.
    max_udp_flows: int = 32768
    max_connections: int = 20000
    #: High enough for an office of TCP phones behind one NAT address.
    max_connections_per_address: int = 2000
    #: A connection without a message or keep-alive for so long is closed; longer than the longest registration.
    idle_seconds: float = 3900.0
    #: TLS handshake and WebSocket opening handshake, each.
    handshake_seconds: float = 10.0
    #: An accepted connection must bring its first whole message within this.
    first_message_seconds: float = 32.0
    connect_seconds: float = 5.0
    #: Unsent bytes at which the peer counts as dead and its connection is closed.
    write_buffer_bytes: int = 1 << 20
    #: Interval of the pings by which WebSocket connections are kept open and dead ones found.
    websocket_ping_seconds: float = 30.0
    tls_certificate: str = ""
    tls_key: str = ""
    #: Check the certificates of the servers that we connect to, against ``tls_ca_file`` or the system's authorities.
    tls_verify: bool = False
    tls_ca_file: str = ""
    #: Addresses of DNS servers, ``address`` or ``address:port``; empty means those of the system.
    dns_servers: tuple[str, ...] = ()
    #: Limit of one DNS question with all its retries.
    dns_seconds: float = 3.0


class ListenAddress(NamedTuple):
    """One parsed entry of ``listen``: transport in capitals, IP literal without brackets, port, the text itself."""

    transport: str
    host: str
    port: int
    text: str

    @property
    def is_ipv6(self) -> bool:
        """Whether the address is an IPv6 one."""
        return ":" in self.host


def parse_listen(text: str) -> ListenAddress:
    """Read ``udp:0.0.0.0:5060`` or ``tls:[::]:5061``; raises ListenError that names the text and the remedy."""
    transport, _, rest = text.strip().partition(":")
    host, _, port_text = rest.rpartition(":")
    transport = transport.upper()
    if transport not in TRANSPORTS:
        raise ListenError(text, "the transport is none of udp, tcp, tls, ws, wss", _REMEDY)
    if not (port_text.isascii() and port_text.isdigit() and int(port_text) <= 65535):
        raise ListenError(text, "the port is not a number up to 65535", _REMEDY)
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
        if ":" not in host:
            raise ListenError(text, "there is no IPv6 address in the brackets", _REMEDY)
    elif ":" in host:
        raise ListenError(text, "the IPv6 address is not in brackets", _REMEDY)
    if not is_literal(host):
        raise ListenError(text, "the address is not an IP address of this machine", _REMEDY)
    return ListenAddress(transport, host, int(port_text), text)
