# SPDX-License-Identifier: GPL-2.0-or-later
"""TCP connections: framing, keep-alives, limits, reuse in both directions."""
from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

import pytest

from mss.config.address import Listener
from mss.sip.flow import Flow
from mss.transport.connection import StreamFlow
from mss.transport.errors import ListenError
from mss.transport.settings import TransportSettings
from tests.transport.harness import Transports, certificate, on_each_loop, request, transports


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


@on_each_loop
async def test_messages_are_cut_out_of_any_division_of_the_stream() -> None:
    async with transports("tcp:127.0.0.1") as server:
        reader, writer = await connect(server.port("tcp"))
        writer.write(request() * 3 + request("MESSAGE", b"hi")[:50])
        flows = [(await server.received.get())[1] for _ in range(3)]
        for octet in request("MESSAGE", b"hi")[50:]:
            writer.write(bytes((octet,)))
            await writer.drain()
        data, flow = await server.received.get()
        assert data == request("MESSAGE", b"hi")
        assert {id(each) for each in flows} == {id(flow)}
        host, port = writer.get_extra_info("sockname")
        assert flow.key == f"tcp:{host}:{port}"
        assert flow.local.contact_host == f"127.0.0.1:{server.port('tcp')};transport=tcp"
        flow.send(b"answer")
        assert await reader.readexactly(6) == b"answer"
        await hang_up(writer)
        assert await server.closed.get() is flow
        assert not flow.is_open
        flow.send(b"dropped")
        assert server.manager.connection_count == 0


@on_each_loop
async def test_a_ping_is_answered_with_a_pong() -> None:
    async with transports("tcp:127.0.0.1") as server:
        reader, writer = await connect(server.port("tcp"))
        writer.write(b"\r\n\r\n")
        assert await reader.readexactly(2) == b"\r\n"
        writer.write(request() + b"\r\n\r\n\r\n\r\n")
        assert await reader.readexactly(4) == b"\r\n\r\n"
        await hang_up(writer)


@on_each_loop
async def test_a_broken_stream_is_answered_logged_once_and_closed() -> None:
    async with transports("tcp:127.0.0.1") as server:
        reader, writer = await connect(server.port("tcp"))
        bad = request().replace(b"Content-Length: 0", b"Content-Length: ten")
        writer.write(request() + bad + request())
        assert (await server.received.get())[0] == request()
        assert await reader.read() == b"SIP/2.0 400 Bad Request\r\n\r\n"
        assert [error.status for error, _ in server.faults] == [400]
        assert server.received.empty()
        assert len([line for line in server.logged.lines if "closed" in line]) == 1
        await server.closed.get()
        await hang_up(writer)


@on_each_loop
async def test_a_message_beyond_the_limit_is_refused_by_its_head() -> None:
    async with transports("tcp:127.0.0.1", max_message_bytes=1000) as server:
        reader, writer = await connect(server.port("tcp"))
        writer.write(request("MESSAGE", b"x" * 1001)[:200])
        assert await reader.read() == b"SIP/2.0 400 Bad Request\r\n\r\n"
        assert server.faults[0][0].status == 513
        await hang_up(writer)


@on_each_loop
async def test_one_address_cannot_take_all_connections() -> None:
    async with transports("tcp:127.0.0.1", max_connections_per_address=2) as server:
        pairs = [await connect(server.port("tcp")) for _ in range(3)]
        for _, writer in pairs[:2]:
            writer.write(request())
            await server.received.get()
        # The third is closed unread.
        assert await pairs[2][0].read() == b""
        assert server.manager.connection_count == 2
        assert any("connection with 127.0.0.1 refused" in line for line in server.logged.lines)
        await hang_up(pairs[0][1])
        await server.closed.get()
        _, writer = await connect(server.port("tcp"))
        writer.write(request())
        await server.received.get()
        for each in (pairs[1][1], pairs[2][1], writer):
            await hang_up(each)


@on_each_loop
async def test_the_number_of_connections_is_bounded() -> None:
    async with transports("tcp:127.0.0.1", max_connections=1) as server:
        _, first = await connect(server.port("tcp"))
        first.write(request())
        await server.received.get()
        reader, second = await connect(server.port("tcp"))
        assert await reader.read() == b""
        flow = server.manager.flow_to("TCP", "127.0.0.1", server.port("tcp"))
        assert flow is not None
        flow.send(request())
        assert await server.closed.get() is flow
        await hang_up(first)
        await hang_up(second)


@pytest.mark.parametrize("sent", [b"", request()[:30], request() + request()[:30], request()])
@on_each_loop
async def test_silent_and_half_heard_peers_are_closed(sent: bytes) -> None:
    limits = {"message_seconds": 0.2} if sent != request() else {"idle_seconds": 0.2}
    async with transports("tcp:127.0.0.1", **limits) as server:
        reader, writer = await connect(server.port("tcp"))
        writer.write(sent)
        assert await reader.read() == b""
        await hang_up(writer)
        assert any("closed, " in line for line in server.logged.lines)


