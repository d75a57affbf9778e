# SPDX-License-Identifier: GPL-2.0-or-later
"""What the transports are told: where to listen, how to present ourselves, and every limit."""
from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from mss.config.address import Listener
from mss.config.settings import Settings, SipSettings


@dataclass(frozen=True)
class TransportSettings:
    """Settings of all transports; times in seconds, sizes in bytes."""

    #: Port 0 takes a free one.
    listeners: tuple[Listener, ...]
    #: What peers outside ``local_networks`` see of us, an IP address or a name; empty means no NAT.
    public_address: str = ""
    local_networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = SipSettings().networks
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
    #: An accepted connection must bring its first whole message within this, any message begun be complete.
    message_seconds: float = 32.0
    connect_seconds: float = 5.0
    #: Unsent bytes at which the peer counts as dead and its connection is closed.
    write_buffer_bytes: int = 1 << 20
    #: Interval of the pings by which WebSocket connections are kept open and dead ones found.
    websocket_ping_seconds: float = 30.0
    #: PEM files; needed by TLS and WSS listeners only.
    tls_certificate: str = ""
    tls_key: str = ""
    #: Check the certificates of the servers that we connect to, against ``tls_ca_file`` or the system's authorities.
    tls_verify: bool = False
    tls_ca_file: str = ""
    #: IP addresses of DNS servers, each with its port; empty means those of the system.
    dns_servers: tuple[tuple[str, int], ...] = ()
    #: Limit of one DNS question with all its retries.
    dns_seconds: float = 3.0


def transport_settings(settings: Settings) -> TransportSettings:
    """The part of the configuration that concerns the transports."""
    return TransportSettings(
        listeners=settings.sip.listeners,
        public_address=settings.sip.public_address,
        local_networks=settings.sip.networks,
        max_message_bytes=settings.sip.max_message_bytes,
        max_connections=settings.sip.max_connections,
        idle_seconds=max(TransportSettings.idle_seconds, settings.registrar.max_expires + 300.0),
        tls_certificate=str(settings.tls_certificate),
        tls_key=str(settings.tls_key),
    )
