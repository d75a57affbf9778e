# SPDX-License-Identifier: GPL-2.0-or-later
"""One database: its engine, its transactions, and its errors in our words."""
from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
)

from mss.store.errors import RowRefused, StoreError, StoreUnavailable

#: How long a writer waits for another process's transaction, and a connection to PostgreSQL for its server.
_BUSY_MS: Final = 5000
_CONNECT_SECONDS: Final = 5
#: SQLite's page cache, enough for the bindings of 10,000 users.
_CACHE_KIB: Final = 8192
_FILE_MODE: Final = 0o600
#: Marks a connection whose transactions take SQLite's write lock at once; see ``_begin``.
_WRITES: Final = "mss_writes"


class Database:
    """An engine with transactions for reading and for writing.  May be used from several threads."""

    def __init__(self, url: str) -> None:
        """Open the database at ``url``.  Raises StoreError for a URL that cannot be used.

        A SQLite file is created, readable for its owner only; PostgreSQL is not connected to yet.
        """
        parsed = _parse_url(url)
        #: The URL without its password, for messages.
        self.name = parsed.render_as_string(hide_password=True)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        #: What stands for a value in SQL text.
        self.placeholder = "?" if self.is_sqlite else "%s"
        if self.is_sqlite:
            _create_file(Path(parsed.database or ""))
        self._engine = _create_engine(parsed, self.is_sqlite)
        self._writing_engine = self._engine.execution_options(**{_WRITES: True})

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection in a transaction that sees one state of the database.  Raises StoreError."""
        with _translated(self.name), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection in a transaction that is committed at the end, or undone by an exception.

        Raises StoreError.
        """
        with _translated(self.name), self._writing_engine.begin() as connection:
            yield connection

    def insert_sql(self, table: Table) -> str:
        """Return SQL that inserts one row with all columns of the table by position."""
        names = ", ".join(column.name for column in table.c)
        values = ", ".join([self.placeholder] * len(table.c))
        return f"INSERT INTO {table.name} ({names}) VALUES ({values})"

    def upsert_sql(self, table: Table) -> str:
        """Return SQL that inserts one row, or replaces the one with the same primary key."""
        keys = [column.name for column in table.primary_key]
        changes = ", ".join(f"{column.name} = excluded.{column.name}" for column in table.c if not column.primary_key)
        return f"{self.insert_sql(table)} ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}"

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _parse_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError("the database URL cannot be understood", "begin it with postgresql:// or sqlite:///") from None
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise StoreError(f"database {backend!r} is not supported", "use postgresql:// or sqlite:///")
    if not parsed.database or parsed.database == ":memory:":
        raise StoreError("the database URL names no file", "write it as sqlite:////absolute/path/mss.db")
    return parsed


def _create_file(file: Path) -> None:
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, _FILE_MODE))
    except OSError as error:
        raise StoreUnavailable(
            f"database file {file} cannot be opened: {error.strerror}", "check directory and permissions"
        ) from error


def _create_engine(url: URL, is_sqlite: bool) -> Engine:
    try:
        if not is_sqlite:
            arguments = {"connect_timeout": _CONNECT_SECONDS}
            return create_engine(url, connect_args=arguments, pool_size=2, pool_pre_ping=True)
        engine = create_engine(url, pool_size=2)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        problem = f"the database driver is missing: {error}"
        raise StoreError(problem, "install it by: pip install 'mss[postgres]'") from None
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # The driver would begin transactions by itself, and too late; ``_begin`` does it.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {_BUSY_MS}",
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "foreign_keys = ON",
        f"cache_size = -{_CACHE_KIB}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """Begin a transaction of SQLite.

    One that will write takes the lock at once: SQLite refuses, without waiting, to turn a reading transaction into a
    writing one if somebody else has written since it began.
    """
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _translated(name: str) -> Iterator[None]:
    """Turn errors of database and driver into StoreError."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise StoreUnavailable(f"database {name}: {_first_line(error)}") from error
    except (DataError, IntegrityError) as error:
        raise RowRefused(f"database {name}: {_first_line(error)}") from error
    except (UnicodeEncodeError, OverflowError) as error:
        raise RowRefused(f"database {name}: {error}") from error
    except DBAPIError as error:
        raise StoreError(f"database {name}: {_first_line(error)}") from error


def _first_line(error: DBAPIError) -> str:
    """Return the driver's own words, without the statement and its parameters (which may hold passwords)."""
    return str(error.orig).partition("\n")[0]
