# SPDX-License-Identifier: GPL-2.0-or-later
"""Call records in the database."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, or_, select

from mss.model.call_record import CallRecord
from mss.store import schema
from mss.store.database import Database


class CallRecordRepository:
    """The call records.  They are added once and never changed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = f"{database.insert_sql(schema.call_records)} ON CONFLICT (started_at, id) DO NOTHING"

    def write(self, connection: Connection, records: Sequence[tuple[Any, ...]]) -> None:
        """Add records (the fields of ``CallRecord`` by position); one that is there already is left out."""
        if records:
            connection.exec_driver_sql(self._insert, list(records))

    def list(
        self,
        *,
        user: str = "",
        since: float = 0.0,
        until: float = 0.0,
        call_id: str = "",
        record_id: str = "",
        limit: int = 100,
        offset: int = 0,
    ) -> list[CallRecord]:
        """Return records by their start, the newest first.

        ``user`` takes the calls from, to, or dialled to a number; ``since`` and ``until`` are wall-clock seconds
        (0.0 = open; ``until`` itself is not in it); ``limit`` 0 means no limit.
        """
        table = schema.call_records
        query = select(table).order_by(table.c.started_at.desc(), table.c.id)
        if user:
            query = query.where(or_(table.c.caller == user, table.c.called == user, table.c.dialled == user))
        if since:
            query = query.where(table.c.started_at >= since)
        if until:
            query = query.where(table.c.started_at < until)
        if call_id:
            query = query.where(table.c.call_id == call_id)
        if record_id:
            query = query.where(table.c.id == record_id)
        if limit:
            query = query.limit(limit)
        with self._database.reading() as connection:
            return [CallRecord._make(row) for row in connection.execute(query.offset(offset))]
