# SPDX-License-Identifier: GPL-2.0-or-later
"""Make call records of what a run of the server left in the journal when it ended without notice."""
from __future__ import annotations

import logging
from pathlib import Path
from typing import Final, NamedTuple

from mss.model.call_record import CallRecord
from mss.store.journal import Journal
from mss.store.journal_line import CDR, decode
from mss.store.store import Store

#: Q.850 "temporary failure".
_CAUSE: Final = 41
_CAUSE_TEXT: Final = "server restart"
#: What an unanswered call counts as: Service Unavailable.
_STATUS: Final = 503
_BATCH: Final = 2000

_log = logging.getLogger("mss.store")


class Replayed(NamedTuple):
    """What was found: records of ended calls, calls that the end of the server cut off, and unreadable lines."""

    ended: int
    interrupted: int
    damaged: int


def replay(journal: Journal, store: Store, now_wall: float) -> Replayed:
    """Bring the files of the run before into the database and remove them.

    Calls that were going on get a record that ends when the journal was last written, at ``now_wall`` at the latest.
    Doing it twice does no harm.  Raises StoreError, OSError; the files are still there then.
    """
    going_on: dict[str, CallRecord] = {}
    ended = damaged = 0
    last_time = 0.0
    for path in journal.old_segments:
        last_time = max(last_time, path.stat().st_mtime)
        records, bad = _read(path, going_on)
        for start in range(0, len(records), _BATCH):
            _add(store, records[start:start + _BATCH])
        ended += len(records)
        damaged += bad
    last_time = min(last_time, now_wall)
    _add(store, [_interrupted(record, last_time) for record in going_on.values()])
    for path in journal.old_segments:
        path.unlink(missing_ok=True)
    journal.old_segments = []
    return Replayed(ended, len(going_on), damaged)


def _add(store: Store, records: list[CallRecord]) -> None:
    for fault in store.write(records, {}).refused:
        _log.error("not saved: %s", fault)


def _read(path: Path, going_on: dict[str, CallRecord]) -> tuple[list[CallRecord], int]:
    """Return the records of ended calls and the number of unreadable lines; keep ``going_on`` up to date."""
    ended: list[CallRecord] = []
    damaged = 0
    for line in path.read_bytes().split(b"\n"):
        if not line:
            continue
        decoded = decode(line)
        if decoded is None:
            damaged += 1
            continue
        kind, record = decoded
        if kind == CDR:
            going_on.pop(record.id, None)
            ended.append(record)
        else:
            going_on[record.id] = record
    return ended, damaged


def _interrupted(record: CallRecord, last_time: float) -> CallRecord:
    known = max(record.started_at, record.rang_at, record.answered_at)
    return record._replace(
        ended_at=max(last_time, known),
        status=200 if record.answered_at else _STATUS,
        cause=_CAUSE,
        cause_text=_CAUSE_TEXT,
        ended_by="server",
    )
