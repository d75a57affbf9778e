# SPDX-License-Identifier: GPL-2.0-or-later
"""Homes, a runner for commands, and a server that answers on the control socket."""
from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mss.cli.main import main
from mss.config.paths import Paths
from mss.server.control import ControlServer
from mss.server.control_commands import build_handlers, build_streams
from mss.store.store import Store
from tests.fake_facade import FakeFacade

Run = Callable[..., Result]


@pytest.fixture(scope="session")
def pristine_home(tmp_path_factory) -> Path:
    """A home as ``mss init --no-demo-users`` leaves it; copied for each test."""
    home = tmp_path_factory.mktemp("pristine") / "home"
    result = CliRunner().invoke(
        main, ["--home", str(home), "init", "--bind", "127.0.0.1", "--sip-port", "25060", "--no-demo-users"]
    )
    assert result.exit_code == 0, result.output
    return home


@pytest.fixture
def home(tmp_path, pristine_home) -> Path:
    return Path(shutil.copytree(pristine_home, tmp_path / "home"))


@pytest.fixture
def run(tmp_path) -> Run:
    """Run ``mss --home HOME ...``; the exit code must be the one named."""

    def run_command(*args: object, code: int = 0, input: str | None = None) -> Result:
        words = ["--home", str(tmp_path / "home"), *map(str, args)]
        result = CliRunner().invoke(main, words, input=input, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return run_command


@pytest.fixture
def store(home) -> Iterator[Store]:
    """The database of the home."""
    store = Store.open(f"sqlite:///{Paths.for_home(home).database_file}")
    yield store
    store.close()


@pytest.fixture
def facade() -> FakeFacade:
    return FakeFacade()


async def stop_all(control: ControlServer) -> None:
    """Stop the server, but not while the loop is accepting a connection: that would leave half a transport."""
    for _ in range(5):
        await asyncio.sleep(0)
    await control.stop()
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others)
    await asyncio.sleep(0)


@pytest.fixture
def server(home, facade) -> Iterator[asyncio.AbstractEventLoop]:
    """A running server with ``facade`` behind it; gives its event loop."""
    loop = asyncio.new_event_loop()
    control = ControlServer(Paths.for_home(home).socket, build_handlers(facade), build_streams(facade))
    loop.run_until_complete(control.start())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield loop
    asyncio.run_coroutine_threadsafe(stop_all(control), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
