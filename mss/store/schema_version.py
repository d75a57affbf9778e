# SPDX-License-Identifier: GPL-2.0-or-later
"""Which schema a database has, and bringing it to ours."""
from __future__ import annotations

import importlib

from sqlalchemy import inspect, text

from mss.store.database import Database
from mss.store.errors import SchemaTooNew
from mss.store.schema import SCHEMA_VERSION


def read_version(database: Database) -> str:
    """Return the version of the database's schema, empty for a database without one."""
    with database.reading() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return ""
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def migrate(database: Database) -> bool:
    """Bring the schema to ``SCHEMA_VERSION``; tell whether there was anything to do.  Raises SchemaTooNew."""
    version = read_version(database)
    if version > SCHEMA_VERSION:
        raise SchemaTooNew(
            f"database {database.name} has schema {version}, this version of the server knows {SCHEMA_VERSION}",
            "install the version of the server that wrote it, or a newer one",
        )
    if version == SCHEMA_VERSION:
        return False
    # Alembic takes longer to import than a whole start may take, and is needed once per release: not at the top.
    runner = importlib.import_module("mss.store.migrations.runner")
    with database.writing() as connection:
        runner.upgrade(connection)
    return True
