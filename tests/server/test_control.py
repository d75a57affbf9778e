# SPDX-License-Identifier: GPL-2.0-or-later
"""The control socket: requests, streams, limits, and what clients must not be able to do."""
from __future__ import annotations

import asyncio
import json
import logging
import socket
import stat
from collections.abc import AsyncGenerator, Callable

import pytest

from mss.server import control
from mss.server.control import ControlServer
from mss.server.control_address import UnusableSocket
from mss.server.facade import Refused


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, command: object, args: object = None, request_id: object = 1) -> dict:
        return await self.send({"id": request_id, "command": command, "args": {} if args is None else args})

    async def send(self, request: object) -> dict:
        line = request if isinstance(request, bytes) else json.dumps(request).encode() + b"\n"
        self.writer.write(line)
        return await self.receive()

    async def receive(self) -> dict:
        return json.loads(await self.reader.readline())

    async def ended(self) -> bool:
        try:
            return await self.reader.read() == b""
        except ConnectionResetError:
            return True

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()


async def slow(args) -> dict:
    await asyncio.Event().wait()
    return {}


async def late(args) -> dict:
    await asyncio.sleep(0)
    return {"late": args}


def broken(args) -> dict:
    raise ZeroDivisionError


def refused(args) -> dict:
    raise Refused("not_found", "there is no such thing")


@pytest.fixture
def closed() -> list[str]:
    """Streams that were closed."""
    return []


@pytest.fixture
def streams(closed) -> dict:
    async def count(args) -> AsyncGenerator[object, None]:
        try:
            yield None
            for number in range(args.get("up_to", 3)):
                yield number
            await asyncio.Event().wait()
        finally:
            closed.append("count")

    async def flood(args) -> AsyncGenerator[object, None]:
        try:
            while True:
                yield "x" * 10000
        finally:
            closed.append("flood")

    async def refuse(args) -> AsyncGenerator[object, None]:
        raise Refused("busy", "too many")
        yield

    async def fail(args) -> AsyncGenerator[object, None]:
        yield 1
        raise ZeroDivisionError

    return {"count": count, "flood": flood, "refuse": refuse, "fail": fail}


@pytest.fixture
async def server(tmp_path, streams):
    handlers = {"echo": lambda args: args, "late": late, "slow": slow, "broken": broken, "refused": refused}
    server = ControlServer(tmp_path / "run" / "mss.sock", handlers, streams)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def connect(server, tmp_path):
    clients = []

    async def open_connection() -> Client:
        clients.append(Client(*await asyncio.open_unix_connection(tmp_path / "run" / "mss.sock")))
        return clients[-1]

    yield open_connection
    for client in clients:
        client.writer.close()


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop run until something has happened; the test's time-out ends it otherwise."""
    while not condition():
        await asyncio.sleep(0)


async def test_requests_on_one_connection(connect) -> None:
    client = await connect()
    assert await client.ask("echo", {"a": "ä"}, 7) == {"id": 7, "result": {"a": "ä"}}
    assert await client.ask("late", {}, "x") == {"id": "x", "result": {"late": {}}}
    assert (await client.ask("refused"))["error"] == {"code": "not_found", "message": "there is no such thing"}
    assert (await client.ask("nothing"))["error"]["code"] == "unknown_command"


async def test_broken_handler_is_logged_and_answered(connect, caplog) -> None:
    client = await connect()
    with caplog.at_level(logging.ERROR, "mss"):
        assert (await client.ask("broken"))["error"]["code"] == "failed"
    assert "ZeroDivisionError" in caplog.text
    assert "result" in await client.ask("echo")


async def test_slow_handler_is_ended(connect, monkeypatch) -> None:
    monkeypatch.setattr(control, "HANDLER_SECONDS", 0.01)
    client = await connect()
    assert "longer than" in (await client.ask("slow"))["error"]["message"]


