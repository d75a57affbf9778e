# SPDX-License-Identifier: GPL-2.0-or-later
"""The dispatcher on asyncio's own loop, as in the server."""
from __future__ import annotations

import asyncio
import threading

from mss.config.settings import PluginSettings
from mss.plugin.api import Redirect, hookimpl
from mss.plugin.dispatch import Dispatcher


class Router:
    @hookimpl
    def mss_route_call(self, call):
        return Redirect("200")


class Sleeper:
    def __init__(self, release):
        self.release = release

    @hookimpl
    def mss_route_call(self, call):
        self.release.wait(60)


async def test_calls_go_on_while_a_plugin_sleeps(world, call_info):
    loop = asyncio.get_running_loop()
    settings = PluginSettings(timeout_ms=20)
    manager = world.manager_with(settings, a=Sleeper(world.release), b=Router())
    dispatcher = Dispatcher(manager, loop.call_soon_threadsafe, loop.call_later)
    dispatcher.start(world.server)
    results = [loop.create_future() for _ in range(100)]
    for result in results:
        dispatcher.ask("mss_route_call", (call_info,), result.set_result)
    assert await asyncio.gather(*results) == [Redirect("200")] * 100
    at_once = loop.create_future()
    dispatcher.ask("mss_route_call", (call_info,), at_once.set_result)
    assert await at_once == Redirect("200")
    assert {info.name: info.state for info in dispatcher.list()} == {"a": "suspended", "b": "active"}
    stopped = loop.create_future()
    dispatcher.stop(lambda: stopped.set_result(True))
    assert await stopped
    assert "mss-plugin-a" in [thread.name for thread in threading.enumerate()], "left behind, not waited for"
