# SPDX-License-Identifier: GPL-2.0-or-later
"""A signalling loop under the tests' control, and plugins without packages."""
from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from mss.config.settings import PluginSettings
from mss.model.routing import CallInfo
from mss.plugin.dispatch import Dispatcher
from mss.plugin.manager import PluginManager, build_plugin_manager
from mss.plugin.types import ServerInfo

CALL = CallInfo("100", "101", "user", "192.0.2.1", "UDP", "a@192.0.2.1")


class FakeTimer:
    """One armed timer."""

    def __init__(self, due: float, function: Callable[[], None]) -> None:
        self.due = due
        self.function = function
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class FakeLoop:
    """The signalling thread's loop: its time stands still, and what threads post waits to be run."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timers: list[FakeTimer] = []
        self._posted: queue.SimpleQueue[tuple[Callable[..., None], tuple[object, ...]]] = queue.SimpleQueue()
        self.is_closed = False

    def call_soon_threadsafe(self, function: Callable[..., None], *args: object) -> None:
        if self.is_closed:
            raise RuntimeError("Event loop is closed")
        self._posted.put((function, args))

    def call_later(self, seconds: float, function: Callable[[], None]) -> FakeTimer:
        timer = FakeTimer(self.now + seconds, function)
        self.timers.append(timer)
        return timer

    def clock(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass and run what is due, in order."""
        end = self.now + seconds
        while True:
            self.timers = [timer for timer in self.timers if not timer.is_cancelled]
            due = [timer for timer in self.timers if timer.due <= end]
            if not due:
                break
            timer = min(due, key=lambda timer: timer.due)
            self.timers.remove(timer)
            self.now = timer.due
            timer.function()
        self.now = end

    def run_until(self, is_true: Callable[[], object]) -> None:
        """Run what threads post until the condition holds; fails after ten real seconds without a post."""
        while not is_true():
            function, args = self._posted.get(timeout=10)
            function(*args)


class Answers(list):
    """A callback that keeps what it is called with."""

    def __call__(self, value: object = None) -> None:
        self.append(value)


class FakeEntryPoint:
    """An installed plugin: ``load`` is what importing it does."""

    def __init__(self, name: str, load: Callable[[], object], version: str = "1.0", dist: str = "") -> None:
        self.name = name
        self.value = f"{dist or name}.plugin"
        self.dist = SimpleNamespace(name=dist or name, version=version)
        self.load = load


class World:
    """Builds managers and dispatchers, and ends their threads."""

    def __init__(self, directory: Path) -> None:
        self.loop = FakeLoop()
        self.server = ServerInfo("0.0", directory, directory)
        self.release = threading.Event()
        self._dispatchers: list[Dispatcher] = []
        self.points: list[FakeEntryPoint] = []

    def manager(self, builtin: dict[str, object] | None = None, **plugins: object) -> PluginManager:
        return self.manager_with(PluginSettings(), builtin, **plugins)

    def manager_with(
        self, settings: PluginSettings, builtin: dict[str, object] | None = None, **plugins: object
    ) -> PluginManager:
        self.points += [FakeEntryPoint(name, lambda plugin=plugin: plugin) for name, plugin in plugins.items()]
        return build_plugin_manager(settings, builtin, lambda: list(self.points))

    def dispatcher(self, manager: PluginManager) -> Dispatcher:
        loop = self.loop
        dispatcher = Dispatcher(manager, loop.call_soon_threadsafe, loop.call_later, loop.clock)
        self._dispatchers.append(dispatcher)
        return dispatcher

    def close(self) -> None:
        self.release.set()
        for dispatcher in self._dispatchers:
            ended = Answers()
            dispatcher.stop(ended)
            self.loop.run_until(lambda ended=ended: ended)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Managers, dispatchers and their loop; ``world.release`` frees hooks that wait for it."""
    world = World(tmp_path)
    yield world
    world.close()


@pytest.fixture
def call_info() -> CallInfo:
    return CALL


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def entry_point() -> type[FakeEntryPoint]:
    return FakeEntryPoint
