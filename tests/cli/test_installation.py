# SPDX-License-Identifier: GPL-2.0-or-later
"""What ``--home`` stands for."""
from __future__ import annotations

from pathlib import Path

import click

from mss.cli.installation import Installation, installation_of
from mss.config.paths import Paths


def context(home: str | None) -> click.Context:
    root = click.Context(click.Group("mss"), info_name="mss")
    root.params["home"] = home
    return click.Context(click.Command("x"), parent=root)


def test_home_and_system() -> None:
    assert installation_of(context("/tmp/h")).paths.socket == Path("/tmp/h/mss.sock")
    assert installation_of(context(None)).paths.config_file == Path("/etc/mss/mss.toml")


def test_one_object_per_call() -> None:
    inner = context("/tmp/h")
    assert installation_of(inner) is installation_of(inner)


def test_commands_to_show_name_the_home() -> None:
    assert Installation(Paths.for_home("/tmp/h")).command("init") == "mss --home /tmp/h init"
    assert Installation(Paths.system()).command("init") == "mss init"
