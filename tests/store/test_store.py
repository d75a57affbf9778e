# SPDX-License-Identifier: GPL-2.0-or-later
"""What the store does with rows that a database does not take."""
from __future__ import annotations

import pytest
from sqlalchemy import text

from mss.store.errors import RowRefused, StoreError, StoreUnavailable
from mss.store.store import Store

WILD = "caf\udce9 \ud800 x"


def test_texts_that_are_no_utf8_are_repaired(store, make_record, make_binding):
    done = store.write([make_record("a"), make_record("b", cause_text=WILD)], {"100": [make_binding(user_agent=WILD)]})
    assert done == (2, 1, ())
    texts = {record.id: record.cause_text for record in store.list_call_records()}
    assert texts["a"] == "Normal call clearing"
    assert texts["b"].startswith("caf\ufffd")
    assert store.load_bindings()[0].user_agent.startswith("caf\ufffd")


def test_nul_does_not_stop_the_others(store, make_record):
    assert store.write([make_record("a"), make_record("b", caller="1\0")], {}).refused == ()
    assert sorted(record.id for record in store.list_call_records()) == ["a", "b"]


def test_row_that_cannot_be_repaired_is_left_out_and_named(store, make_record, make_binding):
    done = store.write(
        [make_record("a"), make_record("b", cause=2**70), make_record("c")],
        {"100": [make_binding("100", cseq=2**70)], "101": [make_binding("101")]},
    )
    assert (done.call_records, done.bindings) == (2, 1)
    assert [fault.partition(":")[0] for fault in done.refused] == ["call record b", "bindings of 100"]
    assert sorted(record.id for record in store.list_call_records()) == ["a", "c"]
    assert [binding.aor for binding in store.load_bindings()] == ["101"]


def test_direct_use_raises_for_a_refused_row(store, make_record, make_binding):
    with pytest.raises(RowRefused, match="call record b"):
        store.add_call_records([make_record("b", cause=2**70)])
    with pytest.raises(RowRefused, match="bindings of 100"):
        store.save_bindings({"100": [make_binding(cseq=2**70)]})


def test_missing_table_does_not_count_as_a_fault_of_the_row(url, make_record):
    store = Store.open(url)
    with pytest.raises(StoreError) as raised:
        store.write([make_record()], {})
    assert not isinstance(raised.value, RowRefused)
    store.close()


def test_everything_is_written_or_nothing(sqlite_store, make_record, make_binding):
    with sqlite_store._database.writing() as connection:
        connection.execute(text("DROP TABLE bindings"))
    with pytest.raises(StoreUnavailable):
        sqlite_store.write([make_record()], {"100": [make_binding()]})
    assert sqlite_store.list_call_records() == []


def test_name_has_no_password():
    store = Store.open("postgresql://mss:geheim@db/mss")
    assert "geheim" not in store.name


def test_version_of_an_empty_database(url):
    store = Store.open(url)
    assert store.schema_version() == ""
    store.close()
