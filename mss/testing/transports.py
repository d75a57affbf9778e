# SPDX-License-Identifier: GPL-2.0-or-later
"""The transports of a server in memory."""
from __future__ import annotations

import ipaddress
from collections.abc import Callable

from mss.sip.flow import Flow
from mss.sip.uri import SipUri
from mss.testing.network import FakeNetwork
from mss.testing.wire import FakeSocket


class FakeTransports:
    """Finds flows on a network in memory, as ``mss.transport.manager.TransportManager`` does on a real one.

    ``names`` is its DNS: host name -> (transport, host, port), best first.
    """

    def __init__(self, network: FakeNetwork, sockets: dict[str, FakeSocket]) -> None:
        self.network = network
        self.sockets = sockets
        self.names: dict[str, list[tuple[str, str, int]]] = {}

    def flow_to(self, transport: str, host: str, port: int, *, near: Flow | None = None) -> Flow | None:
        """The flow to an IP literal, None where there is no way there."""
        socket = self.sockets.get(transport)
        if socket is None:
            return None
        if transport == "UDP":
            return socket.flow_to(host, port)
        return socket.connection_to(host, port) or self.network.connect(socket, host, port)

    def find_flows(self, uri: SipUri, on_found: Callable[[list[Flow]], None], *, large: bool = False) -> None:
        """The flows to a URI, best first; answers at once."""
        transport = (uri.param("transport") or ("TLS" if uri.scheme == "sips" else "UDP")).upper()
        host = uri.host.strip("[]")
        found = self.names.get(host)
        if found is None:
            found = [(transport, host, uri.port or 5060)] if _is_literal(host) else []
            if large and transport == "UDP" and found and not uri.param("transport"):
                found.insert(0, ("TCP", host, uri.port or 5060))
        flows = [self.flow_to(*candidate) for candidate in found]
        on_found([flow for flow in flows if flow is not None])

    def restore_flow(self, key: str) -> Flow | None:
        """The flow of a persisted key; connections do not outlive a server."""
        transport, _, rest = key.partition(":")
        host, _, port = rest.rpartition(":")
        if transport != "udp" or not port.isdecimal():
            return None
        return self.flow_to("UDP", host.strip("[]"), int(port))


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