@pytest.mark.parametrize("transport", ["tcp", "tls"])
@on_each_loop
async def test_a_peer_that_does_not_read_is_closed(tmp_path: Path, transport: str) -> None:
    paths = certificate(tmp_path)
    context = ssl.create_default_context(cafile=paths["tls_certificate"]) if transport == "tls" else None
    async with transports(f"{transport}:127.0.0.1", write_buffer_bytes=10000, **paths) as server:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port(transport), ssl=context)
        writer.write(request())
        _, flow = await server.received.get()
        while flow.is_open:
            flow.send(b"x" * 60000)
            await asyncio.sleep(0)
        assert await server.closed.get() is flow
        assert any("does not read" in line for line in server.logged.lines)
        writer.transport.abort()


@on_each_loop
async def test_connections_come_from_the_address_listened_on() -> None:
    async with transports("tcp:127.0.0.2") as server, transports("tcp:127.0.0.1") as other:
        flow = server.manager.flow_to("TCP", "127.0.0.1", other.port("tcp"))
        assert flow is not None
        flow.send(request())
        assert (await other.received.get())[1].host == "127.0.0.2"


@on_each_loop
async def test_a_flow_connects_with_its_first_message_and_is_reused() -> None:
    async with transports("tcp:127.0.0.1") as server, transports("tcp:127.0.0.1") as other:
        flow = server.manager.flow_to("TCP", "127.0.0.1", other.port("tcp"))
        assert flow is not None
        assert server.manager.flow_to("TCP", "127.0.0.1", other.port("tcp")) is flow
        assert server.manager.connection_count == 0
        flow.send(request("INVITE"))
        flow.send(request("CANCEL"))
        assert server.manager.flow_to("TCP", "127.0.0.1", other.port("tcp")) is flow
        assert (await other.received.get())[0] == request("INVITE")
        data, back = await other.received.get()
        assert data == request("CANCEL")
        assert server.manager.connection_count == 1
        # RFC 3261 18.2.2: the other side answers over the same connection ...
        back.send(request("BYE"))
        assert (await server.received.get())[1] is flow
        # ... and finds it again by the address it came from, or by its kept key.
        assert other.manager.flow_to("TCP", back.host, back.port) is back
        assert other.manager.restore_flow(back.key) is back
        assert server.manager.restore_flow(flow.key) is flow
        assert flow.local.contact_host == f"127.0.0.1:{server.port('tcp')};transport=tcp"


@on_each_loop
async def test_an_alias_leads_to_the_accepted_connection() -> None:
    async with transports("tcp:127.0.0.1") as server, transports("tcp:127.0.0.1") as other:
        outgoing = other.manager.flow_to("TCP", "127.0.0.1", server.port("tcp"))
        assert outgoing is not None
        outgoing.send(request())
        _, flow = await server.received.get()
        server.manager.add_alias(flow, 5999)
        assert server.manager.flow_to("TCP", "127.0.0.1", 5999) is flow
        await other.manager.stop()
        await server.closed.get()
        fresh = server.manager.flow_to("TCP", "127.0.0.1", 5999)
        assert fresh is not flow
        assert server.manager.restore_flow(flow.key) is None


@on_each_loop
async def test_a_connection_that_cannot_be_made_is_reported_closed_once() -> None:
    async with transports("tcp:127.0.0.1") as server:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            flow = server.manager.flow_to("TCP", "127.0.0.1", unused.getsockname()[1])
            assert flow is not None
            flow.send(request())
            flow.send(request())
            assert await server.closed.get() is flow
        assert not flow.is_open
        assert server.closed.empty()
        assert server.manager.connection_count == 0
        assert server.manager.restore_flow(flow.key) is None


@on_each_loop
async def test_what_waits_for_a_connection_is_bounded() -> None:
    async with transports("tcp:127.0.0.1", write_buffer_bytes=3 * len(request())) as server:
        flow = server.manager.flow_to("TCP", "127.0.0.1", server.port("tcp"))
        assert flow is not None
        for _ in range(10):
            flow.send(request())
        for _ in range(3):
            await server.received.get()
        flow.send(request("BYE"))
        assert (await server.received.get())[0] == request("BYE")


@on_each_loop
async def test_stopping_closes_connections_and_reports_nothing() -> None:
    async with transports("tcp:127.0.0.1") as server:
        reader, writer = await connect(server.port("tcp"))
        writer.write(request())
        _, flow = await server.received.get()
        flow.send(b"last words")
        await server.manager.stop()
        assert await reader.read() == b"last words"
        assert not flow.is_open
        assert server.closed.empty()
        await hang_up(writer)


@on_each_loop
async def test_a_listener_that_cannot_open_takes_the_others_with_it() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = Transports(TransportSettings((Listener("udp", "127.0.0.1", 0), Listener("tcp", "127.0.0.1", port))))
        with pytest.raises(ListenError, match="the port is in use"):
            await server.manager.start()
        assert server.manager.listeners == []


@on_each_loop
async def test_a_receiver_may_close_the_flow_between_two_messages() -> None:
    async with transports("tcp:127.0.0.1") as server:
        taken: list[bytes] = []

        def take(data: bytes, flow: Flow) -> None:
            taken.append(data)
            assert isinstance(flow, StreamFlow)
            flow.close()

        server.take = take
        reader, writer = await connect(server.port("tcp"))
        writer.write(request() * 2)
        assert await reader.read() == b""
        assert taken == [request()]
        await hang_up(writer)
