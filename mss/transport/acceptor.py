# SPDX-License-Identifier: GPL-2.0-or-later
"""Listeners of the connection-oriented transports: accept, admit within the limits, hand to the pool."""
from __future__ import annotations

import asyncio
import contextlib
import socket

from mss.config.address import Listener
from mss.transport.addresses import AddressBook, Advertiser
from mss.transport.connection import Connection
from mss.transport.log import LimitedLog
from mss.transport.pool import CONNECT_ERRORS, ConnectionPool
from mss.transport.sockets import open_socket
from mss.transport.tls import TlsContexts

#: Connections taken per wake-up.
_BATCH = 64
#: Pause after the process or the system has run out of file descriptors.
_RESUME_SECONDS = 1.0
_TLS_SHUTDOWN_SECONDS = 2.0


class StreamListener:
    """One listening TCP socket of a TCP, TLS, WS or WSS listener.

    It accepts by itself, so that a connection beyond the limits costs one system call, and so that each TLS
    handshake takes the certificate that is valid when it begins.
    """

    def __init__(
        self,
        where: Listener,
        book: AddressBook,
        pool: ConnectionPool,
        *,
        tls: TlsContexts,
        handshake_seconds: float,
        loop: asyncio.AbstractEventLoop,
        log: LimitedLog,
    ) -> None:
        """Bind at once; raises ListenError, or CertificateError when a secure listener has no certificate."""
        self._tls = tls if where.is_secure else None
        if self._tls is not None:
            # Whatever is wrong with the certificate is to stop the start, not the first handshake.
            _ = self._tls.server
        self._socket = open_socket(where)
        self.where = where._replace(port=self._socket.getsockname()[1])
        self.advertiser = Advertiser(where.transport.upper(), where.host, self.where.port, book)
        self._pool = pool
        self._handshake_seconds = handshake_seconds
        self._loop = loop
        self._log = log
        self._resume: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to accept."""
        self._resume = None
        self._loop.add_reader(self._socket.fileno(), self._accept)

    def close(self) -> None:
        """Stop accepting; connections that are up stay."""
        if self._socket.fileno() < 0:
            return
        self._loop.remove_reader(self._socket.fileno())
        if self._resume is not None:
            self._resume.cancel()
        self._socket.close()

    def _accept(self) -> None:
        for _ in range(_BATCH):
            try:
                accepted, address = self._socket.accept()
            except BlockingIOError:
                return
            except ConnectionError:
                # The peer has given up already.
                continue
            except OSError as error:
                # Typically out of file descriptors; the socket stays readable, so wait.
                self._log.warn("accept", "%s: %s; accepting again in %g s", self.where, error, _RESUME_SECONDS)
                self._loop.remove_reader(self._socket.fileno())
                self._resume = self._loop.call_later(_RESUME_SECONDS, self.start)
                return
            if self._pool.admit(address[0]):
                self._pool.run(self._serve(accepted, address[0], address[1]))
            else:
                accepted.close()

    async def _serve(self, accepted: socket.socket, host: str, port: int) -> None:
        """Make a connection of an accepted socket; a failed handshake is logged and forgotten."""
        connection: Connection | None = None
        try:
            accepted.setblocking(False)
            with contextlib.suppress(OSError):
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                accepted.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            made = connection = self._pool.accepted(self.advertiser, host, port, accepted.getsockname()[0])
            await self._hand_over(made, accepted)
        except CONNECT_ERRORS as error:
            self._log.note("handshake", "%s: handshake with %s failed: %s", self.where, host, error or type(error))
        finally:
            if connection is None or not connection.was_made:
                accepted.close()
                self._pool.release(host)

    async def _hand_over(self, connection: Connection, accepted: socket.socket) -> None:
        if self._tls is None:
            await self._loop.connect_accepted_socket(lambda: connection, accepted)
        else:
            await self._loop.connect_accepted_socket(
                lambda: connection, accepted, ssl=self._tls.server,
                ssl_handshake_timeout=self._handshake_seconds, ssl_shutdown_timeout=_TLS_SHUTDOWN_SECONDS,
            )
