# SPDX-License-Identifier: GPL-2.0-or-later
"""The store as the command line and the server see it."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mss.model.binding import BindingRecord
from mss.model.call_record import CallRecord
from mss.model.user import User
from mss.store.bindings import BindingRepository
from mss.store.call_records import CallRecordRepository
from mss.store.database import Database
from mss.store.errors import RowRefused
from mss.store.plugins import PluginRepository
from mss.store.schema_version import migrate, read_version
from mss.store.text import storable, storable_row
from mss.store.users import UserRepository


class Written(NamedTuple):
    """What one transaction of the writer did: rows, and the errors of rows that the database refused for good."""

    call_records: int
    bindings: int
    refused: tuple[str, ...]


class Store:
    """Everything that is kept in the database.

    All methods block; the signalling thread calls them only while it starts.  They raise StoreError, and
    StoreUnavailable if trying again later may help.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.users = UserRepository(database)
        self.bindings = BindingRepository(database)
        self.call_records = CallRecordRepository(database)
        self.plugins = PluginRepository(database)

    @classmethod
    def open(cls, url: str) -> Store:
        """Open the database at ``url``; call ``migrate`` before anything else of a database that may be new or old."""
        return cls(Database(url))

    @property
    def name(self) -> str:
        """The database URL without its password, for messages."""
        return self._database.name

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def migrate(self) -> bool:
        """Create or update the schema; tell whether there was anything to do.  Raises SchemaTooNew."""
        return migrate(self._database)

    def schema_version(self) -> str:
        """Return the version of the database's schema, empty for a database without one."""
        return read_version(self._database)

    def load_users(self) -> list[User]:
        """Return all users by number."""
        return self.users.list()

    def load_bindings(self) -> list[BindingRecord]:
        """Return all bindings, those of one AOR together and in the order in which they were saved."""
        return self.bindings.load()

    def list_call_records(self, **filters: Any) -> list[CallRecord]:
        """Return call records, the newest first; the filters are those of ``CallRecordRepository.list``."""
        return self.call_records.list(**filters)

    def save_bindings(self, changes: Mapping[str, Sequence[BindingRecord]]) -> None:
        """Replace the bindings of each AOR in ``changes``, in one transaction.  Raises RowRefused."""
        _raise_refused(self.write([], changes))

    def add_call_records(self, records: Sequence[CallRecord]) -> None:
        """Add call records in one transaction; one that is there already is left out.  Raises RowRefused."""
        _raise_refused(self.write(records, {}))

    def write(
        self, records: Sequence[tuple[Any, ...]], changes: Mapping[str, Sequence[BindingRecord]]
    ) -> Written:
        """Do ``add_call_records`` and ``save_bindings`` in one transaction.

        A row that the database refuses for what is in it is repaired if its texts are the cause, else left out and
        named in the result: it must not keep all others from being written.
        """
        try:
            return self._write_together(records, changes)
        except RowRefused:
            records = [storable_row(record) for record in records]
            changes = {
                storable(aor): [BindingRecord(*storable_row(record)) for record in bindings]
                for aor, bindings in changes.items()
            }
        try:
            return self._write_together(records, changes)
        except RowRefused:
            return self._write_singly(records, changes)

    def _write_together(
        self, records: Sequence[tuple[Any, ...]], changes: Mapping[str, Sequence[BindingRecord]]
    ) -> Written:
        with self._database.writing() as connection:
            self.call_records.write(connection, records)
            rows = self.bindings.write(connection, changes)
        return Written(len(records), rows, ())

    def _write_singly(
        self, records: Sequence[tuple[Any, ...]], changes: Mapping[str, Sequence[BindingRecord]]
    ) -> Written:
        refused: list[str] = []
        written = [0, 0]
        parts: list[tuple[str, list[tuple[Any, ...]], dict[str, Sequence[BindingRecord]]]] = [
            (f"call record {record[0]}", [record], {}) for record in records
        ]
        parts += [(f"bindings of {aor}", [], {aor: bindings}) for aor, bindings in changes.items()]
        for name, some_records, some_changes in parts:
            try:
                done = self._write_together(some_records, some_changes)
            except RowRefused as error:
                refused.append(f"{name}: {error.problem}")
            else:
                written[0] += done.call_records
                written[1] += done.bindings
        return Written(written[0], written[1], tuple(refused))


def _raise_refused(written: Written) -> None:
    if written.refused:
        raise RowRefused("; ".join(written.refused))
