# SPDX-License-Identifier: GPL-2.0-or-later
"""All listeners and connections of the server behind one object."""
from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable

from mss.config.address import Listener
from mss.sip.errors import FramingError
from mss.sip.flow import Flow
from mss.sip.uri import SipUri
from mss.transport.acceptor import StreamListener
from mss.transport.addresses import AddressBook, Advertiser, normalize_literal
from mss.transport.candidates import DEFAULT_PORTS, Candidate
from mss.transport.dns_lookup import DnsLookup
from mss.transport.hosts_file import HostsFile
from mss.transport.log import LimitedLog
from mss.transport.pool import ConnectionPool
from mss.transport.resolver import Resolver
from mss.transport.settings import TransportSettings
from mss.transport.tap import SendTap
from mss.transport.tls import TlsContexts
from mss.transport.udp import UdpFlow, UdpListener


class TransportManager:
    """Opens the listeners, hands messages in with their flow, finds flows for messages out.

    ``receive(message, flow)`` gets each datagram or framed message; ``on_flow_closed(flow)`` is called once for
    each connection that ended or could not be made; ``on_batch_end()`` after each batch of received messages.
    ``on_framing_error(error, flow)`` may answer the message that broke a stream, which is then closed.
    ``random()`` in [0, 1) is for SRV weights.
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
        on_framing_error: Callable[[FramingError, Flow], None] | None = None,
        random: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._receive = receive
        self._loop = loop
        self._on_batch_end = on_batch_end
        self._log = LimitedLog(log, loop.time)
        self._book = AddressBook(settings.public_address, settings.local_networks)
        self._tls = TlsContexts(
            settings.tls_certificate, settings.tls_key,
            verify=settings.tls_verify, ca_file=settings.tls_ca_file, log=log,
        )
        #: What is sent, for those who trace.
        self.tap = SendTap()
        self._pool = ConnectionPool(
            settings, receive, tls=self._tls, tap=self.tap, loop=loop, on_flow_closed=on_flow_closed,
            on_batch_end=on_batch_end, on_framing_error=on_framing_error, log=self._log,
        )
        self._resolver = Resolver(
            DnsLookup(settings.dns_servers, settings.dns_seconds),
            hosts=HostsFile(), random=random, loop=loop, log=self._log,
        )
        self._udp: list[UdpListener] = []
        self._streams: list[StreamListener] = []
        #: Faces of connections that we make by transports for which we have no listener.
        self._outgoing: dict[str, Advertiser] = {}

    async def start(self) -> None:
        """Open all listeners, or none.

        Raises ListenError that names the listener and the remedy, or CertificateError that names the file.
        """
        try:
            for where in self._settings.listeners:
                if where.is_datagram:
                    self._open_datagram(where)
                else:
                    self._open_stream(where)
        except BaseException:
            await self.stop()
            raise
        for listener in self._opened():
            listener.start()
        self._pool.start()

    def _open_datagram(self, where: Listener) -> None:
        self._udp.append(UdpListener(
            where,
            self._book,
            self._receive,
            loop=self._loop,
            on_batch_end=self._on_batch_end,
            log=self._log,
            max_flows=self._settings.max_udp_flows,
            buffer_bytes=self._settings.socket_buffer_bytes,
            tap=self.tap,
            is_first=all(other.is_ipv6 != (":" in where.host) for other in self._udp),
        ))

    def _open_stream(self, where: Listener) -> None:
        self._streams.append(StreamListener(
            where,
            self._book,
            self._pool,
            tls=self._tls,
            handshake_seconds=self._settings.handshake_seconds,
            loop=self._loop,
            log=self._log,
        ))

    async def stop(self) -> None:
        """Close everything; flows still held drop what is sent to them, and none is reported closed."""
        for listener in self._opened():
            listener.close()
        self._udp.clear()
        self._streams.clear()
        await self._resolver.close()
        await self._pool.close()

    def _opened(self) -> list[UdpListener | StreamListener]:
        return [*self._udp, *self._streams]

    @property
    def listeners(self) -> list[Listener]:
        """What is bound, with the true ports."""
        return [listener.where for listener in self._opened()]

    @property
    def connection_count(self) -> int:
        """Connections that are up or being made."""
        return self._pool.count

    # -- flows

    def flow_to(self, transport: str, host: str, port: int, *, near: Flow | None = None) -> Flow | None:
        """The flow to an IP literal; None when it cannot be had: no listener of that IP version, or no connection
        of a WebSocket client, which only the client can open.

        TCP and TLS use the connection that is up, else one that the first message opens; failure is reported by
        ``on_flow_closed``.  ``near`` is a UDP flow whose listener is preferred, so that a peer keeps seeing one
        address of ours.
        """
        literal = normalize_literal(host)
        if literal is None or not 0 < port <= 65535:
            return None
        if transport == "UDP":
            listener = self._udp_listener(literal, near)
            return None if listener is None else listener.flow_to(literal, port)
        return self._stream_to(transport, literal, port, "")

    def find_flows(self, uri: SipUri, on_found: Callable[[list[Flow]], None], *, large: bool = False) -> None:
        """Call ``on_found`` with the flows to try for a request to ``uri``, best first (RFC 3263).

        It is called before this returns when no DNS answer is waited for, which is always so for IP literals, and
        with [] when the URI leads nowhere.  ``large``: the request is too large for UDP.
        """
        name = uri.host if normalize_literal(uri.host) is None else ""

        def convert(candidates: list[Candidate]) -> None:
            flows = [self._candidate_flow(candidate, name) for candidate in candidates]
            on_found([flow for flow in flows if flow is not None])

        self._resolver.find(uri, convert, large=large)

    def restore_flow(self, key: str) -> Flow | None:
        """The flow with a key that was kept (Flow.key): UDP by its listener, else the connection if it is up."""
        transport, _, rest = key.partition(":")
        if transport != "udp":
            flow = self._pool.find(key)
            return flow if flow is not None and flow.is_open else None
        remote, _, suffix = rest.partition("@")
        host, _, port = remote.rpartition(":")
        literal = normalize_literal(host)
        if literal is None or not port.isdigit():
            return None
        for listener in self._udp:
            if suffix and listener.key_suffix == f"@{suffix}" and listener.is_ipv6 == (":" in literal):
                return listener.flow_to(literal, int(port))
        return self.flow_to("UDP", literal, int(port))

    def add_alias(self, flow: Flow, port: int) -> None:
        """Use an accepted connection also for requests to its host at ``port``, as its Via allows (RFC 5923)."""
        self._pool.add_alias(flow, port)

    def _candidate_flow(self, candidate: Candidate, name: str) -> Flow | None:
        if candidate.transport == "UDP":
            return self.flow_to(*candidate)
        return self._stream_to(*candidate, name)

    def _udp_listener(self, host: str, near: Flow | None) -> UdpListener | None:
        is_ipv6 = ":" in host
        if isinstance(near, UdpFlow) and near.listener.is_ipv6 == is_ipv6 and near.listener in self._udp:
            return near.listener
        fitting = [listener for listener in self._udp if listener.is_ipv6 == is_ipv6]
        if len(fitting) > 1:
            fitting.sort(key=lambda listener: not listener.advertiser.can_reach(host))
        return fitting[0] if fitting else None

    def _stream_to(self, transport: str, host: str, port: int, name: str) -> Flow | None:
        is_verified = transport == "TLS" and self._settings.tls_verify
        server_name = name or host
        shown = f"[{host}]" if ":" in host else host
        key = f"{transport.lower()}:{shown}:{port}"
        flow = self._pool.find(f"{key}@{server_name}" if is_verified else key)
        if flow is not None and flow.is_open:
            return flow
        if transport not in ("TCP", "TLS"):
            return None
        advertiser = self._advertiser(transport, host)
        if advertiser is None:
            return None
        return self._pool.flow_to(advertiser, host, port, server_name, is_verified=is_verified)

    def _advertiser(self, transport: str, host: str) -> Advertiser | None:
        """Whose address we give to a peer that we connect to; None without any listener of its IP version."""
        is_ipv6 = ":" in host
        every = [listener.advertiser for listener in self._opened()]
        fitting = [advertiser for advertiser in every if (":" in advertiser.host) == is_ipv6]
        if not fitting:
            return None
        # One of the same transport before others, one with a route there before others.
        fitting.sort(key=lambda each: (each.transport != transport, not each.can_reach(host)))
        best = fitting[0]
        if best.transport == transport:
            return best
        key = f"{transport} {best.host}"
        if key not in self._outgoing:
            self._outgoing[key] = Advertiser(transport, best.host, DEFAULT_PORTS[transport], self._book)
        return self._outgoing[key]

    # -- certificates

    def reload_certificates(self) -> None:
        """Use the renewed certificate for new handshakes; connections that are up stay.

        Raises CertificateError that names file and remedy; the former certificate then stays in use.
        """
        self._tls.reload()

    def check_certificates(self) -> None:
        """Reload if the files have changed; cheap, to be called every few seconds.  A bad file is logged once."""
        self._tls.check()
