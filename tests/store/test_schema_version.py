# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from mss.store.database import Database
from mss.store.errors import SchemaTooNew
from mss.store.migrations import runner
from mss.store.migrations.runner import script_directory
from mss.store.schema import SCHEMA_VERSION, metadata
from mss.store.schema_version import migrate, read_version


def test_steps_end_at_the_schema_version():
    assert script_directory().get_heads() == [SCHEMA_VERSION]


def test_steps_are_numbered_and_in_one_line():
    revisions = [script.revision for script in script_directory().walk_revisions()]
    assert revisions == [f"{number:04d}" for number in range(len(revisions), 0, -1)]


def test_empty_database_is_brought_to_our_schema(url):
    database = Database(url)
    assert read_version(database) == ""
    assert migrate(database) is True
    assert read_version(database) == SCHEMA_VERSION
    assert migrate(database) is False
    database.close()


def test_steps_make_the_tables_of_the_schema(url):
    database = Database(url)
    migrate(database)
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.close()


def test_newer_schema_is_refused(url):
    database = Database(url)
    migrate(database)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaTooNew, match="has schema 9999"):
        migrate(database)
    assert read_version(database) == "9999"
    database.close()


BROKEN_STEP = """
from alembic import op
from sqlalchemy import Column, Integer

revision = "0001"
down_revision = None


def upgrade():
    op.create_table("users", Column("x", Integer))
    raise RuntimeError("broken step")
"""


def test_failed_step_leaves_nothing_behind(url, tmp_path, monkeypatch):
    versions = tmp_path / "versions"
    versions.mkdir()
    (versions / "v0001_broken.py").write_text(BROKEN_STEP)
    database = Database(url)
    with monkeypatch.context() as patch:
        patch.setattr(runner, "script_directory", lambda: ScriptDirectory(str(tmp_path)))
        with pytest.raises(RuntimeError, match="broken step"):
            migrate(database)
    assert read_version(database) == ""
    assert migrate(database) is True
    database.close()


def test_up_to_date_start_does_not_import_alembic(sqlite_store, sqlite_url):
    program = (
        "import sys; from mss.store.store import Store; "
        f"store = Store.open({sqlite_url!r}); assert not store.migrate(); store.load_users(); "
        "sys.exit('alembic' in sys.modules or 'sqlalchemy.orm' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
