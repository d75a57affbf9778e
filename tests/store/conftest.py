# SPDX-License-Identifier: GPL-2.0-or-later
"""Stores in new databases, SQLite and (where its programs are installed) PostgreSQL."""
from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy

from mss.model.binding import BindingRecord
from mss.model.call_record import CallRecord
from mss.store.journal import Journal
from mss.store.store import Store

_numbers = count(1)


def find_postgres() -> Path | None:
    """The directory of the newest PostgreSQL server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else None


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server of our own, on a unix socket only; the URL of its first database."""
    programs = find_postgres()
    if programs is None:
        pytest.skip("no PostgreSQL server below /usr/lib/postgresql")
    # The server refuses to run as root.
    user = "nobody" if os.geteuid() == 0 else None
    base = Path(tempfile.mkdtemp(prefix="mss-pg-"))
    data = base / "data"
    if user is not None:
        shutil.chown(base, user)

    def run(*command: str) -> None:
        subprocess.run(command, user=user, cwd=base, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    try:
        encoding = ("--encoding=UTF8", "--no-locale")
        run(f"{programs}/initdb", "-D", f"{data}", "-U", "mss", "--auth=trust", "--no-sync", *encoding)
        options = f"-c listen_addresses='' -c unix_socket_directories={base} -c fsync=off"
        run(f"{programs}/pg_ctl", "-D", f"{data}", "-o", options, "-w", "start")
        yield f"postgresql+psycopg://mss@/postgres?host={base}"
        run(f"{programs}/pg_ctl", "-D", f"{data}", "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(base, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """The URL of a new PostgreSQL database."""
    name = f"test{next(_numbers)}"
    engine = sqlalchemy.create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return postgres_server.replace("postgresql+psycopg", "postgresql").replace("/postgres?", f"/{name}?")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path}/mss.db"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.real)])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, of each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A store with all its tables, in each kind of database."""
    opened = Store.open(url)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    """A store with all its tables, in SQLite."""
    opened = Store.open(sqlite_url)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A new journal."""
    opened = Journal(tmp_path / "journal")
    yield opened
    opened.close()


@pytest.fixture
def make_record() -> Callable[..., CallRecord]:
    """Build the record of an answered call; all its fields may be given."""

    def build(record_id: str = "r1", **fields: object) -> CallRecord:
        record = CallRecord(
            id=record_id, call_id="abc@192.0.2.1", caller="100", dialled="101", called="101", caller_type="user",
            called_type="user", caller_device="sip:100@192.0.2.1:5060", called_device="sip:101@192.0.2.2:5060",
            started_at=1700000000.25, rang_at=1700000001.5, answered_at=1700000002.0, ended_at=1700000010.125,
            status=200, cause=16, cause_text="Normal call clearing", ended_by="caller", forwarded_by="",
            transferred_by="", service="", media="direct", fci="",
        )  # fmt: skip
        return record._replace(**fields)

    return build


@pytest.fixture
def make_binding() -> Callable[..., BindingRecord]:
    """Build a binding; all its fields may be given."""

    def build(aor: str = "100", **fields: object) -> BindingRecord:
        binding = BindingRecord(
            aor=aor, contact=f"sip:{aor}@192.0.2.1:5060", flow_key="udp:192.0.2.1:5060", via_nat=False,
            expires_at=1700003600.5, call_id="reg@192.0.2.1", cseq=2, user_agent="phone/1.0", instance="", path="",
            q=1000, registered_at=1700000000.5,
        )  # fmt: skip
        return binding._replace(**fields)

    return build
