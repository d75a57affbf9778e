# SPDX-License-Identifier: GPL-2.0-or-later
"""What the Tab key offers."""
from __future__ import annotations

from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from mss.cli import complete
from mss.cli.main import main


@pytest.fixture
def offered(tmp_path):
    def complete_words(*words: str) -> list[str]:
        args = ["--home", str(tmp_path / "home"), *words[:-1]]
        found = ShellComplete(main, {}, "mss", "_MSS_COMPLETE").get_completions(args, words[-1])
        return [item.value for item in found]

    return complete_words


def test_commands_and_options(offered) -> None:
    assert offered("us") == ["user"]
    assert offered("user", "de") == ["delete"]
    assert "--max-calls" in offered("user", "set", "--ma")


def test_numbers(offered, run, home) -> None:
    for number in ("100", "101", "200"):
        run("user", "add", number)
    assert offered("user", "show", "10") == ["100", "101"]
    assert offered("device", "list", "--user", "2") == ["200"]


def test_calls(offered, server) -> None:
    assert offered("call", "show", "c") == ["call1"]
    assert offered("call", "show", "x") == []


def test_nothing_where_nothing_is(offered, home: Path) -> None:
    assert offered("call", "show", "") == []
    (home / "mss.toml").write_text("[")
    assert offered("user", "show", "") == []


def test_plugins(offered, monkeypatch) -> None:
    monkeypatch.setattr(complete, "installed_entry_points", lambda: [type("P", (), {"name": "example"})()])
    assert offered("plugin", "enable", "ex") == ["example"]
