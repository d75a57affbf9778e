# SPDX-License-Identifier: GPL-2.0-or-later
"""A transport manager on loopback with everything it reports at hand, and tests run on each event loop."""
from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from mss.config.address import Listener
from mss.sip.errors import FramingError
from mss.sip.flow import Flow
from mss.transport.certificate import create_certificate
from mss.transport.log import LimitedLog
from mss.transport.manager import TransportManager
from mss.transport.settings import TransportSettings

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
with contextlib.suppress(ImportError):
    import uvloop

    LOOPS["uvloop"] = uvloop.new_event_loop

_LIMIT_SECONDS = 20.0


def on_each_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Make an async test an ordinary one that runs on asyncio's loop and on uvloop, with a time limit."""

    @functools.wraps(test)
    def run(loop_name: str, **arguments: object) -> None:
        with asyncio.Runner(loop_factory=LOOPS[loop_name]) as runner:
            runner.run(asyncio.wait_for(test(**arguments), _LIMIT_SECONDS))

    own = inspect.Parameter("loop_name", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    run.__signature__ = inspect.Signature([own, *inspect.signature(test).parameters.values()])
    return pytest.mark.parametrize("loop_name", sorted(LOOPS))(run)


def request(method: str = "OPTIONS", body: bytes = b"") -> bytes:
    """A small SIP request, complete enough for framing."""
    return (
        f"{method} sip:100@mss.example SIP/2.0\r\n"
        "Via: SIP/2.0/TCP 127.0.0.1:5099;branch=z9hG4bKa\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


class Logged(logging.Handler):
    """Collects log lines."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


class Transports:
    """A started manager and what it has reported."""

    def __init__(self, settings: TransportSettings) -> None:
        loop = asyncio.get_running_loop()
        self.received: asyncio.Queue[tuple[bytes, Flow]] = asyncio.Queue()
        #: What gets each message; a test may put its own here.
        self.take: Callable[[bytes, Flow], None] = lambda data, flow: self.received.put_nowait((data, flow))
        self.closed: asyncio.Queue[Flow] = asyncio.Queue()
        self.batches = 0
        self.faults: list[tuple[FramingError, Flow]] = []
        self.logged = Logged()
        log = logging.Logger("transports under test")
        log.addHandler(self.logged)
        self.manager = TransportManager(
            settings,
            lambda data, flow: self.take(data, flow),
            loop=loop,
            on_flow_closed=self.closed.put_nowait,
            on_batch_end=self.count_batch,
            on_framing_error=self.answer_fault,
            random=lambda: 0.5,
            log=log,
        )

    def count_batch(self) -> None:
        self.batches += 1

    def answer_fault(self, error: FramingError, flow: Flow) -> None:
        self.faults.append((error, flow))
        flow.send(b"SIP/2.0 400 Bad Request\r\n\r\n")

    def port(self, transport: str, host: str = "127.0.0.1") -> int:
        """The port of the first such listener."""
        return next(each.port for each in self.manager.listeners if (each.transport, each.host) == (transport, host))


@contextlib.asynccontextmanager
async def transports(*listeners: str, **settings: Any) -> AsyncIterator[Transports]:
    """A manager that listens on ``udp:127.0.0.1``-like places, with free ports."""
    places = [text.partition(":") for text in listeners]
    made = Transports(TransportSettings(tuple(Listener(name, host, 0) for name, _, host in places), **settings))
    await made.manager.start()
    try:
        yield made
    finally:
        await made.manager.stop()
        assert made.manager.connection_count == 0


def certificate(folder: Path, name: str = "server") -> dict[str, Any]:
    """Settings with a new certificate for localhost."""
    paths = {"tls_certificate": str(folder / f"{name}.crt"), "tls_key": str(folder / f"{name}.key")}
    create_certificate(paths["tls_certificate"], paths["tls_key"], ["localhost", "127.0.0.1"])
    return paths


def silent_log() -> tuple[LimitedLog, list[str]]:
    """A log for parts that want one, and its lines."""
    handler = Logged()
    log = logging.Logger("part under test")
    log.addHandler(handler)
    return LimitedLog(log, lambda: 0.0), handler.lines
