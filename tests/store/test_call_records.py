# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.model.call_record import CallRecord
from mss.store import schema


def test_columns_are_the_fields_of_a_record_in_their_order():
    assert [column.name for column in schema.call_records.c] == list(CallRecord._fields)


def test_every_field_is_kept(store, make_record):
    record = make_record(forwarded_by="102", transferred_by="103", service="park", fci="a=1 b=2", cause_text="é")
    store.add_call_records([record])
    (loaded,) = store.list_call_records()
    assert loaded == record
    assert [type(value) for value in loaded] == [type(value) for value in record]


def test_record_is_added_once(store, make_record):
    store.add_call_records([make_record("a"), make_record("b")])
    store.add_call_records([make_record("b", cause=41), make_record("c"), make_record("c")])
    causes = sorted((record.id, record.cause) for record in store.list_call_records())
    assert causes == [("a", 16), ("b", 16), ("c", 16)]


@pytest.fixture
def filled(store, make_record):
    store.add_call_records([
        make_record("a", started_at=100.0, caller="100", dialled="101", called="101"),
        make_record("b", started_at=200.0, caller="101", dialled="9", called="102", call_id="other"),
        make_record("c", started_at=300.0, caller="103", dialled="100", called="104"),
        make_record("d", started_at=400.0, caller="105", dialled="106", called="106"),
    ])  # fmt: skip
    return store


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({}, "dcba"),
        ({"user": "100"}, "ca"),
        ({"user": "102"}, "b"),
        ({"user": "999"}, ""),
        ({"since": 200.0}, "dcb"),
        ({"until": 300.0}, "ba"),
        ({"since": 200.0, "until": 300.0}, "b"),
        ({"call_id": "other"}, "b"),
        ({"record_id": "c"}, "c"),
        ({"limit": 2}, "dc"),
        ({"limit": 2, "offset": 1}, "cb"),
        ({"limit": 0}, "dcba"),
    ],
)
def test_records_are_filtered_newest_first(filled, filters, ids):
    assert "".join(record.id for record in filled.list_call_records(**filters)) == ids
