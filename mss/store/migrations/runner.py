# SPDX-License-Identifier: GPL-2.0-or-later
"""Run the steps that a database has not seen.  The only module that imports Alembic's engine."""
from __future__ import annotations

from pathlib import Path

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

#: Any number, the same in all versions: held in PostgreSQL while a process migrates.
_LOCK_KEY = 0x6D7373


def upgrade(connection: Connection) -> None:
    """Run the missing steps, oldest first, in the transaction of the connection.

    Two processes may do so at once: the second waits, and finds nothing left to do.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
    scripts = script_directory()
    context = MigrationContext.configure(connection)
    current = context.get_current_revision()
    steps = list(scripts.iterate_revisions("heads", current or "base"))
    with Operations.context(context):
        for step in reversed(steps):
            step.module.upgrade()
            context.stamp(scripts, step.revision)


def script_directory() -> ScriptDirectory:
    """Return the steps of this package."""
    return ScriptDirectory(str(Path(__file__).parent))
