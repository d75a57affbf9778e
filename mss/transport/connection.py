# SPDX-License-Identifier: GPL-2.0-or-later
"""What all connections have in common: the flow that the core sees, and the life of the socket behind it."""
from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from mss.sip.errors import FramingError
from mss.sip.flow import Flow, LocalAddress
from mss.transport.log import LimitedLog
from mss.transport.tap import SendTap


class StreamFlow(Flow):
    """A connection as the core sees it; one towards a peer is opened by the first message sent."""

    __slots__ = ("_close", "_connect", "_limit", "_tap", "_unsent", "_unsent_bytes", "_write", "aliases",
                 "server_name", "source")

    def __init__(
        self,
        transport: str,
        host: str,
        port: int,
        local: LocalAddress,
        *,
        tap: SendTap,
        server_name: str = "",
        is_verified: bool = False,
        source: str = "",
        limit: int = 0,
        connect: Callable[[StreamFlow], None] | None = None,
    ) -> None:
        """``connect`` is called before the first message, ``limit`` bytes wait meanwhile.

        ``server_name`` is the domain that the peer is asked to be, and must show in its certificate when
        ``is_verified``: then the connection serves this domain only.  ``source`` is the address to connect from,
        if it matters.
        """
        super().__init__(transport, host, port, local)
        if is_verified:
            self.key += f"@{server_name}"
        self.server_name = server_name
        self.source = source
        self._tap = tap
        #: Further keys by which the connection is found (RFC 5923).
        self.aliases: list[str] = []
        self._connect = connect
        self._limit = limit
        self._unsent: list[bytes] = []
        self._unsent_bytes = 0
        self._write: Callable[[bytes], None] | None = None
        self._close: Callable[[], None] | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether nothing has been sent yet on a flow that would open a connection."""
        return self._connect is not None and self.is_open

    def send(self, data: bytes) -> None:
        """Write one message; see Flow.send."""
        if self._tap.show is not None and self.is_open:
            self._tap.show(data, self)
        if self._write is not None:
            self._write(data)
        elif self.is_open and self._unsent_bytes + len(data) <= self._limit:
            self._unsent.append(data)
            self._unsent_bytes += len(data)
            if self._connect is not None:
                connect, self._connect = self._connect, None
                connect(self)

    def open_with(self, write: Callable[[bytes], None], close: Callable[[], None]) -> None:
        """The connection is there: send what has waited."""
        self._write = write
        self._close = close
        for data in self._unsent:
            write(data)
        self._unsent.clear()

    def shut(self) -> None:
        """The connection is no more; what is sent later is dropped."""
        self.is_open = False
        self._write = self._close = self._connect = None
        self._unsent.clear()

    def close(self) -> None:
        """End the connection after what has been written."""
        if self._close is not None:
            self._close()


@dataclass(frozen=True)
class ConnectionContext:
    """What all connections share; sizes in bytes."""

    receive: Callable[[bytes, Flow], None]
    on_batch_end: Callable[[], None] | None
    on_framing_error: Callable[[FramingError, Flow], None] | None
    on_made: Callable[[Connection], None]
    on_opened: Callable[[Connection], None]
    on_closed: Callable[[Connection], None]
    clock: Callable[[], float]
    log: LimitedLog
    max_message_bytes: int
    write_buffer_bytes: int


class Connection(asyncio.Protocol):
    """Between asyncio and one StreamFlow; subclasses differ in what they read and write."""

    def __init__(self, flow: StreamFlow, context: ConnectionContext, *, is_accepted: bool) -> None:
        self.flow = flow
        #: Whether connection_made was called and connection_lost not yet.
        self.is_up = False
        #: Whether it was ever up.
        self.was_made = False
        #: Whether messages can be sent (for a WebSocket: after its opening handshake).
        self.is_ready = False
        #: Whether the peer has shown that it speaks SIP; taken for granted of one that we connect to.
        self.has_spoken = not is_accepted
        #: When it came up, and when the last whole message or keep-alive arrived.
        self.made_at = self.last_heard = context.clock()
        #: Since when a message is incomplete, 0 when none is.
        self.partial_since = 0.0
        self.context = context
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop, for TLS after the handshake."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=self.context.write_buffer_bytes)
        self.is_up = self.was_made = True
        self.made_at = self.last_heard = self.context.clock()
        self.context.on_made(self)
        self.begin()

    def connection_lost(self, error: Exception | None) -> None:
        """Called by the loop, once."""
        if self.is_up:
            self.is_up = False
            self.flow.shut()
            self.context.on_closed(self)

    def pause_writing(self) -> None:
        """The peer does not read: give up before its backlog costs memory."""
        self.context.log.note("stream-full", "%s: closed, the peer does not read what is sent", self.flow.key)
        self.abort()

    def begin(self) -> None:
        """The connection is up; by default it is ready at once."""
        self.make_ready(self.write_raw)

    def make_ready(self, write: Callable[[bytes], None]) -> None:
        """Open the flow with the function that sends one message."""
        self.is_ready = True
        self.context.on_opened(self)
        self.flow.open_with(write, self.close)

    def write_raw(self, data: bytes) -> None:
        """Bytes to the wire as they are."""
        if self._transport is not None:
            self._transport.write(data)

    def deliver(self, message: bytes) -> None:
        """Hand one message to the core."""
        self.has_spoken = True
        self.last_heard = self.context.clock()
        self.context.receive(message, self.flow)

    def end_batch(self) -> None:
        """All messages of one read are delivered."""
        if self.context.on_batch_end is not None:
            self.context.on_batch_end()

    def keep_up(self, now: float) -> None:
        """Called now and then while the connection is idle; for keep-alives of our own."""

    def close(self) -> None:
        """End the connection after what has been written."""
        self.flow.shut()
        # A second close() of a TLS transport makes abort() raise in the asyncio of Python 3.11.2.
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()

    def abort(self) -> None:
        """End the connection at once."""
        self.flow.shut()
        if self._transport is not None:
            self._transport.abort()
