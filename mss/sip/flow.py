# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a message came from and the way back to it (RFC 3261 18.2.2, RFC 5626).

The core knows sockets only as flows.  ``mss.transport`` provides subclasses that write to real
sockets, ``mss.testing`` one that records.
"""
from __future__ import annotations

from mypy_extensions import mypyc_attr


@mypyc_attr(allow_interpreted_subclasses=True)
class LocalAddress:
    """How one listener presents itself to one kind of peer (inside or outside the local networks).

    ``host`` is as written in a URI (IPv6 in brackets), ``port`` the port peers reach us at.
    """

    __slots__ = ("transport", "host", "port", "via_head", "contact_host")

    def __init__(self, transport: str, host: str, port: int) -> None:
        self.transport = transport
        self.host = host
        self.port = port
        #: Everything of a Via line before the branch value.
        self.via_head = f"Via: SIP/2.0/{transport} {host}:{port};rport;branch=z9hG4bK"
        suffix = "" if transport == "UDP" else f";transport={transport.lower()}"
        #: What follows ``sip:user@`` in our Contact.
        self.contact_host = f"{host}:{port}{suffix}"


@mypyc_attr(allow_interpreted_subclasses=True)
class Flow:
    """One way to one peer: a UDP listener with a remote address, or one connection.

    ``key`` names the flow for persistence and logs, as in ``udp:192.0.2.7:5060``.
    """

    __slots__ = ("transport", "host", "port", "reliable", "secure", "local", "key", "is_open")

    def __init__(self, transport: str, host: str, port: int, local: LocalAddress) -> None:
        self.transport = transport
        self.host = host
        self.port = port
        self.reliable = transport != "UDP"
        self.secure = transport in ("TLS", "WSS")
        self.local = local
        shown = f"[{host}]" if ":" in host else host
        self.key = f"{transport.lower()}:{shown}:{port}"
        self.is_open = True

    def send(self, data: bytes) -> None:
        """Hand one whole SIP message to the wire; never blocks, never raises for a remote cause."""
        raise NotImplementedError
