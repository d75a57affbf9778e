# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import logging
import threading

import pytest

from mss.store.errors import StoreError, StoreUnavailable
from mss.store.store import Store
from mss.store.writer import Writer


class FlakyStore(Store):
    """A store whose database can be away."""

    is_away = False
    transactions = 0

    def write(self, records, changes):
        if self.is_away:
            raise StoreUnavailable("database db: connection refused")
        self.transactions += 1
        return super().write(records, changes)


@pytest.fixture
def flaky(sqlite_url):
    opened = FlakyStore.open(sqlite_url)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def writer(flaky, journal):
    """A writer without its thread: the test calls ``write_pending``."""
    return Writer(flaky, journal)


def ids(store):
    return sorted(record.id for record in store.list_call_records(limit=0))


def test_records_and_bindings_go_in_one_transaction(writer, flaky, make_record, make_binding):
    writer.put_call_record(make_record("a"))
    writer.put_bindings({"100": [make_binding()]})
    writer.put_call_record(make_record("b"))
    assert writer.write_pending() is True
    assert flaky.transactions == 1
    assert ids(flaky) == ["a", "b"]
    assert flaky.load_bindings() == [make_binding()]
    status = writer.status()
    assert (status.call_records, status.bindings, status.journal_bytes, status.waiting_aors) == (2, 1, 0, 0)


def test_nothing_to_do_is_no_transaction(writer, flaky, make_record):
    assert writer.write_pending() is True
    writer.put_open_call(make_record())
    assert writer.write_pending() is True
    assert flaky.transactions == 0
    assert writer.status().open_calls == 1


def test_only_the_newest_bindings_of_an_aor_are_written(writer, flaky, make_binding):
    for cseq in range(10):
        writer.put_bindings({"100": [make_binding(cseq=cseq)]})
    writer.put_bindings({"101": []})
    assert writer.status().waiting_aors == 11
    writer.write_pending()
    assert writer.status().bindings == 1
    assert [binding.cseq for binding in flaky.load_bindings()] == [9]


def test_many_records_take_several_transactions(writer, flaky, make_record):
    for number in range(5000):
        writer.put_call_record(make_record(f"r{number}"))
    assert writer.write_pending() is True
    assert flaky.transactions > 1
    assert len(ids(flaky)) == 5000


def test_database_that_is_away_loses_nothing(writer, flaky, make_record, make_binding, caplog):
    flaky.is_away = True
    with caplog.at_level(logging.WARNING):
        for number in range(3):
            writer.put_call_record(make_record(f"r{number}"))
            writer.put_bindings({"100": [make_binding(cseq=number)]})
            assert writer.write_pending() is False
    status = writer.status()
    assert (status.failures, status.waiting_aors) == (3, 1)
    assert status.error == "database db: connection refused"
    assert status.journal_bytes > 0
    flaky.is_away = False
    with caplog.at_level(logging.WARNING):
        assert writer.write_pending() is True
    assert ids(flaky) == ["r0", "r1", "r2"]
    assert [binding.cseq for binding in flaky.load_bindings()] == [2]
    assert writer.status().error == ""
    assert [record.getMessage() for record in caplog.records] == [
        "database db: connection refused; trying again", "the database answers again",
    ]  # fmt: skip


def test_retries_become_rarer(writer, flaky, make_record):
    flaky.is_away = True
    writer.put_call_record(make_record())
    pauses = []
    for _ in range(9):
        writer.write_pending()
        pauses.append(writer._retry_seconds)
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_refused_row_is_logged_and_does_not_come_back(writer, flaky, make_record, caplog):
    writer.put_call_record(make_record("bad", cause=2**70))
    writer.put_call_record(make_record("good"))
    with caplog.at_level(logging.ERROR):
        assert writer.write_pending() is True
    assert "not saved: call record bad" in caplog.text
    assert writer.status().refused == 1
    assert ids(flaky) == ["good"]
    assert writer.status().journal_bytes == 0


def test_tasks_run_with_the_store(writer, flaky, caplog):
    def fail(store):
        raise StoreError("no plugin table")

    writer.put_task(lambda store: store.plugins.set_enabled("x", False))
    writer.put_task(fail)
    writer.put_task(lambda store: store.plugins.set_enabled("y", False))
    with caplog.at_level(logging.ERROR):
        writer.write_pending()
    assert [state.name for state in flaky.plugins.list()] == ["x", "y"]
    assert caplog.messages == ["no plugin table"]


def test_thread_writes_by_itself(flaky, journal, make_record):
    written = threading.Event()
    writer = Writer(flaky, journal, interval=0.01)
    writer.start()
    writer.put_call_record(make_record())
    writer.put_task(lambda store: written.set())
    assert written.wait(10)
    assert ids(flaky) == ["r1"]
    assert writer.close()


def test_flush_waits_until_all_is_written(flaky, journal, make_record, make_binding):
    writer = Writer(flaky, journal, interval=3600)
    writer.start()
    for number in range(5):
        writer.put_call_record(make_record(f"r{number}"))
        writer.put_bindings({str(number): [make_binding(str(number))]})
        assert writer.flush(10) is True
        assert len(ids(flaky)) == len(flaky.load_bindings()) == number + 1
    flaky.is_away = True
    writer.put_call_record(make_record("late"))
    assert writer.flush(10) is False
    flaky.is_away = False
    assert writer.flush(10) is True
    assert "late" in ids(flaky)
    assert writer.close()


def test_close_writes_what_is_left(flaky, journal, make_record, make_binding):
    writer = Writer(flaky, journal, interval=3600)
    writer.start()
    writer.put_call_record(make_record())
    writer.put_bindings({"100": [make_binding()]})
    assert writer.close() is True
    assert ids(flaky) == ["r1"]
    assert flaky.load_bindings() == [make_binding()]


def test_close_without_a_database_ends_and_keeps_the_journal(flaky, journal, make_record, caplog):
    flaky.is_away = True
    writer = Writer(flaky, journal, interval=3600)
    writer.start()
    writer.put_call_record(make_record())
    with caplog.at_level(logging.ERROR):
        assert writer.close() is False
    assert "call records stay in the journal" in caplog.text
    assert journal.unread_bytes > 0


def test_close_of_an_idle_writer(flaky, journal):
    writer = Writer(flaky, journal)
    writer.start()
    assert writer.close() is True


def test_work_put_while_it_writes_is_not_forgotten(flaky, journal, make_record):
    writer = Writer(flaky, journal, interval=0.0)
    writer.start()
    for number in range(2000):
        writer.put_call_record(make_record(f"r{number}"))
    assert writer.flush(30) is True
    assert len(ids(flaky)) == 2000
    assert writer.close()
