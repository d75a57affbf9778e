# SPDX-License-Identifier: GPL-2.0-or-later
"""How results are shown: tables for people, tab-separated lines for pipes, JSON for scripts.

Texts that come from outside (user agents, contacts, messages) never reach the terminal with control characters.
"""
from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

Row = Mapping[str, Any]

#: Given to every command that shows something.
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


class Column(NamedTuple):
    """One column of a list: the key in each row, its title, and how its values are written."""

    key: str
    title: str
    write: Callable[[Any], str] = str
    is_number: bool = False


def print_rows(rows: Iterable[Row], columns: Sequence[Column], as_json: bool) -> None:
    """A list: JSON array with all keys, or the columns.  Nothing in it is a table without rows."""
    found = list(rows)
    if as_json:
        print_json(found)
    elif is_terminal():
        _print_table(found, columns)
    else:
        click.echo("\t".join(column.title for column in columns))
        for row in found:
            click.echo("\t".join(printable(column.write(row[column.key])) for column in columns))


def print_record(pairs: Iterable[tuple[str, object]]) -> None:
    """One thing, a line for each of its properties: ``name: value``, aligned on a terminal."""
    found = [(title, str(value)) for title, value in pairs]
    width = max((len(title) for title, _ in found), default=0) if is_terminal() else 0
    for title, value in found:
        click.echo(f"{title + ':':<{width + 1}} {printable(value)}")


def print_json(value: object) -> None:
    """A result for scripts."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=not _takes_unicode()))


def print_json_line(value: object) -> None:
    """One of a stream of results, each on one line, at once."""
    click.echo(json.dumps(value, ensure_ascii=not _takes_unicode()))
    sys.stdout.flush()


def is_terminal() -> bool:
    """Whether a person reads standard output."""
    return sys.stdout.isatty()


def printable(text: str) -> str:
    """The text with control characters shown as ``\\x1b``: a remote text must not steer the terminal."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def when(seconds: float) -> str:
    """Local time of seconds since the epoch; ``-`` for never."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds)) if seconds else "-"


def duration(seconds: float) -> str:
    """``1:02:03`` or ``2d 1:02:03``."""
    minutes, second = divmod(int(max(seconds, 0)), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return f"{days}d {hour}:{minute:02}:{second:02}" if days else f"{hour}:{minute:02}:{second:02}"


def yes_no(value: object) -> str:
    """``yes`` or ``no``."""
    return "yes" if value else "no"


def or_dash(value: object) -> str:
    """The value, ``-`` for an empty one, a list with commas."""
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value) or "-"
    return str(value) if value not in ("", None) else "-"


def _print_table(rows: Sequence[Row], columns: Sequence[Column]) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column.title, justify="right" if column.is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(column.write(row[column.key]))) for column in columns))
    Console(highlight=False).print(table)


def _takes_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
