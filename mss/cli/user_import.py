# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss user import``: many users from a CSV file, all of them or none."""
from __future__ import annotations

import csv
import difflib
import io
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import click

from mss.cli.errors import CommandFailed
from mss.cli.installation import Installation, pass_installation
from mss.cli.output import json_option, print_json
from mss.cli.stored import open_store
from mss.model.user_rules import USER_FIELDS
from mss.store.errors import InvalidRows

#: Faults of the file's own form that are told at once; the store has its own limit.
_MOST_FAULTS: Final = 20
#: Shorter imports are over before anybody can read a progress bar.
_ROWS_WITH_PROGRESS: Final = 1000


class CsvRow(NamedTuple):
    """One row and the line of the file on which it ends."""

    line: int
    fields: dict[str, str | None]


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@json_option
@pass_installation
def import_users(installation: Installation, file: str, as_json: bool) -> None:
    """Add or change users from the CSV file FILE (- is standard input).

    The first line names the columns: number and password, and any other field of a user as in `mss user show`
    (display_name, multi_device, forward_busy, ...).  Fields without a column stay as they are for users that exist.
    If any line is wrong, all wrong lines are named and nothing is imported.
    """
    rows = read_rows(file)
    is_quiet = len(rows) < _ROWS_WITH_PROGRESS or not sys.stderr.isatty()
    with open_store(installation) as store, click.progressbar(
        length=len(rows), label="Importing", file=sys.stderr, hidden=is_quiet
    ) as bar:
        try:
            done = store.users.import_rows(_followed((row.fields for row in rows), bar.update))
        except InvalidRows as invalid:
            # The store counts rows; in a file a row may span several lines, or follow empty ones.
            faults = [f"{file}:{rows[counted - 2].line}: {fault}" for counted, fault in invalid.faults]
            raise CommandFailed("\n".join([*faults, f"{file}: nothing was imported"])) from invalid
    changed = [*done.added, *done.changed]
    if changed:
        installation.control.tell_users_changed(changed)
    if as_json:
        print_json({"added": len(done.added), "changed": len(done.changed), "unchanged": done.unchanged})
    else:
        click.echo(f"{len(done.added)} users added, {len(done.changed)} changed, {done.unchanged} unchanged.")


def read_rows(file: str) -> list[CsvRow]:
    """The rows of a CSV file.  Raises CommandFailed that names every line whose form is wrong."""
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CommandFailed(f"{file}: is not UTF-8 text; save it as UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = _read_header(file, next(reader, []))
        rows, faults = _read_body(reader, header)
    except csv.Error as error:
        raise CommandFailed(f"{file}:{reader.line_num}: is not CSV: {error}; nothing was imported") from error
    if faults:
        lines = [f"{file}:{line}: {fault}" for line, fault in faults[:_MOST_FAULTS]]
        raise CommandFailed("\n".join([*lines, f"{file}: nothing was imported"]))
    if not rows:
        raise CommandFailed(f"{file}: has no users in it; write one per line below the header")
    return rows


def _read_header(file: str, cells: Sequence[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    if "number" not in names:
        raise CommandFailed(f"{file}:1: the header has no column 'number'; begin the file with: number,password")
    for name in names:
        if name not in USER_FIELDS:
            close = difflib.get_close_matches(name, USER_FIELDS, n=1)
            remedy = f"did you mean {close[0]}?" if close else f"known columns: {', '.join(USER_FIELDS)}"
            raise CommandFailed(f"{file}:1: unknown column {name!r}; {remedy}")
        if names.count(name) > 1:
            raise CommandFailed(f"{file}:1: column {name!r} is there twice; remove one of them")
    return names


def _read_body(reader: Iterable[list[str]], header: Sequence[str]) -> tuple[list[CsvRow], list[tuple[int, str]]]:
    """Rows and faults (line, text); ``reader`` is a csv.reader."""
    rows: list[CsvRow] = []
    faults: list[tuple[int, str]] = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        line: int = getattr(reader, "line_num", 0)
        if len(cells) != len(header):
            faults.append((line, f"{len(cells)} columns instead of {len(header)}; put texts with commas in quotes"))
        else:
            rows.append(CsvRow(line, dict(zip(header, cells, strict=True))))
    return rows, faults


def _followed(
    rows: Iterable[dict[str, str | None]], advance: Callable[[int], None]
) -> Iterator[dict[str, str | None]]:
    """The same rows, telling every hundred of them how far it is."""
    for count, row in enumerate(rows, 1):
        yield row
        if count % 100 == 0:
            advance(100)
