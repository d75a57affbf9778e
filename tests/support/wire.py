# SPDX-License-Identifier: GPL-2.0-or-later
"""The sockets of a test client: UDP, TCP and TLS behind one small interface."""
from __future__ import annotations

import socket
import ssl
import time

from tests.support.ports import HOST
from tests.support.sip_message import take_from_stream


class Wire:
    """A socket to one server.  ``transport`` is the name in Via."""

    transport = ""

    def __init__(self, sock: socket.socket, server: tuple[str, int]) -> None:
        """Takes over ``sock``."""
        self._sock = sock
        self.server = server
        self.port: int = sock.getsockname()[1]

    def send(self, data: bytes) -> None:
        """Send one message."""
        raise NotImplementedError

    def receive(self, seconds: float) -> bytes | None:
        """The next message, or None when there is none within ``seconds``."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()


class UdpWire(Wire):
    """One datagram per message."""

    transport = "UDP"

    def __init__(self, server: tuple[str, int], port: int = 0) -> None:
        """Bind ``port`` of the loopback interface (0: any)."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((HOST, port))
        super().__init__(sock, server)

    def send(self, data: bytes) -> None:
        """Send it to the server."""
        self._sock.sendto(data, self.server)

    def receive(self, seconds: float) -> bytes | None:
        """A datagram from anywhere."""
        self._sock.settimeout(max(seconds, 0.0001))
        try:
            return self._sock.recv(65535)
        except TimeoutError:
            return None


class StreamWire(Wire):
    """A TCP connection, framed by Content-Length; ``is_open`` turns false when the server closes it."""

    transport = "TCP"

    def __init__(self, server: tuple[str, int]) -> None:
        """Connect."""
        super().__init__(socket.create_connection(server, timeout=5), server)
        self._buffer = b""
        self.is_open = True

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self._sock.settimeout(5)
        self._sock.sendall(data)

    def send_bytewise(self, data: bytes) -> None:
        """Send it one byte at a time, each in a segment of its own."""
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for index in range(len(data)):
            self.send(data[index : index + 1])

    def receive(self, seconds: float) -> bytes | None:
        """The next whole message of the stream."""
        end = time.monotonic() + seconds
        while True:
            message, self._buffer = take_from_stream(self._buffer)
            left = end - time.monotonic()
            if message is not None or left <= 0 or not self.is_open:
                return message
            self._sock.settimeout(left)
            try:
                data = self._sock.recv(65535)
            except TimeoutError:
                return None
            except ConnectionError:
                data = b""
            self.is_open = bool(data)
            self._buffer += data


class TlsWire(StreamWire):
    """The same in TLS; the certificate is not verified, as the server made it itself."""

    transport = "TLS"

    def __init__(self, server: tuple[str, int]) -> None:
        """Connect and shake hands."""
        super().__init__(server)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self._sock = context.wrap_socket(self._sock)
