# SPDX-License-Identifier: GPL-2.0-or-later
"""All listeners and connections of the server behind one object."""
from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from mss.config.address import Listener
from mss.sip.flow import Flow
from mss.transport.addresses import AddressBook, normalize_literal
from mss.transport.log import LimitedLog
from mss.transport.settings import TransportSettings
from mss.transport.udp import UdpFlow, UdpListener


class TransportManager:
    """Opens the listeners, hands messages in with their flow, finds flows for messages out.

    ``receive(message, flow)`` gets each datagram or framed message; ``on_flow_closed(flow)`` is called once for
    each connection that ended or could not be made; ``on_batch_end()`` after each batch of received messages.
    """

    def __init__(
        self,
        settings: TransportSettings,
        receive: Callable[[bytes, Flow], None],
        *,
        loop: asyncio.AbstractEventLoop,
        on_flow_closed: Callable[[Flow], None],
        on_batch_end: Callable[[], None] | None,
        log: logging.Logger,
    ) -> None:
        self._settings = settings
        self._receive = receive
        self._loop = loop
        self._on_flow_closed = on_flow_closed
        self._on_batch_end = on_batch_end
        self._log = LimitedLog(log, loop.time)
        self._book = AddressBook(settings.public_address, settings.local_networks)
        self._udp: list[UdpListener] = []

    async def start(self) -> None:
        """Open all listeners, or none: raises ListenError that names the listener and the remedy."""
        try:
            for where in self._settings.listeners:
                self._open(where)
        except BaseException:
            await self.stop()
            raise
        for listener in self._udp:
            listener.start()

    def _open(self, where: Listener) -> None:
        listener = UdpListener(
            where,
            self._book,
            self._receive,
            loop=self._loop,
            on_batch_end=self._on_batch_end,
            log=self._log,
            max_flows=self._settings.max_udp_flows,
            buffer_bytes=self._settings.socket_buffer_bytes,
            is_first=all(other.is_ipv6 != is_ipv6 for other in self._udp),
        )
        self._udp.append(listener)

    async def stop(self) -> None:
        """Close everything; flows still held drop what is sent to them."""
        for listener in self._udp:
            listener.close()
        self._udp.clear()

    @property
    def listeners(self) -> list[Listener]:
        """What is bound, with the true ports."""
        return [listener.where for listener in self._udp]

    def flow_to(self, transport: str, host: str, port: int, *, near: Flow | None = None) -> Flow | None:
        """The flow to an IP literal, None when no listener can get there.

        ``near`` is a flow whose listener is preferred, so that a peer keeps seeing one address of ours.
        """
        literal = normalize_literal(host)
        if literal is None:
            return None
        listener = self._udp_listener(literal, near)
        return None if listener is None else listener.flow_to(literal, port)

    def _udp_listener(self, host: str, near: Flow | None) -> UdpListener | None:
        is_ipv6 = ":" in host
        if isinstance(near, UdpFlow) and near.listener.is_ipv6 == is_ipv6 and near.listener in self._udp:
            return near.listener
        fitting = [listener for listener in self._udp if listener.is_ipv6 == is_ipv6]
        if len(fitting) > 1:
            fitting.sort(key=lambda listener: not listener.advertiser.can_reach(host))
        return fitting[0] if fitting else None
