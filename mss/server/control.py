# SPDX-License-Identifier: GPL-2.0-or-later
"""The control socket: how ``mss`` on the command line talks to the running server.

A Unix stream socket with one JSON object per line.  A request is ``{"id": 1, "command": "status", "args": {}}``; its
answer ``{"id": 1, "result": ...}`` or ``{"id": 1, "error": {"code": "not_found", "message": "..."}}``.  A command that
streams answers ``{"id": 1, "result": {}}`` and then ``{"id": 1, "event": ...}`` until the client closes.  Whoever may
open the socket may do everything; that is what its permissions are for.

Everything is bounded (connections, line length, time to write), so no client can hold up the signalling loop.
"""
from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import logging
import os
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from mss.server.control_address import UnusableSocket, connectable
from mss.server.facade import Refused

log = logging.getLogger("mss.server.control")

Arguments = Mapping[str, Any]
#: Answers one request at once, or after waiting for something.
Handler = Callable[[Arguments], object | Awaitable[object]]
#: Yields events until the client goes away; it is closed then.  The first thing it yields, or ``None`` in its place,
#: tells the client that it has begun.
Stream = Callable[[Arguments], AsyncGenerator[object, None]]

#: Longest request.  Lists of users are sent in portions by our client.
MAX_LINE_BYTES: Final = 1 << 18
MAX_CONNECTIONS: Final = 64
#: A client that does not read its answer within this is cut off; seconds.
WRITE_SECONDS: Final = 10.0
#: A connection without a request for so long is closed; seconds.
IDLE_SECONDS: Final = 300.0
#: The longest that an ``async`` handler may take; seconds.
HANDLER_SECONDS: Final = 60.0


