# SPDX-License-Identifier: GPL-2.0-or-later
"""The root command: its table, its speed, its options."""
from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from mss import __version__
from mss.cli.lazy_group import load_target
from mss.cli.main import COMMANDS, main
from mss.sip.mode import mode_name


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    command = load_target(COMMANDS[name].target)
    assert isinstance(command, click.Command)
    assert command.name == name
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert "Usage: main" in result.output


def every_command(command: click.Command, words: tuple[str, ...]):
    yield words, command
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            yield from every_command(each, (*words, name))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_explained(name: str) -> None:
    for words, command in every_command(load_target(COMMANDS[name].target), (name,)):
        assert command.get_short_help_str(), words
        for param in command.params:
            if isinstance(param, click.Option):
                assert param.help, (words, param.name)


@pytest.mark.parametrize(
    "words",
    [
        ("status",), ("user", "list"), ("user", "show"), ("user", "add"), ("call", "list"), ("call", "show"),
        ("call", "explain"), ("cdr", "list"), ("cdr", "show"), ("device", "list"), ("plugin", "list"), ("trace", "on"),
        ("check",), ("init",), ("reload",),
    ],
)  # fmt: skip
def test_commands_for_scripts_give_json(words) -> None:
    command = load_target(COMMANDS[words[0]].target)
    for word in words[1:]:
        command = command.commands[word]
    assert "as_json" in [param.name for param in command.params]


def test_version() -> None:
    assert CliRunner().invoke(main, ["--version"]).output == f"mss, version {__version__}, {mode_name()}\n"


def test_help_lists_every_command() -> None:
    output = CliRunner().invoke(main, ["-h"]).output
    for name, command in COMMANDS.items():
        assert f"  {name} " in output
        assert command.help.split()[0] in output


def test_wrong_call_is_exit_code_2_with_a_hint() -> None:
    result = CliRunner().invoke(main, ["usr", "list"])
    assert result.exit_code == 2
    assert "Did you mean 'user'?" in result.stderr
    assert CliRunner().invoke(main, ["user", "list", "--wrong"]).exit_code == 2


def test_home_comes_from_the_environment(tmp_path) -> None:
    result = CliRunner().invoke(main, ["status"], env={"MSS_HOME": str(tmp_path)})
    assert result.exit_code == 1
    assert str(tmp_path / "mss.sock") in result.stderr


def test_without_home_the_system_directories_are_meant() -> None:
    result = CliRunner().invoke(main, ["status"], env={"MSS_HOME": ""})
    assert "/run/mss/mss.sock" in result.stderr


@pytest.mark.parametrize("words", [["--version"], ["status", "--help"], ["call", "list", "--help"]])
def test_light_commands_import_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys\nfrom mss.cli.main import main\n"
        f"main({words!r}, standalone_mode=False)\n"
        "heavy = {'sqlalchemy', 'cryptography', 'alembic', 'pluggy', 'asyncio'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.splitlines()[-1] == "[]"
