# SPDX-License-Identifier: GPL-2.0-or-later
"""UDP: one non-blocking socket per listener, drained in batches, answered directly.

This is the hot path of the server: no task, no future and no allocation besides the datagram itself for a
message of a known peer.
"""
from __future__ import annotations

import asyncio
import errno
from collections import deque
from collections.abc import Callable
from itertools import islice

from mss.config.address import Listener
from mss.sip.flow import Flow
from mss.transport.addresses import AddressBook, Advertiser, SocketAddress, socket_address
from mss.transport.log import LimitedLog
from mss.transport.sockets import open_socket
from mss.transport.stun import answer_binding_request
from mss.transport.tap import SendTap

#: Datagrams taken per wake-up, so that timers and other sockets get their turn under flood.
_BATCH = 64
_MAX_DATAGRAM = 65535
#: Datagrams kept while the kernel's send buffer is full; SIP retransmits what is dropped beyond.
_MAX_QUEUED = 1024
#: SIP messages begin with a letter; the keep-alives of NAT'ed phones with one of the control characters below this.
_PRINTABLE = b"!"


class UdpFlow(Flow):
    """One remote address as seen from one UDP listener; valid for as long as somebody holds it."""

    __slots__ = ("_address", "_sendto", "_tap", "listener")

    def __init__(self, listener: UdpListener, address: SocketAddress) -> None:
        host = address[0]
        super().__init__("UDP", host, address[1], listener.advertiser.local_for(host))
        self.listener = listener
        self._address = address
        self._sendto = listener.sendto
        self._tap = listener.tap
        if len(address) == 4 and address[3]:
            self.key = f"udp:[{host}%{address[3]}]:{address[1]}"
        self.key += listener.key_suffix

    def send(self, data: bytes) -> None:
        """Send one datagram; see Flow.send."""
        if self._tap.show is not None:
            self._tap.show(data, self)
        try:
            self._sendto(data, self._address)
        except OSError as error:
            self.listener.keep_unsent(error, data, self._address)


class UdpListener:
    """A bound UDP socket and the flows of the peers that use it.

    ``receive(data, flow)`` is called for each datagram, ``on_batch_end()`` after each drained batch.
    """

    def __init__(
        self,
        where: Listener,
        book: AddressBook,
        receive: Callable[[bytes, Flow], None],
        *,
        loop: asyncio.AbstractEventLoop,
        on_batch_end: Callable[[], None] | None,
        log: LimitedLog,
        max_flows: int,
        buffer_bytes: int,
        tap: SendTap,
        is_first: bool = True,
    ) -> None:
        """Bind at once; raises ListenError.  ``is_first`` of its IP version: its flows need not name it."""
        self.tap = tap
        self._socket = open_socket(where, buffer_bytes)
        self.where = where._replace(port=self._socket.getsockname()[1])
        self.is_ipv6 = ":" in where.host
        self.advertiser = Advertiser("UDP", self.where.host, self.where.port, book)
        self.sendto = self._socket.sendto
        self.key_suffix = "" if is_first else f"@{self.where.host}:{self.where.port}"
        self._receive = receive
        self._on_batch_end = on_batch_end
        self._loop = loop
        self._log = log
        self._max_flows = max_flows
        # One buffer for all: what recvfrom() allocates it shrinks afterwards, which leaves holes all over the heap.
        self._buffer = memoryview(bytearray(_MAX_DATAGRAM))
        self._flows: dict[SocketAddress, UdpFlow] = {}
        self._unsent: deque[tuple[bytes, SocketAddress]] = deque()

    def start(self) -> None:
        """Begin to read."""
        self._loop.add_reader(self._socket.fileno(), self._drain)

    def close(self) -> None:
        """Stop reading and close the socket; later sends are dropped."""
        if self._socket.fileno() < 0:
            return
        self._loop.remove_reader(self._socket.fileno())
        if self._unsent:
            self._loop.remove_writer(self._socket.fileno())
            self._unsent.clear()
        self._socket.close()

    def flow_to(self, host: str, port: int) -> UdpFlow:
        """The flow to an IP literal (normal spelling, no brackets)."""
        address = socket_address(host, port)
        return self._flows.get(address) or self._add_flow(address)

    def _add_flow(self, address: SocketAddress) -> UdpFlow:
        if len(self._flows) >= self._max_flows:
            # Whoever still holds one of these flows can go on using it.
            for oldest in list(islice(self._flows, max(1, self._max_flows // 4))):
                del self._flows[oldest]
        flow = self._flows[address] = UdpFlow(self, address)
        return flow

    def _drain(self) -> None:
        recvfrom_into = self._socket.recvfrom_into
        buffer = self._buffer
        flows = self._flows
        receive = self._receive
        try:
            for _ in range(_BATCH):
                try:
                    size, address = recvfrom_into(buffer)
                except BlockingIOError:
                    break
                except OSError as error:
                    # An ICMP error for something sent earlier; the next datagram may be sound.
                    self._log.note("udp-receive", "%s: %s", self.where, error)
                    continue
                data = bytes(buffer[:size])
                flow = flows.get(address)
                if flow is None:
                    flow = self._add_flow(address)
                if data[:1] < _PRINTABLE and self._is_keepalive(data, flow):
                    continue
                receive(data, flow)
        finally:
            if self._on_batch_end is not None:
                self._on_batch_end()

    def _is_keepalive(self, data: bytes, flow: UdpFlow) -> bool:
        """Deal with the keep-alives of RFC 5626 4.4.2 (STUN) and of usual phones (CRLF, zeros)."""
        answer = answer_binding_request(data, flow.host, flow.port)
        if answer is not None:
            flow.send(answer)
            return True
        return not data.strip(b"\r\n\t \0")

    def keep_unsent(self, error: OSError, data: bytes, address: SocketAddress) -> None:
        """Queue a datagram that the kernel had no room for; report and drop it for any other reason."""
        if error.errno in (errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS):
            if not self._unsent:
                self._loop.add_writer(self._socket.fileno(), self._flush)
            if len(self._unsent) < _MAX_QUEUED:
                self._unsent.append((data, address))
            else:
                self._log.warn("udp-full", "%s: send queue full, datagram dropped", self.where)
        elif self._socket.fileno() >= 0:
            self._log.warn(
                "udp-send", "%s: %d bytes to %s port %d not sent: %s",
                self.where, len(data), address[0], address[1], error,
            )

    def _flush(self) -> None:
        unsent = self._unsent
        while unsent:
            data, address = unsent[0]
            try:
                self.sendto(data, address)
            except BlockingIOError:
                return
            except OSError as error:
                self._log.warn("udp-send", "%s: not sent to %s: %s", self.where, address[0], error)
            unsent.popleft()
        self._loop.remove_writer(self._socket.fileno())
