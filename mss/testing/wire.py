# SPDX-License-Identifier: GPL-2.0-or-later
"""The ends of a network in memory: sockets, and flows that record what is sent.

A datagram goes to whoever is bound to its destination; a connection has two ends that are closed
together.  Messages travel whole, streams too: framing is not the business of this kit.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from mss.sip.flow import Flow, LocalAddress


class Station(Protocol):
    """Somebody on the network."""

    def receive(self, data: bytes, flow: Flow, now: float) -> None:
        """Take a message; answers go to ``flow``."""

    def lose_flow(self, flow: Flow) -> None:
        """A connection is closed, by whichever side."""


#: Takes what is sent: the flow it is sent on, and the message.
Carry = Callable[["FakeFlow", bytes], object]


class FakeFlow(Flow):
    """A flow without a socket.  ``sent`` is everything that was sent; ``far`` the other end of a connection.

    On its own, as ``FakeFlow("UDP", "192.0.2.7", 5060, local)``, it only records.
    """

    __slots__ = ("carry", "far", "owner", "sent")

    def __init__(self, transport: str, host: str, port: int, local: LocalAddress, carry: Carry | None = None,
                 owner: FakeSocket | None = None) -> None:
        super().__init__(transport, host, port, local)
        self.carry = carry
        self.owner = owner
        self.far: FakeFlow | None = None
        self.sent: list[bytes] = []

    def send(self, data: bytes) -> None:
        """Record a message and give it to the network, as long as the flow is open."""
        if not self.is_open:
            return
        self.sent.append(data)
        if self.carry is not None:
            self.carry(self, data)

    def close(self) -> None:
        """Close a connection: both ends are told."""
        far = self.far
        for end in (self, far):
            if end is not None and end.is_open:
                end.is_open = False
                if end.owner is not None:
                    end.owner.forget(end)


class FakeSocket:
    """An address of one station on one transport.

    Behind NAT others see the messages come from ``seen_as`` (host, port), and reach the station there
    only.  A station that has its own ``LocalAddress`` is presented by it in what it sends.
    """

    def __init__(self, station: Station, local: LocalAddress, host: str, port: int, seen_as: tuple[str, int],
                 carry: Carry) -> None:
        self.station = station
        self.local = local
        self.transport = local.transport
        self.host = host
        self.port = port
        self.seen_as = seen_as
        self._carry = carry
        self._flows: dict[tuple[str, int], FakeFlow] = {}
        self.is_bound = True

    def flow_to(self, host: str, port: int) -> FakeFlow:
        """The flow for datagrams to and from a peer; always the same one."""
        flow = self._flows.get((host, port))
        if flow is None:
            flow = self._flows[host, port] = FakeFlow(self.transport, host, port, self.local, self._carry, self)
        return flow

    def connection_to(self, host: str, port: int) -> FakeFlow | None:
        """An open connection with a peer, None when there is none."""
        flow = self._flows.get((host, port))
        return flow if flow is not None and flow.is_open else None

    def accept(self, host: str, port: int) -> FakeFlow:
        """This side's end of a new connection with a peer at ``host`` and ``port``."""
        flow = self._flows[host, port] = FakeFlow(self.transport, host, port, self.local, self._carry, self)
        return flow

    def forget(self, flow: FakeFlow) -> None:
        """A connection was closed."""
        if self._flows.get((flow.host, flow.port)) is flow:
            del self._flows[flow.host, flow.port]
        self.station.lose_flow(flow)
