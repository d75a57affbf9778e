# SPDX-License-Identifier: GPL-2.0-or-later
"""SIP over WebSocket, with a client made of the bare protocol."""
from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    Pong,
    RejectConnection,
    Request,
    TextMessage,
)

from tests.transport.harness import Transports, certificate, on_each_loop, request, transports

_HANDSHAKE = Request(host="mss.example", target="/ws", subprotocols=["sip"])


class Client:
    """One WebSocket client; next() gives its events one by one, None at the end of the connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.protocol = WSConnection(ConnectionType.CLIENT)
        self.events: list[Event] = []

    def send(self, event: Event) -> None:
        self.writer.write(self.protocol.send(event))

    async def next(self) -> Event | None:
        while not self.events:
            data = await self.reader.read(65536)
            if not data:
                return None
            self.protocol.receive_data(data)
            self.events += self.protocol.events()
        return self.events.pop(0)

    async def end(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()


async def connect(server: Transports, **options: Any) -> Client:
    made = Client(*await asyncio.open_connection("127.0.0.1", server.port("wss" if options else "ws"), **options))
    made.send(_HANDSHAKE)
    return made


async def greeted(server: Transports) -> Client:
    made = await connect(server)
    assert isinstance(await made.next(), AcceptConnection)
    return made


@on_each_loop
async def test_each_message_is_one_sip_message_in_both_kinds_of_frames() -> None:
    async with transports("ws:127.0.0.1") as server:
        client = await connect(server)
        accepted = await client.next()
        assert isinstance(accepted, AcceptConnection)
        assert accepted.subprotocol == "sip"
        client.send(TextMessage(data=request().decode()))
        client.send(BytesMessage(data=request("MESSAGE", b"\xff")))
        assert (await server.received.get())[0] == request()
        data, flow = await server.received.get()
        assert data == request("MESSAGE", b"\xff")
        assert (flow.transport, flow.secure, flow.reliable) == ("WS", False, True)
        assert server.manager.flow_to("WS", flow.host, flow.port) is flow
        flow.send(b"text")
        flow.send(b"\xff\xfe")
        text, binary = await client.next(), await client.next()
        assert isinstance(text, TextMessage)
        assert text.data == "text"
        assert isinstance(binary, BytesMessage)
        assert binary.data == b"\xff\xfe"
        await client.end()
        assert await server.closed.get() is flow
        assert server.manager.flow_to("WS", flow.host, flow.port) is None


@on_each_loop
async def test_a_message_in_pieces_is_put_together() -> None:
    async with transports("ws:127.0.0.1") as server:
        client = await greeted(server)
        wire = client.protocol.send(TextMessage(data=request().decode()[:10], message_finished=False))
        wire += client.protocol.send(TextMessage(data=request().decode()[10:]))
        for octet in wire:
            client.writer.write(bytes((octet,)))
            await client.writer.drain()
        assert (await server.received.get())[0] == request()
        await client.end()


@on_each_loop
async def test_without_the_subprotocol_the_handshake_is_refused() -> None:
    async with transports("ws:127.0.0.1") as server:
        client = Client(*await asyncio.open_connection("127.0.0.1", server.port("ws")))
        client.send(Request(host="mss.example", target="/", subprotocols=["chat"]))
        refused = await client.next()
        assert isinstance(refused, RejectConnection)
        assert refused.status_code == 400
        await client.end()
    assert server.closed.empty()


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01 nonsense\r\n\r\n", b"A" * 70000])
@on_each_loop
async def test_what_is_no_websocket_is_answered_or_dropped_and_closed(sent: bytes) -> None:
    async with transports("ws:127.0.0.1") as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port("ws"))
        writer.write(sent)
        try:
            answer = await reader.read()
        except ConnectionError:
            answer = b""
        assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
        assert any("closed, " in line for line in server.logged.lines)
        writer.transport.abort()
        client = await greeted(server)
        await client.end()


@on_each_loop
async def test_pings_and_keepalives_are_answered() -> None:
    async with transports("ws:127.0.0.1") as server:
        client = await greeted(server)
        client.send(Ping(payload=b"p"))
        pong = await client.next()
        assert isinstance(pong, Pong)
        assert pong.payload == b"p"
        client.send(TextMessage(data="\r\n\r\n"))
        answer = await client.next()
        assert isinstance(answer, TextMessage)
        assert answer.data == "\r\n"
        assert server.received.empty()
        await client.end()


@on_each_loop
async def test_the_server_pings_and_gives_up_a_client_that_does_not_answer() -> None:
    async with transports("ws:127.0.0.1", websocket_ping_seconds=0.1) as server:
        client = await greeted(server)
        assert isinstance(await client.next(), Ping)
        event: Event | None = Ping()
        while isinstance(event, Ping):
            try:
                event = await client.next()
            except ConnectionError:
                event = None
        assert event is None
        assert (await server.closed.get()).transport == "WS"
        client.writer.transport.abort()


@on_each_loop
async def test_a_message_beyond_the_limit_closes_the_connection() -> None:
    async with transports("ws:127.0.0.1", max_message_bytes=1000) as server:
        client = await greeted(server)
        for _ in range(11):
            client.send(TextMessage(data="x" * 100, message_finished=False))
        closed = await client.next()
        assert isinstance(closed, CloseConnection)
        assert closed.code == 1009
        await server.closed.get()
        assert server.received.empty()
        await client.end()


@on_each_loop
async def test_closing_handshakes_of_either_side() -> None:
    async with transports("ws:127.0.0.1") as server:
        client = await greeted(server)
        client.send(CloseConnection(code=1000))
        assert isinstance(await client.next(), CloseConnection)
        await server.closed.get()
        await client.end()
        client = await greeted(server)
        await server.manager.stop()
        closed = await client.next()
        assert isinstance(closed, CloseConnection)
        assert closed.code == 1001
        await client.end()


@on_each_loop
async def test_an_opening_handshake_takes_only_so_long() -> None:
    async with transports("ws:127.0.0.1", handshake_seconds=0.2) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port("ws"))
        writer.write(b"GET / HTTP/1.1\r\n")
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
    assert server.closed.empty()


@on_each_loop
async def test_a_secure_websocket(tmp_path: Path) -> None:
    paths = certificate(tmp_path)
    context = ssl.create_default_context(cafile=paths["tls_certificate"])
    async with transports("wss:127.0.0.1", **paths) as server:
        client = await connect(server, ssl=context, server_hostname="localhost")
        assert isinstance(await client.next(), AcceptConnection)
        client.send(TextMessage(data=request().decode()))
        data, flow = await server.received.get()
        assert data == request()
        assert (flow.transport, flow.secure) == ("WSS", True)
        assert flow.local.contact_host.endswith(";transport=wss")
        client.writer.transport.abort()
        await server.closed.get()
