# SPDX-License-Identifier: GPL-2.0-or-later
"""Write docs/cli.md from the commands themselves: ``python scripts/generate_cli_doc.py``."""
from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click

from mss.cli.lazy_group import load_target
from mss.cli.main import COMMANDS, main

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "cli.md"
INTRODUCTION = """\
<!-- Made by scripts/generate_cli_doc.py from mss/cli; do not edit. -->
# Command line

Every command explains itself with `--help`. Exit codes: 0 done, 1 failed, 2 called in a wrong way. What fails is told
in one line per fault on standard error, with its place and the remedy. Commands with `--json` print results for
scripts: times are seconds since the epoch, names of fields do not change within a major version. On a terminal lists
are tables; into a pipe they go as lines with tabs between the columns and the titles in the first line.

Plugins may add commands; `mss --help` lists them below those of the server.
"""


def render() -> str:
    """The whole page."""
    context = click.Context(main, info_name="mss", **main.context_settings)
    parts = [INTRODUCTION, *section(main, context, 2)]
    for name in COMMANDS:
        parts += walk(load_target(COMMANDS[name].target), context, name, 2)
    return "\n".join(parts).rstrip() + "\n"


def walk(command: click.Command, parent: click.Context, name: str, level: int) -> Iterator[str]:
    """The sections of a command and its subcommands."""
    context = click.Context(command, info_name=name, parent=parent)
    yield from section(command, context, level)
    if isinstance(command, click.Group):
        for each in sorted(command.commands):
            yield from walk(command.commands[each], context, each, level + 1)


def section(command: click.Command, context: click.Context, level: int) -> Iterator[str]:
    """One command: usage, meaning, options."""
    yield f"{'#' * level} `{context.command_path}`\n"
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield f"```text\n{usage}\n```\n"
    yield "\n\n".join(paragraphs(command.help or "")) + "\n"
    rows = [record for param in command.get_params(context) if (record := param.get_help_record(context))]
    if rows:
        yield "| Option | Meaning |\n| --- | --- |"
        yield "\n".join(f"| `{escape(names)}` | {escape(text)} |" for names, text in rows) + "\n"


def paragraphs(text: str) -> Iterator[str]:
    """The help as Markdown: a paragraph that click is told not to wrap becomes a block of code."""
    for paragraph in inspect.cleandoc(text).split("\n\n") if text else ():
        if paragraph.startswith("\b"):
            yield "```text\n" + paragraph.removeprefix("\b\n") + "\n```"
        else:
            yield re.sub(r"(?<=\S)  +(?=\S)", " ", paragraph)


def escape(text: str) -> str:
    """The text of a cell of a table."""
    return re.sub(r"  +", " ", text).replace("|", "\\|")


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
