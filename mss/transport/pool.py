# SPDX-License-Identifier: GPL-2.0-or-later
"""All connections of the server: limits, reuse in both directions, idle ones closed (RFC 3261 18, RFC 5923)."""
from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from mss.sip.errors import FramingError
from mss.sip.flow import Flow
from mss.transport.addresses import Advertiser
from mss.transport.connection import Connection, ConnectionContext, StreamFlow
from mss.transport.errors import CertificateError
from mss.transport.log import LimitedLog
from mss.transport.settings import TransportSettings
from mss.transport.stream import StreamConnection
from mss.transport.tap import SendTap
from mss.transport.tls import TlsContexts
from mss.transport.websocket import WebSocketConnection

#: Flows that never sent anything and so have no connection; the oldest are forgotten beyond.
_MAX_WAITING = 4096
_CLOSE_SECONDS = 1.0
#: What may fail while a connection is made: network, handshake, a host name unfit for TLS.
CONNECT_ERRORS = (OSError, ValueError)


class ConnectionPool:
    """Knows each connection, accepted or made, by the key of its flow."""

    def __init__(
        self,
        settings: TransportSettings,
        receive: Callable[[bytes, Flow], None],
        *,
        tls: TlsContexts,
        tap: SendTap,
        loop: asyncio.AbstractEventLoop,
        on_flow_closed: Callable[[Flow], None],
        on_batch_end: Callable[[], None] | None,
        on_framing_error: Callable[[FramingError, Flow], None] | None,
        log: LimitedLog,
    ) -> None:
        self._settings = settings
        self._tls = tls
        self._tap = tap
        self._loop = loop
        self._on_flow_closed = on_flow_closed
        self._log = log
        self._connections: set[Connection] = set()
        self._flows: dict[str, StreamFlow] = {}
        self._waiting: dict[str, StreamFlow] = {}
        self._per_address: dict[str, int] = {}
        self._admitted = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._sweeper: asyncio.TimerHandle | None = None
        self._is_closing = False
        self._context = ConnectionContext(
            receive=receive,
            on_batch_end=on_batch_end,
            on_framing_error=on_framing_error,
            on_made=self._connections.add,
            on_opened=self._opened,
            on_closed=self._closed,
            clock=loop.time,
            log=log,
            max_message_bytes=settings.max_message_bytes,
            write_buffer_bytes=settings.write_buffer_bytes,
        )
        self._sweep_seconds = min(
            5.0, settings.handshake_seconds / 4, settings.idle_seconds / 4, settings.message_seconds / 4,
            settings.websocket_ping_seconds / 4,
        )

    @property
    def count(self) -> int:
        """Connections that are up or being made."""
        return self._admitted

    def start(self) -> None:
        """Begin to look after idle connections."""
        self._sweeper = self._loop.call_later(self._sweep_seconds, self._sweep)

    async def close(self) -> None:
        """Close all connections; no closed flow is reported any more."""
        self._is_closing = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for connection in list(self._connections):
            connection.close()
        # One turn of the loop lets the last bytes and the TLS good-bye go out.
        await asyncio.sleep(0)
        for connection in list(self._connections):
            connection.abort()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                while self._connections:
                    await asyncio.sleep(0)

    # -- limits

    def admit(self, host: str) -> bool:
        """Count one more connection with ``host``, or say that it would be one too many."""
        held = self._per_address.get(host, 0)
        if self._admitted >= self._settings.max_connections or held >= self._settings.max_connections_per_address:
            self._log.warn(
                "connections", "connection with %s refused: %d are up, %d of them with that address "
                "(limits %d and %d)", host, self._admitted, held, self._settings.max_connections,
                self._settings.max_connections_per_address,
            )
            return False
        self._admitted += 1
        self._per_address[host] = held + 1
        return True

    def release(self, host: str) -> None:
        """Uncount an admitted connection."""
        self._admitted -= 1
        held = self._per_address[host] - 1
        if held:
            self._per_address[host] = held
        else:
            del self._per_address[host]

    # -- connections

    def accepted(self, advertiser: Advertiser, host: str, port: int, bound: str) -> Connection:
        """The protocol object of an admitted connection; ``bound`` is our address on it."""
        flow = StreamFlow(advertiser.transport, host, port, advertiser.local_for(host, bound), tap=self._tap)
        if flow.transport in ("WS", "WSS"):
            return WebSocketConnection(flow, self._context, ping_seconds=self._settings.websocket_ping_seconds)
        return StreamConnection(flow, self._context, is_accepted=True)

    def find(self, key: str) -> StreamFlow | None:
        """The open or waiting flow with this key."""
        return self._flows.get(key) or self._waiting.get(key)

    def flow_to(
        self, advertiser: Advertiser, host: str, port: int, server_name: str, *, is_verified: bool
    ) -> StreamFlow:
        """A flow of the advertiser's transport that connects to an IP literal when its first message is sent."""
        flow = StreamFlow(
            advertiser.transport, host, port, advertiser.local_for(host), tap=self._tap,
            server_name=server_name, is_verified=is_verified, source="" if advertiser.is_wildcard else advertiser.host,
            limit=self._settings.write_buffer_bytes, connect=self._connect,
        )
        if len(self._waiting) >= _MAX_WAITING:
            del self._waiting[next(iter(self._waiting))]
        self._waiting[flow.key] = flow
        return flow

    def add_alias(self, flow: Flow, port: int) -> None:
        """From now on also use the connection for requests to its host at ``port`` (RFC 5923 Via alias)."""
        if isinstance(flow, StreamFlow) and flow.is_open:
            key = Flow(flow.transport, flow.host, port, flow.local).key
            if self._flows.setdefault(key, flow) is flow and key not in flow.aliases:
                flow.aliases.append(key)

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run one handshake to its end."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _connect(self, flow: StreamFlow) -> None:
        if self._waiting.get(flow.key) is flow:
            del self._waiting[flow.key]
        self._flows.setdefault(flow.key, flow)
        if self._is_closing or not self.admit(flow.host):
            self._loop.call_soon(self._fail, flow)
            return
        self.run(self._make(flow))

    async def _make(self, flow: StreamFlow) -> None:
        """Connect one flow; the reason why it cannot be done is logged and the flow reported closed."""
        connection = StreamConnection(flow, self._context, is_accepted=False)
        limit = self._settings.connect_seconds
        try:
            context = self._tls.client if flow.secure else None
            name = flow.server_name if context is not None else None
            if context is not None:
                limit += self._settings.handshake_seconds
            async with asyncio.timeout(limit):
                await self._loop.create_connection(
                    lambda: connection, flow.host, flow.port, ssl=context, server_hostname=name,
                    local_addr=(flow.source, 0) if flow.source else None,
                    ssl_handshake_timeout=None if context is None else self._settings.handshake_seconds,
                )
        except (*CONNECT_ERRORS, CertificateError) as error:
            self._log.note("connect", "%s: no connection: %s", flow.key, error or type(error).__name__)
            self._abandon(connection)
            self._fail(flow)
        except asyncio.CancelledError:
            self._abandon(connection)
            raise

    def _abandon(self, connection: Connection) -> None:
        """End what was begun; a connection that is up is uncounted when it is lost."""
        if connection.is_up:
            connection.is_ready = False
            connection.abort()
        elif not connection.was_made:
            self.release(connection.flow.host)

    def _fail(self, flow: StreamFlow) -> None:
        flow.shut()
        self._forget(flow)
        if not self._is_closing:
            self._on_flow_closed(flow)

    def _opened(self, connection: Connection) -> None:
        flow = connection.flow
        known = self._flows.get(flow.key)
        if known is None or not known.is_open:
            self._flows[flow.key] = flow

    def _closed(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self.release(connection.flow.host)
        self._forget(connection.flow)
        if connection.is_ready and not self._is_closing:
            self._on_flow_closed(connection.flow)

    def _forget(self, flow: StreamFlow) -> None:
        for key in (flow.key, *flow.aliases):
            if self._flows.get(key) is flow:
                del self._flows[key]

    # -- idle connections

    def _sweep(self) -> None:
        now = self._loop.time()
        for connection in list(self._connections):
            problem = self._problem_of(connection, now)
            if problem:
                self._log.note("idle", "%s: closed, %s", connection.flow.key, problem)
                connection.close()
            else:
                connection.keep_up(now)
        self._sweeper = self._loop.call_later(self._sweep_seconds, self._sweep)

    def _problem_of(self, connection: Connection, now: float) -> str:
        """Why a connection is to be closed, "" when it is not."""
        limits = self._settings
        if not connection.is_ready and now - connection.made_at > limits.handshake_seconds:
            return f"no opening handshake within {limits.handshake_seconds:g} s"
        if not connection.has_spoken and now - connection.made_at > limits.message_seconds:
            return f"no message within {limits.message_seconds:g} s"
        if connection.partial_since and now - connection.partial_since > limits.message_seconds:
            return f"message not complete within {limits.message_seconds:g} s"
        if now - connection.last_heard > limits.idle_seconds:
            return f"idle for {limits.idle_seconds:g} s"
        return ""
