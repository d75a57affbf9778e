# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import tomllib
from importlib import import_module
from pathlib import Path

import pluggy
import pytest
from mss_example.aliases import VARIABLE, AliasError
from mss_example.plugin import ExamplePlugin, plugin

from mss.plugin import hookspecs
from mss.plugin.api import CallInfo, CallRecord, Metric, Redirect, ServerInfo


def build_manager(registered: ExamplePlugin) -> pluggy.PluginManager:
    """A pluggy manager with the server's specifications and one plugin."""
    manager = pluggy.PluginManager("mss")
    manager.add_hookspecs(hookspecs)
    manager.register(registered)
    return manager


def start(tmp_path: Path, aliases: str) -> pluggy.PluginManager:
    manager = build_manager(ExamplePlugin({VARIABLE: aliases}))
    manager.hook.mss_start(server=ServerInfo("1", tmp_path, tmp_path))
    return manager


def call(dialled: str) -> CallInfo:
    return CallInfo("102", dialled, "user", "192.0.2.1", "UDP", "abc@192.0.2.1")


def record(answered_at: float) -> CallRecord:
    texts = dict.fromkeys(CallRecord._fields, "")
    times = {"started_at": 1.0, "rang_at": 2.0, "answered_at": answered_at, "ended_at": 9.0, "status": 200, "cause": 16}
    return CallRecord(**{**texts, **times})


def test_fits_the_specifications():
    build_manager(plugin).check_pending()


def test_entry_point_names_the_plugin():
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    module, _, name = project["entry-points"]["mss"]["mss-example"].partition(":")
    assert getattr(import_module(module), name) is plugin


@pytest.mark.parametrize("dialled", ["reception", "8500"])
def test_alias_is_redirected(tmp_path, dialled):
    manager = start(tmp_path, f"{dialled}=100")
    assert manager.hook.mss_route_call(call=call(dialled)) == [Redirect("100")]


def test_other_calls_go_their_way(tmp_path):
    assert start(tmp_path, "reception=100").hook.mss_route_call(call=call("101")) == []


def test_no_call_changes_without_configuration(tmp_path):
    assert start(tmp_path, "").hook.mss_route_call(call=call("8500")) == []


def test_mistake_is_raised_at_start(tmp_path):
    with pytest.raises(AliasError):
        start(tmp_path, "reception")


def test_calls_are_counted(tmp_path):
    manager = start(tmp_path, "")
    for answered_at in (3.0, 4.0, 0.0):
        manager.hook.mss_call_record(record=record(answered_at))
    assert manager.hook.mss_metrics() == [
        [
            Metric("mss_example_calls_total", 2, {"answered": "yes"}),
            Metric("mss_example_calls_total", 1, {"answered": "no"}),
        ]
    ]


def test_command_is_added():
    assert [command.name for command in build_manager(plugin).hook.mss_cli_commands()[0]] == ["example"]
