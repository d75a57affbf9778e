# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss plugin``, with and without a running server."""
from __future__ import annotations

import json
from importlib.metadata import EntryPoint
from types import ModuleType

import click
import pytest

from mss.cli import plugin_commands
from mss.plugin import manager
from mss.plugin.api import hookimpl

GOOD = """
from mss.plugin.api import hookimpl
@hookimpl
def mss_route_call(call):
    return None
"""


class Hello:
    """A plugin with a command of its own and one that has a name of ours."""

    @hookimpl
    def mss_cli_commands(self):
        return [click.Command("hello", callback=lambda: click.echo("hello there"), help="Greet."),
                click.Command("user", help="Not ours.")]  # fmt: skip


@pytest.fixture
def installed(monkeypatch):
    """Two plugins: one good, one that cannot be imported."""
    module = ModuleType("hello_plugin")
    module.plugin = Hello()
    monkeypatch.setitem(__import__("sys").modules, "hello_plugin", module)
    points = [
        EntryPoint("broken", "no_such_module_at_all", "mss"),
        EntryPoint("hello", "hello_plugin:plugin", "mss"),
    ]
    monkeypatch.setattr(manager, "installed_entry_points", lambda: points)
    monkeypatch.setattr(plugin_commands, "installed_entry_points", lambda: points)
    defaults = (points_of := manager.build_plugin_manager).__defaults__
    monkeypatch.setattr(points_of, "__defaults__", (*defaults[:-1], lambda: points))


def states(run) -> dict[str, str]:
    return {info["name"]: info["state"] for info in json.loads(run("plugin", "list", "--json").stdout)}


def test_list_of_running_server(run, server) -> None:
    line = run("plugin", "list").stdout.splitlines()[1]
    assert line == "example\t0.1\tactive\t5\t1\t0\t0\tmss_route_call\tValueError: no"
    assert json.loads(run("plugin", "list", "--json").stdout)[0]["name"] == "example"


def test_switching_a_running_server_is_remembered(run, server, facade, store) -> None:
    assert run("plugin", "disable", "example").stdout == "Plugin example: active\n"
    assert [(state.name, state.enabled) for state in store.plugins.list()] == [("example", False)]
    run("plugin", "enable", "example", "--json")
    assert store.plugins.get("example").enabled
    assert facade.asked == [("disable", "example"), ("enable", "example")]


def test_unknown_plugin_is_not_remembered(run, server, store) -> None:
    assert "no plugin nothing" in run("plugin", "enable", "nothing", code=1).stderr
    assert store.plugins.list() == []


def test_without_server(run, home, installed, store) -> None:
    assert states(run) == {"broken": "failed", "hello": "active"}
    assert "no_such_module_at_all" in run("plugin", "list").stdout
    assert run("plugin", "disable", "hello").stdout.startswith("Plugin hello: disabled")
    assert states(run)["hello"] == "disabled"
    assert run("plugin", "enable", "hello").stdout == "Plugin hello: active\n"
    assert states(run)["hello"] == "active"
    assert "failed" in run("plugin", "enable", "broken", code=1).stdout
    assert "no plugin helo is installed, did you mean hello?" in run("plugin", "disable", "helo", code=1).stderr


def test_plugin_that_settings_disable(run, home, installed) -> None:
    (home / "conf.d" / "plugins.toml").write_text('[plugins]\ndisabled = ["hello"]\n')
    assert states(run)["hello"] == "disabled"
    assert "[plugins] disabled" in run("plugin", "enable", "hello", code=1).stderr


def test_check(run, tmp_path) -> None:
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text(GOOD)
    bad.write_text(GOOD.replace("mss_route_call", "mss_rout_call"))
    assert "nothing stands against it" in run("plugin", "check", good).stdout
    result = run("plugin", "check", bad, code=1)
    assert "did you mean mss_route_call?" in result.stderr
    found = json.loads(run("plugin", "check", bad, "--json", code=1).stdout)
    assert (found["ok"], found["findings"][0]["level"]) == (False, "error")


def test_commands_of_plugins(run, home, installed) -> None:
    help_text = run("--help")
    assert "Commands of plugins:\n  hello  Greet." in help_text.stdout
    assert "command 'user' is left out" in help_text.stderr
    assert run("hello").stdout == "hello there\n"
    run("plugin", "disable", "hello")
    run("hello", code=2)


def test_commands_of_plugins_without_installation(run, installed) -> None:
    assert run("hello").stdout == "hello there\n"
