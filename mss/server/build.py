# SPDX-License-Identifier: GPL-2.0-or-later
"""The composition root: builds the server, starts its parts in order and stops them in reverse."""
from __future__ import annotations

import asyncio
import gc
import logging
import os
import resource
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from mss.config.paths import Paths
from mss.config.settings import Settings
from mss.server.control_address import UnusableSocket
from mss.server.log import set_up_logging
from mss.server.server import Server
from mss.store.errors import StoreError
from mss.transport.errors import TransportError

log = logging.getLogger("mss.server")

#: Allocations between two collections of the youngest objects: calls leave few cycles behind.
_GC_THRESHOLDS = (50_000, 20, 100)


def run_server(paths: Paths, settings: Settings, on_ready: Callable[[], None] | None = None) -> int:
    """Run the server until SIGTERM or SIGINT; returns the exit status.

    ``on_ready`` is called once, when phones can register.  What stops a start is told in one line that
    names the place and the remedy, and gives status 1.
    """
    set_up_logging(settings.log.level)
    _allow_descriptors()
    try:
        return _run(_serve(paths, settings, on_ready))
    except (StoreError, TransportError, UnusableSocket) as error:
        log.error("%s", error)
        return 1


def _allow_descriptors() -> None:
    """Each connection needs a descriptor: use all that the system grants, not only its first offer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _run(main: Coroutine[Any, Any, int]) -> int:
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(main)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it is installed; ``MSS_LOOP=asyncio`` chooses the standard loop."""
    if os.environ.get("MSS_LOOP") == "asyncio":
        return None
    try:
        import uvloop  # noqa: PLC0415 - optional
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _serve(paths: Paths, settings: Settings, on_ready: Callable[[], None] | None) -> int:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    server = Server(paths, settings, loop)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    loop.add_signal_handler(signal.SIGHUP, server.reload_soon)
    try:
        await server.start()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_GC_THRESHOLDS)
        if on_ready is not None:
            on_ready()
            sys.stdout.flush()
        await stopped.wait()
    finally:
        await server.stop()
    return 0