class ControlServer:
    """Listens on ``path`` and answers with ``handlers`` and ``streams``, both by command name.

    ``mode`` are the permissions of the socket: 0o600, or 0o660 with the ``group`` (a group id) that may use it.
    """

    def __init__(
        self,
        path: Path,
        handlers: Mapping[str, Handler],
        streams: Mapping[str, Stream] | None = None,
        *,
        mode: int = 0o600,
        group: int | None = None,
    ) -> None:
        self._path = path
        self._handlers = dict(handlers)
        self._streams = dict(streams or {})
        self._mode = mode
        self._group = group
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Open the socket.  Raises ``UnusableSocket`` when another server answers there or it cannot be made."""
        listener = self._bind()
        self._server = await asyncio.start_unix_server(self._serve, sock=listener, limit=MAX_LINE_BYTES)

    async def stop(self) -> None:
        """Close the socket and all connections, and remove its file."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        connections = list(self._connections)
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        self._path.unlink(missing_ok=True)

    def _bind(self) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            remove_stale_socket(self._path)
            with connectable(self._path) as address, _private_files():
                listener.bind(address)
            if self._group is not None:
                os.chown(self._path, -1, self._group)
            os.chmod(self._path, self._mode)
            listener.listen(MAX_CONNECTIONS)
        except OSError as error:
            listener.close()
            raise UnusableSocket(f"{self._path}: cannot listen: {error.strerror or error}") from error
        except UnusableSocket:
            listener.close()
            raise
        return listener

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._connections) >= MAX_CONNECTIONS:
            writer.write(_encode_error(None, "busy", f"{MAX_CONNECTIONS} control connections are open already"))
            writer.close()
            return
        self._connections.add(task)
        try:
            await self._answer_requests(reader, writer)
        except (ConnectionError, TimeoutError):
            log.debug("control connection lost")
        except asyncio.CancelledError:
            log.debug("control connection closed by shut-down")
        finally:
            self._connections.discard(task)
            writer.close()

    async def _answer_requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    line = await reader.readuntil(b"\n")
            except asyncio.IncompleteReadError:
                return
            except asyncio.LimitOverrunError:
                await _write(writer, _encode_error(None, "bad_request", f"longer than {MAX_LINE_BYTES} bytes"))
                return
            request_id, command, arguments, fault = _parse_request(line)
            if fault:
                await _write(writer, _encode_error(request_id, "bad_request", fault))
            elif command in self._streams:
                await self._run_stream(request_id, self._streams[command], arguments, reader, writer)
                return
            else:
                await _write(writer, await self._run(request_id, command, arguments))

    async def _run(self, request_id: object, command: str, arguments: Arguments) -> bytes:
        """The answer to one request, whatever the handler does."""
        handler = self._handlers.get(command)
        if handler is None:
            return _encode_error(request_id, "unknown_command", f"this server has no command {command!r}")
        try:
            result = handler(arguments)
            if inspect.isawaitable(result):
                async with asyncio.timeout(HANDLER_SECONDS):
                    result = await result
            return _encode({"id": request_id, "result": result})
        except Refused as refusal:
            return _encode_error(request_id, refusal.code, str(refusal))
        except TimeoutError:
            return _encode_error(request_id, "failed", f"{command} took longer than {HANDLER_SECONDS:.0f} seconds")
        except Exception:
            # One of the outermost loops: a fault in a command must not end the server.
            log.exception("control command %s failed", command)
            return _encode_error(request_id, "failed", f"{command} failed in the server; its log says why")

    async def _run_stream(
        self,
        request_id: object,
        stream: Stream,
        arguments: Arguments,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Send events until the client closes its side or the server stops."""
        sending = asyncio.create_task(_send_events(request_id, stream, arguments, writer))
        leaving = asyncio.create_task(_read_to_end(reader))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _end((sending, leaving))


def remove_stale_socket(path: Path) -> None:
    """Take away a socket that a dead server left.  Raises ``UnusableSocket`` when a live one answers."""
    if not path.exists():
        return
    if not path.is_socket():
        raise UnusableSocket(f"{path}: is in the way and no socket; move it away")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe, connectable(path) as address:
        probe.settimeout(1.0)
        try:
            probe.connect(address)
        except TimeoutError:
            pass
        except OSError:
            path.unlink(missing_ok=True)
            return
    raise UnusableSocket(f"{path}: another mss server is running here; stop it first, or use another --home")


async def _send_events(
    request_id: object, stream: Stream, arguments: Arguments, writer: asyncio.StreamWriter
) -> None:
    try:
        async with contextlib.aclosing(stream(arguments)) as source:
            started = False
            async for event in source:
                if not started:
                    started = True
                    await _write(writer, _encode({"id": request_id, "result": {}}))
                if event is not None:
                    await _write(writer, _encode({"id": request_id, "event": event}))
    except Refused as refusal:
        await _write(writer, _encode_error(request_id, refusal.code, str(refusal)))
    except (ConnectionError, TimeoutError):
        log.debug("a trace was cut off: its reader is gone or too slow")
    except Exception:
        # As in _run: this task is an outermost loop too.
        log.exception("control stream failed")
        await _write(writer, _encode_error(request_id, "failed", "failed in the server; its log says why"))


async def _end(tasks: tuple[asyncio.Task[None], ...]) -> None:
    """Cancel tasks and wait for their end, even if somebody cancels us meanwhile: the connection ends anyway."""
    for task in tasks:
        task.cancel()
    while pending := [task for task in tasks if not task.done()]:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait(pending)


async def _read_to_end(reader: asyncio.StreamReader) -> None:
    while await reader.read(4096):
        pass


async def _write(writer: asyncio.StreamWriter, line: bytes) -> None:
    writer.write(line)
    # Not asyncio.wait_for: until Python 3.12 it loses a cancellation that comes together with the result.
    async with asyncio.timeout(WRITE_SECONDS):
        await writer.drain()


def _parse_request(line: bytes) -> tuple[object, str, Arguments, str]:
    """Id, command, arguments and what is wrong ("" = nothing)."""
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        return None, "", {}, "the request is not JSON"
    if not isinstance(request, dict):
        return None, "", {}, "the request is not an object"
    request_id = request.get("id")
    command = request.get("command")
    arguments = request.get("args", {})
    if not isinstance(request_id, int | str | None):
        return None, "", {}, "id must be a number or a text"
    if not isinstance(command, str) or not isinstance(arguments, dict):
        return request_id, "", {}, "command must be a text and args an object"
    return request_id, command, arguments, ""


def _encode(answer: Mapping[str, object]) -> bytes:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace") + b"\n"


def _encode_error(request_id: object, code: str, message: str) -> bytes:
    return _encode({"id": request_id, "error": {"code": code, "message": message}})


@contextlib.contextmanager
def _private_files() -> Iterator[None]:
    """Files made meanwhile are for their owner only: a socket must not be open to others before its chmod."""
    before = os.umask(0o177)
    try:
        yield
    finally:
        os.umask(before)
