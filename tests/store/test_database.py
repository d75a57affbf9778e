# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import sqlite3
import stat

import pytest

from mss.store.database import Database
from mss.store.errors import RowRefused, StoreError, StoreUnavailable


def test_sqlite_file_is_for_its_owner_only(tmp_path, sqlite_url):
    database = Database(sqlite_url)
    with database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")
        files = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    database.close()
    assert files == {"mss.db": 0o600, "mss.db-wal": 0o600, "mss.db-shm": 0o600}


def test_sqlite_is_set_up_for_speed_and_several_processes(sqlite_url):
    database = Database(sqlite_url)
    with database.reading() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        }
    database.close()
    assert pragmas == {"journal_mode": "wal", "synchronous": 1, "busy_timeout": 5000, "foreign_keys": 1}


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("no url", "the database URL cannot be understood"),
        ("mysql://mss:geheim@db/mss", "database 'mysql' is not supported"),
        ("sqlite://", "the database URL names no file"),
    ],
)
def test_wrong_url_is_refused(url, problem):
    with pytest.raises(StoreError) as raised:
        Database(url)
    assert raised.value.problem == problem
    assert raised.value.remedy


def test_missing_directory_is_named(tmp_path):
    with pytest.raises(StoreUnavailable, match=r"nowhere/mss\.db cannot be opened"):
        Database(f"sqlite:///{tmp_path}/nowhere/mss.db")


def test_password_is_not_in_messages():
    database = Database("postgresql://mss:geheim@127.0.0.1:1/mss")
    with pytest.raises(StoreUnavailable) as raised, database.reading():
        pytest.fail("nothing listens on port 1")
    assert "geheim" not in f"{raised.value} {database.name}"


def test_failed_transaction_is_undone(sqlite_url):
    database = Database(sqlite_url)
    with database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")
    with pytest.raises(KeyError), database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (1)")
        raise KeyError
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0
    database.close()


def test_reader_is_not_disturbed_by_a_writer(sqlite_url):
    database = Database(sqlite_url)
    with database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")
    with database.reading() as reader:
        assert reader.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0
        with database.writing() as writer:
            writer.exec_driver_sql("INSERT INTO t VALUES (1)")
        assert reader.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0
    database.close()


def test_locked_database_is_unavailable(tmp_path, sqlite_url):
    database = Database(sqlite_url)
    with database.reading() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(tmp_path / "mss.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"), database.writing():
        pytest.fail("the lock is taken")
    other.close()
    database.close()


@pytest.mark.parametrize("value", ["\udcff", 2**70])
def test_unfit_value_is_a_refused_row(sqlite_url, value):
    database = Database(sqlite_url)
    with pytest.raises(RowRefused), database.writing() as connection:
        connection.exec_driver_sql("SELECT ?", (value,))
    database.close()
