# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss cdr``: the records of ended calls."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import click

from mss.cli.complete import complete_number
from mss.cli.errors import CommandFailed
from mss.cli.installation import Installation, pass_installation
from mss.cli.output import Column, duration, json_option, or_dash, print_json, print_record, print_rows, when
from mss.cli.stored import open_store
from mss.cli.times import read_time
from mss.model.call_record import CallRecord

_COLUMNS = (
    Column("started_at", "Started", when),
    Column("caller", "From"),
    Column("dialled", "Dialled"),
    Column("called", "To", or_dash),
    Column("talk_seconds", "Talked", duration, is_number=True),
    Column("status", "Status", is_number=True),
    Column("cause", "Cause", is_number=True),
    Column("cause_text", "In words", or_dash),
    Column("ended_by", "Ended by", or_dash),
    Column("id", "Record"),
)
_TIMES: Final = ("started_at", "rang_at", "answered_at", "ended_at")
#: Records read from the database at once.
_CHUNK: Final = 1000


@click.group()
def cdr() -> None:
    """Look up the records of ended calls (call detail records)."""


@cdr.command("list")
@click.option("--user", metavar="NUMBER", default="", help="Only calls from or to this number.",
              shell_complete=complete_number)
@click.option("--since", metavar="TIME", callback=read_time, help="Only calls that began at this time or later.")
@click.option("--until", metavar="TIME", callback=read_time, help="Only calls that began before this time.")
@click.option("--call-id", metavar="ID", default="", help="Only the call with this SIP Call-ID of the caller's leg.")
@click.option("--answered/--unanswered", default=None, help="Only calls that were, or were not, answered.")
@click.option("--limit", metavar="N", type=click.IntRange(min=0), default=100, show_default=True,
              help="At most so many records; 0 = all.")
@json_option
@pass_installation
def list_records(
    installation: Installation, as_json: bool, answered: bool | None, limit: int, **filters: Any
) -> None:
    """List call records, the newest call first.

    A time is 2026-03-01, '2026-03-01 12:30', 12:30, or an age as 90m, 2h or 7d.
    """
    rows: list[dict[str, Any]] = []
    for record in _read(installation, filters, limit if answered is None else 0):
        if answered is None or bool(record.answered_at) == answered:
            rows.append(as_row(record))
            if limit and len(rows) >= limit:
                break
    print_rows(rows, _COLUMNS, as_json)


@cdr.command()
@click.argument("record_id", metavar="RECORD")
@json_option
@pass_installation
def show(installation: Installation, record_id: str, as_json: bool) -> None:
    """Show all fields of one record, by its id as in `mss cdr list`."""
    with open_store(installation) as store:
        found = store.call_records.list(record_id=record_id, limit=1)
    if not found:
        raise CommandFailed(f"there is no call record {record_id}; list them by: {installation.command('cdr list')}")
    row = as_row(found[0])
    if as_json:
        print_json(row)
    else:
        print_record((name, when(value) if name in _TIMES else or_dash(value)) for name, value in row.items())


def as_row(record: CallRecord) -> dict[str, Any]:
    """All fields of a record, and ``talk_seconds`` from answer to end."""
    talked = record.ended_at - record.answered_at if record.answered_at else 0.0
    return {**record._asdict(), "talk_seconds": round(max(talked, 0.0), 3)}


def _read(installation: Installation, filters: dict[str, Any], limit: int) -> Iterator[CallRecord]:
    """Records in portions, so that a caller may stop early; ``limit`` 0 means all."""
    size = min(limit or _CHUNK, _CHUNK)
    offset = 0
    with open_store(installation) as store:
        while True:
            chunk = store.call_records.list(**filters, limit=size, offset=offset)
            yield from chunk
            offset += len(chunk)
            if len(chunk) < size:
                return