@pytest.mark.parametrize(
    "line",
    [
        b"\n", b"not json\n", b"[]\n", b"[" * 100000 + b"\n", b'{"id": 1}\n', b'{"id": {}, "command": "echo"}\n',
        b'{"id": 1, "command": 5}\n', b'{"id": 1, "command": "echo", "args": []}\n', b'"\xff"\n',
    ],
)  # fmt: skip
async def test_bad_request_is_refused_and_the_connection_goes_on(connect, line: bytes) -> None:
    client = await connect()
    assert (await client.send(line))["error"]["code"] == "bad_request"
    assert "result" in await client.ask("echo")


async def test_endless_line_ends_the_connection(connect) -> None:
    client = await connect()
    client.writer.write(b"x" * (2 * control.MAX_LINE_BYTES))
    assert (await client.receive())["error"]["code"] == "bad_request"
    assert await client.ended()


async def test_silent_connection_is_closed(connect, monkeypatch) -> None:
    monkeypatch.setattr(control, "IDLE_SECONDS", 0.01)
    client = await connect()
    assert await client.ended()


async def test_number_of_connections_is_bounded(connect, monkeypatch) -> None:
    monkeypatch.setattr(control, "MAX_CONNECTIONS", 2)
    first, second = await connect(), await connect()
    await first.ask("echo")
    await second.ask("echo")
    third = await connect()
    assert (await third.receive())["error"]["code"] == "busy"
    assert await third.ended()


async def test_stream_until_the_client_leaves(connect, closed) -> None:
    client = await connect()
    assert await client.ask("count") == {"id": 1, "result": {}}
    assert [await client.receive() for _ in range(3)] == [{"id": 1, "event": number} for number in range(3)]
    await client.close()
    await until(lambda: closed == ["count"])


async def test_stream_may_be_refused_or_fail(connect, caplog) -> None:
    client = await connect()
    assert (await client.ask("refuse"))["error"]["code"] == "busy"
    assert await client.ended()
    client = await connect()
    assert "result" in await client.ask("fail")
    assert (await client.receive())["event"] == 1
    assert (await client.receive())["error"]["code"] == "failed"
    assert "ZeroDivisionError" in caplog.text


async def test_reader_that_does_not_read_is_cut_off(connect, closed, monkeypatch) -> None:
    monkeypatch.setattr(control, "WRITE_SECONDS", 0.05)
    client = await connect()
    client.writer.write(b'{"id": 1, "command": "flood"}\n')
    await until(lambda: closed == ["flood"])


async def test_permissions_and_removal(server, tmp_path) -> None:
    path = tmp_path / "run" / "mss.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    await server.stop()
    assert not path.exists()
    await server.stop()


async def test_group_may_be_let_in(tmp_path) -> None:
    path = tmp_path / "mss.sock"
    server = ControlServer(path, {}, mode=0o660, group=path.parent.stat().st_gid)
    await server.start()
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    await server.stop()


async def test_stop_ends_streams(server, connect, closed) -> None:
    client = await connect()
    await client.ask("count", {"up_to": 0})
    await server.stop()
    assert closed == ["count"]
    assert await client.ended()


async def test_socket_of_a_dead_server_is_taken_over(tmp_path) -> None:
    path = tmp_path / "mss.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    server = ControlServer(path, {})
    await server.start()
    await server.stop()


async def test_live_server_is_left_alone(server, connect, tmp_path) -> None:
    path = tmp_path / "run" / "mss.sock"
    with pytest.raises(UnusableSocket, match="another mss server"):
        await ControlServer(path, {}).start()
    assert "result" in await (await connect()).ask("echo")


async def test_file_in_the_way_is_left_alone(tmp_path) -> None:
    path = tmp_path / "mss.sock"
    path.write_text("precious")
    with pytest.raises(UnusableSocket, match="no socket"):
        await ControlServer(path, {}).start()
    assert path.read_text() == "precious"


async def test_directory_that_cannot_be_made(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnusableSocket, match="cannot listen"):
        await ControlServer(tmp_path / "file" / "mss.sock", {}).start()
