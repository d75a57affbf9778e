# SPDX-License-Identifier: GPL-2.0-or-later
"""The installation that a command works on: its paths, settings and running server."""
from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, update_wrapper
from typing import Any, TypeVar

import click

from mss.cli.client import ControlClient
from mss.config.loader import load
from mss.config.paths import Paths
from mss.config.settings import Settings

R = TypeVar("R")


class Installation:
    """What ``--home`` (or the system directories) stands for."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths

    @cached_property
    def settings(self) -> Settings:
        """The settings of its files.  Raises InvalidConfig with all faults."""
        return load(self.paths)

    @cached_property
    def control(self) -> ControlClient:
        """The way to the running server."""
        return ControlClient(self.paths.socket, self.command("serve"))

    def command(self, text: str) -> str:
        """A command line for this installation, to be shown as a remedy: ``mss --home DIR user list``."""
        return f"mss --home {self.paths.config_dir} {text}" if self.paths.is_home else f"mss {text}"


def installation_of(context: click.Context) -> Installation:
    """The installation that the root command was called for, also during tab completion, when no command runs."""
    root = context.find_root()
    if not isinstance(root.obj, Installation):
        home = root.params.get("home")
        root.obj = Installation(Paths.for_home(home) if home else Paths.system())
    return root.obj


def pass_installation(function: Callable[..., R]) -> Callable[..., R]:
    """Give a command its installation as the first argument."""

    def call(*args: Any, **kwargs: Any) -> R:
        return function(installation_of(click.get_current_context()), *args, **kwargs)

    return update_wrapper(call, function)
