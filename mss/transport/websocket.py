# SPDX-License-Identifier: GPL-2.0-or-later
"""SIP over WebSocket: each WebSocket message is one SIP message (RFC 7118, RFC 6455)."""
from __future__ import annotations

from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from mss.transport.connection import Connection, ConnectionContext, StreamFlow

_SUBPROTOCOL = "sip"
_BAD_REQUEST = 400
# RFC 6455 7.4.1
_GOING_AWAY = 1001
_TOO_BIG = 1009
_KEEPALIVE = b"\r\n\r\n"


class WebSocketConnection(Connection):
    """An accepted WebSocket; clients behind NAT open them, the server never does (RFC 7118 5)."""

    def __init__(self, flow: StreamFlow, context: ConnectionContext, *, ping_seconds: float) -> None:
        super().__init__(flow, context, is_accepted=True)
        self._protocol = WSConnection(ConnectionType.SERVER)
        self._ping_seconds = ping_seconds
        self._next_ping = 0.0
        self._parts: list[bytes] = []
        self._size = 0

    def begin(self) -> None:
        """Wait for the opening handshake."""

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        self.last_heard = self.context.clock()
        try:
            self._protocol.receive_data(data)
            for event in self._protocol.events():
                self._handle(event)
                if not self.flow.is_open:
                    break
        except RemoteProtocolError as error:
            self.context.log.note("websocket", "%s: closed, %s", self.flow.key, error)
            if error.event_hint is not None and self.flow.is_open:
                self._send(error.event_hint)
            self.shut_down()
        self.end_batch()

    def _handle(self, event: Event) -> None:
        if isinstance(event, TextMessage | BytesMessage):
            self._collect(event)
        elif isinstance(event, Ping):
            self._send(event.response())
        elif isinstance(event, Request):
            self._answer_handshake(event)
        elif isinstance(event, CloseConnection):
            if self._protocol.state is ConnectionState.REMOTE_CLOSING:
                self._send(event.response())
            self.shut_down()

    def _answer_handshake(self, request: Request) -> None:
        # RFC 7118 4.1: the subprotocol "sip" must be asked for and granted.
        if _SUBPROTOCOL not in (offered.lower() for offered in request.subprotocols):
            self.context.log.note("websocket", "%s: refused, the subprotocol sip is not asked for", self.flow.key)
            self._send(RejectConnection(status_code=_BAD_REQUEST))
            self.shut_down()
            return
        self.has_spoken = True
        self._send(AcceptConnection(subprotocol=_SUBPROTOCOL))
        self._next_ping = self.last_heard + self._ping_seconds
        self.make_ready(self.send_message)

    def _collect(self, event: TextMessage | BytesMessage) -> None:
        """Put a message together from its frames, within the limit."""
        data = event.data.encode() if isinstance(event.data, str) else bytes(event.data)
        self._size += len(data)
        if self._size > self.context.max_message_bytes:
            self.context.log.note(
                "websocket", "%s: closed, message larger than %d bytes", self.flow.key, self.context.max_message_bytes
            )
            self._send(CloseConnection(code=_TOO_BIG))
            self.shut_down()
            return
        self._parts.append(data)
        if event.message_finished:
            message = b"".join(self._parts)
            self._parts.clear()
            self._size = 0
            if message.strip():
                self.deliver(message)
            elif message == _KEEPALIVE:
                # RFC 7118 6 wants WebSocket pings; libraries for browsers, which have none, send this.
                self.send_message(b"\r\n")

    def send_message(self, data: bytes) -> None:
        """One SIP message: a text frame when it is UTF-8, which all clients take, else a binary one."""
        try:
            self._send(TextMessage(data=data.decode()))
        except UnicodeDecodeError:
            self._send(BytesMessage(data=data))

    def _send(self, event: Event) -> None:
        try:
            self.write_raw(self._protocol.send(event))
        except LocalProtocolError:
            # The peer has closed its side in the meantime.
            self.shut_down()

    def keep_up(self, now: float) -> None:
        """Ping; the answer counts as a sign of life."""
        if self.is_ready and self.flow.is_open and now >= self._next_ping:
            if now - self.last_heard > 3 * self._ping_seconds:
                self.context.log.note("websocket", "%s: closed, no answer to pings", self.flow.key)
                self.abort()
                return
            self._next_ping = now + self._ping_seconds
            self._send(Ping())

    def shut_down(self) -> None:
        """Close the TCP connection; the closing handshake is done or was made impossible by the peer."""
        super().close()

    def close(self) -> None:
        """Say good-bye and end the connection after what has been written."""
        if self.is_ready and self._protocol.state is ConnectionState.OPEN:
            self._send(CloseConnection(code=_GOING_AWAY))
        self.shut_down()
