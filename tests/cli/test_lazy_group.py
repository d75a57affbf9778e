# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands that are imported when they are used, and those that others add."""
from __future__ import annotations

import sys
from types import ModuleType

import click
import pytest
from click.testing import CliRunner

from mss.cli.lazy_group import LazyCommand, LazyGroup
from mss.config.errors import ConfigError, InvalidConfig
from mss.store.errors import StoreError

ASKED: list[frozenset[str]] = []


@click.command()
@click.argument("how")
def own(how: str) -> None:
    """Fail in several ways."""
    faults = {
        "config": InvalidConfig([ConfigError("mss.toml", 3, "sip.t1", "is wrong", "mend it"),
                                 ConfigError("mss.toml", 4, "sip.t2", "is wrong", "mend it")]),
        "store": StoreError("it is gone", "bring it back"),
        "file": PermissionError(13, "Permission denied", "/etc/mss/mss.toml"),
        "bug": ZeroDivisionError(),
    }  # fmt: skip
    if how in faults:
        raise faults[how]


@click.command()
def added() -> None:
    """Do what a plugin does."""


def more(context: click.Context, taken: frozenset[str]) -> dict[str, click.Command]:
    ASKED.append(taken)
    return {"added": added}


@pytest.fixture
def group(monkeypatch) -> LazyGroup:
    module = ModuleType("lazy_group_commands")
    module.own, module.more = own, more
    monkeypatch.setitem(sys.modules, "lazy_group_commands", module)
    ASKED.clear()
    lazy = {
        "own": LazyCommand("lazy_group_commands:own", "Our own."),
        "broken": LazyCommand("no_such_module:x", "Not importable."),
    }
    return LazyGroup("top", lazy=lazy, more="lazy_group_commands:more")


def test_own_command_needs_no_plugins(group) -> None:
    assert CliRunner().invoke(group, ["own", "well"]).exit_code == 0
    assert ASKED == []


def test_help_imports_nothing_of_ours_and_asks_once(group) -> None:
    output = CliRunner().invoke(group, ["--help"]).output
    assert "Not importable." in output
    assert output.index("Commands of plugins:") < output.index("Do what a plugin does.")
    assert [frozenset({"own", "broken"})] == ASKED


def test_added_command_runs(group) -> None:
    assert CliRunner().invoke(group, ["added"]).exit_code == 0


def test_unknown_command_names_the_nearest(group) -> None:
    result = CliRunner().invoke(group, ["adde"])
    assert (result.exit_code, "Did you mean 'added'?" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("how", "lines"),
    [
        ("config", ["Error: mss.toml:3: sip.t1: is wrong; mend it", "Error: mss.toml:4: sip.t2: is wrong; mend it"]),
        ("store", ["Error: it is gone; bring it back"]),
        ("file", ["Error: /etc/mss/mss.toml: Permission denied"]),
    ],
)
def test_expected_errors_are_told_in_lines(group, how: str, lines: list[str]) -> None:
    result = CliRunner().invoke(group, ["own", how])
    assert result.exit_code == 1
    assert result.stderr.splitlines() == lines


def test_bug_is_not_hidden(group) -> None:
    assert isinstance(CliRunner().invoke(group, ["own", "bug"]).exception, ZeroDivisionError)
