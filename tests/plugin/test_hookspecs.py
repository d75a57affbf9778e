# SPDX-License-Identifier: GPL-2.0-or-later
"""Each hook once, from the server's call to the plugin's method and back."""
from __future__ import annotations

import click

from mss.config.settings import Settings
from mss.model.call_record import CallRecord
from mss.plugin.api import CallEvent, Metric, Redirect, Refuse, RegistrationChange, RequestInfo, hookimpl
from mss.plugin.collect import collect

REQUEST = RequestInfo("INVITE", "sip:1@192.0.2.9", "192.0.2.66", 5060, "UDP", "friendly-scanner", "a@b")
RECORD = CallRecord(**{**dict.fromkeys(CallRecord._fields, ""), "status": 200})
EVENT = CallEvent("answered", "7", 12.5, "100", "101", "101")
CHANGE = RegistrationChange("expired", "100", "sip:100@192.0.2.1", "udp:192.0.2.1:5060", "phone", 12.5)


@click.command()
def hello() -> None:
    """Say hello."""


class Plugin:
    """Implements every hook."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    @hookimpl
    def mss_start(self, server):
        self.heard.append(("start", server))

    @hookimpl
    def mss_stop(self, server):
        self.heard.append(("stop", server))

    @hookimpl
    def mss_media_gateway(self, settings):
        return lambda: settings.call.media

    @hookimpl
    def mss_screen_request(self, request):
        return Refuse(403, "Go away") if "scanner" in request.user_agent else None

    @hookimpl
    def mss_route_call(self, call):
        return Redirect("102") if call.dialled == "101" else None

    @hookimpl
    def mss_call_record(self, record):
        self.heard.append(record)

    @hookimpl
    def mss_call_event(self, event):
        self.heard.append(event)

    @hookimpl
    def mss_registration_changed(self, change):
        self.heard.append(change)

    @hookimpl
    def mss_metrics(self):
        return [Metric("mss_test_calls_total", 3, {"answered": "yes"})]

    @hookimpl
    def mss_cli_commands(self):
        return [hello]


def told(world, hook, *args):
    """What an installed and a built-in plugin heard when the server told them."""
    installed, builtin = Plugin(), Plugin()
    dispatcher = world.dispatcher(world.manager({"builtin": builtin}, installed=installed))
    dispatcher.tell(hook, args)
    world.close()
    assert installed.heard == builtin.heard
    return installed.heard


def asked(world, answers, hook, *args):
    """What an installed plugin answered."""
    dispatcher = world.dispatcher(world.manager(installed=Plugin()))
    dispatcher.ask(hook, args, answers)
    world.loop.run_until(lambda: answers)
    return answers.pop()


def test_mss_start(world):
    plugin = Plugin()
    world.dispatcher(world.manager(plugin=plugin)).start(world.server)
    world.close()
    assert plugin.heard == [("start", world.server), ("stop", world.server)]


def test_mss_stop(world):
    plugin = Plugin()
    dispatcher = world.dispatcher(world.manager({"plugin": plugin}))
    dispatcher.start(world.server)
    dispatcher.disable("plugin")
    assert plugin.heard == [("start", world.server), ("stop", world.server)]


def test_mss_media_gateway(world):
    ((name, factory),) = collect(world.manager(plugin=Plugin()), "mss_media_gateway", (Settings(),))
    assert (name, factory()) == ("plugin", "direct")


def test_mss_screen_request(world, answers):
    assert asked(world, answers, "mss_screen_request", REQUEST) == Refuse(403, "Go away")
    assert asked(world, answers, "mss_screen_request", REQUEST._replace(user_agent="phone")) is None


def test_mss_route_call(world, answers, call_info):
    assert asked(world, answers, "mss_route_call", call_info) == Redirect("102")
    assert asked(world, answers, "mss_route_call", call_info._replace(dialled="103")) is None


def test_mss_call_record(world):
    assert told(world, "mss_call_record", RECORD) == [RECORD]


def test_mss_call_event(world):
    assert told(world, "mss_call_event", EVENT) == [EVENT]


def test_mss_registration_changed(world):
    assert told(world, "mss_registration_changed", CHANGE) == [CHANGE]


def test_mss_metrics(world, answers):
    dispatcher = world.dispatcher(world.manager({"builtin": Plugin()}, installed=Plugin()))
    dispatcher.gather("mss_metrics", (), answers)
    world.loop.run_until(lambda: answers)
    assert answers == [[[Metric("mss_test_calls_total", 3, {"answered": "yes"})]] * 2]


def test_mss_cli_commands(world):
    assert collect(world.manager(plugin=Plugin()), "mss_cli_commands") == [("plugin", [hello])]
