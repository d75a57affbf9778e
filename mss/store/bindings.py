# SPDX-License-Identifier: GPL-2.0-or-later
"""Registrations in the database: what the location service has in memory, for the next start."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from mss.model.binding import BindingRecord
from mss.store import schema
from mss.store.database import Database


class BindingRepository:
    """The bindings, written as whole sets per AOR."""

    def __init__(self, database: Database) -> None:
        self._database = database
        mark = database.placeholder
        # Whole statements with values by position: SQLAlchemy's own work per row would cost more than the database's.
        self._upsert = database.upsert_sql(schema.bindings)
        self._shorten = f"DELETE FROM bindings WHERE aor = {mark} AND slot >= {mark}"

    def load(self) -> list[BindingRecord]:
        """Return all bindings, those of one AOR together and in the order in which they were saved."""
        columns = [column for column in schema.bindings.c if column.name != "slot"]
        query = select(*columns).order_by(schema.bindings.c.aor, schema.bindings.c.slot)
        with self._database.reading() as connection:
            return [BindingRecord._make(row) for row in connection.execute(query)]

    def write(self, connection: Connection, changes: Mapping[str, Sequence[BindingRecord]]) -> int:
        """Replace the bindings of each AOR (no bindings: remove them); return the number of rows written."""
        if not changes:
            return 0
        connection.exec_driver_sql(self._shorten, [(aor, len(records)) for aor, records in changes.items()])
        rows = [(*record, slot) for records in changes.values() for slot, record in enumerate(records)]
        if rows:
            connection.exec_driver_sql(self._upsert, rows)
        return len(rows)
