# SPDX-License-Identifier: GPL-2.0-or-later
"""The WebSocket of a test client (RFC 7118), as a browser opens it."""
from __future__ import annotations

import socket
import ssl
import time

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Event, Ping, Request, TextMessage

from tests.support.wire import Wire


class WebSocketWire(Wire):
    """A connection on which the subprotocol ``sip`` was granted; ``is_open`` turns false when the server closes it."""

    transport = "WS"

    def __init__(self, server: tuple[str, int]) -> None:
        """Connect and shake hands."""
        super().__init__(self._connect(server), server)
        self.is_open = True
        self._messages: list[bytes] = []
        self._text = b""
        self.subprotocol = ""
        self._protocol = WSConnection(ConnectionType.CLIENT)
        host = f"{server[0]}:{server[1]}"
        self._sock.sendall(self._protocol.send(Request(host=host, target="/", subprotocols=["sip"])))
        end = time.monotonic() + 5
        while not self.subprotocol and self.is_open and time.monotonic() < end:
            self._read(end - time.monotonic())
        assert self.subprotocol == "sip", "the server did not grant the subprotocol sip"

    def _connect(self, server: tuple[str, int]) -> socket.socket:
        return socket.create_connection(server, timeout=5)

    def send(self, data: bytes) -> None:
        """One message, one frame."""
        self._sock.settimeout(5)
        self._sock.sendall(self._protocol.send(TextMessage(data=data.decode())))

    def receive(self, seconds: float) -> bytes | None:
        """The next message."""
        end = time.monotonic() + seconds
        while not self._messages and self.is_open and (left := end - time.monotonic()) > 0:
            self._read(left)
        return self._messages.pop(0) if self._messages else None

    def _read(self, seconds: float) -> None:
        self._sock.settimeout(max(seconds, 0.0001))
        try:
            data = self._sock.recv(65535)
        except TimeoutError:
            return
        except ConnectionError:
            data = b""
        if not data:
            self.is_open = False
            return
        self._protocol.receive_data(data)
        for event in self._protocol.events():
            self._take(event)

    def _take(self, event: Event) -> None:
        if isinstance(event, AcceptConnection):
            self.subprotocol = event.subprotocol or ""
        elif isinstance(event, TextMessage | BytesMessage):
            self._text += event.data.encode() if isinstance(event.data, str) else bytes(event.data)
            if event.message_finished:
                self._messages.append(self._text)
                self._text = b""
        elif isinstance(event, Ping):
            self._sock.sendall(self._protocol.send(event.response()))
        elif isinstance(event, CloseConnection):
            self.is_open = False


class SecureWebSocketWire(WebSocketWire):
    """The same in TLS; the certificate is not verified, as the server made it itself."""

    transport = "WSS"

    def _connect(self, server: tuple[str, int]) -> socket.socket:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context.wrap_socket(super()._connect(server))
