# SPDX-License-Identifier: GPL-2.0-or-later
"""A command group that imports a command's module only when the command is used.

``mss --help`` and each command start fast: nobody pays for the database or for plugins that he does not use.
"""
from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import click

from mss.cli.errors import failures_explained

#: Gets the context and the names that are taken, and gives further commands by name.
MoreCommands = Callable[[click.Context, frozenset[str]], Mapping[str, click.Command]]


class LazyCommand(NamedTuple):
    """Where a command is (``package.module:attribute``) and its one line of help."""

    target: str
    help: str


class LazyGroup(click.Group):
    """A group of ``lazy`` commands; ``more`` names a ``MoreCommands`` function that knows further ones.

    ``more`` is asked only for the list of all commands and for a name that is not in ``lazy``.
    """

    def __init__(self, *args: Any, lazy: Mapping[str, LazyCommand], more: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = dict(lazy)
        self._more = more

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names: ours in the order of the table, then the others."""
        return [*self.lazy, *sorted(self._more_commands(ctx))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command, or None."""
        lazy = self.lazy.get(cmd_name)
        if lazy is None:
            return self._more_commands(ctx).get(cmd_name)
        command = load_target(lazy.target)
        assert isinstance(command, click.Command), lazy.target
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List our commands without importing them, and what plugins add."""
        more = self._more_commands(ctx)
        rows = [(name, lazy.help) for name, lazy in self.lazy.items()]
        limit = formatter.width - 6 - max(len(name) for name in [*self.lazy, *more])
        with formatter.section("Commands"):
            formatter.write_dl(rows)
        added = [(name, more[name].get_short_help_str(limit)) for name in sorted(more) if not more[name].hidden]
        if added:
            with formatter.section("Commands of plugins"):
                formatter.write_dl(added)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; for a wrong name, say which one was probably meant."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and self.get_command(ctx, name) is None and not ctx.resilient_parsing:
            close = difflib.get_close_matches(name, self.list_commands(ctx), n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            ctx.fail(f"No such command {name!r}.{hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what fails for a known reason is told in one line."""
        with failures_explained():
            return super().invoke(ctx)

    def _more_commands(self, ctx: click.Context) -> Mapping[str, click.Command]:
        if not self._more:
            return {}
        key = f"{__name__}.{self._more}"
        if key not in ctx.meta:
            find: MoreCommands = load_target(self._more)
            ctx.meta[key] = find(ctx, frozenset(self.lazy))
        found: Mapping[str, click.Command] = ctx.meta[key]
        return found


def load_target(target: str) -> Any:
    """The object that ``package.module:attribute`` names."""
    module, _, attribute = target.partition(":")
    return getattr(importlib.import_module(module), attribute)
