# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from mss.store.errors import StoreError
from mss.store.journal import Journal
from mss.store.journal_line import CDR, OPEN, encode
from mss.store.replay import replay
from mss.store.store import Store

NOW = 1700000500.0


@pytest.fixture
def leave(tmp_path):
    """Leave a journal file behind, as a crash does; ``at`` is when it was last written."""

    def write(number, data, at=1700000100.0):
        directory = tmp_path / "journal"
        directory.mkdir(exist_ok=True)
        file = directory / f"{number:010d}.journal"
        file.write_bytes(data)
        os.utime(file, (at, at))

    return write


@pytest.fixture
def run_replay(tmp_path, sqlite_store):
    """Replay what was left behind; the counts, and the records by id."""

    def run(now=NOW):
        journal = Journal(tmp_path / "journal")
        counts = replay(journal, sqlite_store, now)
        journal.close()
        return counts, {record.id: record for record in sqlite_store.list_call_records()}

    return run


def test_nothing_left_behind(run_replay):
    assert run_replay() == ((0, 0, 0), {})


def test_ended_calls_get_their_records(run_replay, leave, make_record):
    leave(1, encode(OPEN, make_record("a")) + encode(CDR, make_record("a")) + encode(OPEN, make_record("b")))
    leave(2, encode(CDR, make_record("b")))
    counts, records = run_replay()
    assert counts == (2, 0, 0)
    assert records == {"a": make_record("a"), "b": make_record("b")}


def test_call_that_went_on_ends_when_the_journal_was_last_written(run_replay, leave, make_record):
    ringing = make_record("a", answered_at=0.0, ended_at=0.0, status=0, cause=0, cause_text="", ended_by="")
    talking = ringing._replace(id="b", answered_at=1700000002.0)
    leave(1, encode(OPEN, ringing) + encode(OPEN, talking._replace(answered_at=0.0)) + encode(OPEN, talking))
    counts, records = run_replay()
    assert counts == (0, 2, 0)
    cut = {"ended_at": 1700000100.0, "cause": 41, "cause_text": "server restart", "ended_by": "server"}
    assert records == {"a": ringing._replace(status=503, **cut), "b": talking._replace(status=200, **cut)}


def test_end_is_neither_in_the_future_nor_before_the_call(run_replay, leave, make_record):
    call = make_record("a", started_at=NOW - 10, rang_at=NOW - 9, answered_at=NOW - 8, ended_at=0.0)
    leave(1, encode(OPEN, call), at=NOW + 1000)
    assert run_replay()[1]["a"].ended_at == NOW
    leave(2, encode(OPEN, call._replace(id="b")), at=NOW - 5000)
    assert run_replay()[1]["b"].ended_at == NOW - 8


def test_torn_last_line_is_tolerated(run_replay, leave, make_record):
    leave(1, encode(CDR, make_record("a")) + encode(CDR, make_record("b"))[:-20])
    counts, records = run_replay()
    assert counts == (1, 0, 1)
    assert list(records) == ["a"]


def test_torn_end_of_a_call_still_gives_it_a_record(run_replay, leave, make_record):
    leave(1, encode(OPEN, make_record("a", ended_at=0.0)) + encode(CDR, make_record("a"))[:-20])
    counts, records = run_replay()
    assert counts == (0, 1, 1)
    assert records["a"].cause == 41


def test_second_replay_does_no_harm(run_replay, leave, make_record):
    for number in (1, 2):
        leave(number, encode(OPEN, make_record("a")) + encode(CDR, make_record("a")))
        assert len(run_replay()[1]) == 1


def test_files_are_removed(run_replay, leave, make_record, tmp_path):
    leave(1, encode(CDR, make_record("a")))
    run_replay()
    assert list((tmp_path / "journal").glob("*.journal")) == []


def test_files_stay_if_the_database_fails(tmp_path, leave, make_record, sqlite_url):
    leave(1, encode(CDR, make_record("a")))
    empty = Store.open(sqlite_url)
    journal = Journal(tmp_path / "journal")
    with pytest.raises(StoreError):
        replay(journal, empty, NOW)
    assert (tmp_path / "journal" / "0000000001.journal").exists()
    journal.close()
    empty.close()


PROGRAM = """
import os, signal, sys
from pathlib import Path
from mss.model.call_record import CallRecord
from mss.store.journal import Journal
from mss.store.store import Store
from mss.store.writer import Writer

writer = Writer(Store.open(sys.argv[1]), Journal(Path(sys.argv[2])))
writer.start()
for number in range(1000):
    record = CallRecord(f"r{number}", *[""] * 8, 100.0, 0.0, 101.0, 0.0, 0, 0, *[""] * 7)
    writer.put_open_call(record)
    if number % 10:
        writer.put_call_record(record._replace(ended_at=102.0, cause=16))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_killed_process_loses_no_call(tmp_path, sqlite_store, sqlite_url, run_replay):
    done = subprocess.run([sys.executable, "-c", PROGRAM, sqlite_url, str(tmp_path / "journal")], check=False)
    assert done.returncode == -signal.SIGKILL
    counts, _ = run_replay()
    records = sqlite_store.list_call_records(limit=0)
    assert counts.interrupted == 100
    assert len(records) == 1000
    assert sorted({record.cause for record in records}) == [16, 41]
