# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import dataclasses
import time

import pytest

from mss.model.user import User
from mss.model.user_rules import USER_FIELDS, InvalidUser
from mss.store import schema
from mss.store.errors import InvalidRows, UserExists, UserNotFound

FULL = User(
    number="100", password="gehe:im ü", display_name="Zimmer 1", description="d", enabled=False, multi_device=True,
    max_devices=5, ip_addresses=("192.0.2.1", "2001:db8::/64"), fixed_contact="sip:100@192.0.2.1", max_calls=2,
    max_call_seconds=3600, no_answer_seconds=15, forward_all="101", forward_busy="102", forward_no_answer="103",
    forward_unreachable="sip:x@example.org", media="anchored", session_expires=1800,
)  # fmt: skip


def test_columns_are_the_fields_of_a_user_in_their_order():
    fields = [field.name for field in dataclasses.fields(User) if field.name != "ha1"]
    assert [column.name for column in schema.users.c] == fields == list(USER_FIELDS)


def test_every_field_is_kept(store):
    store.users.add(FULL)
    assert store.users.get("100") == FULL
    assert [type(value) for value in dataclasses.astuple(store.users.get("100"))] == [
        type(value) for value in dataclasses.astuple(FULL)
    ]


def test_every_field_can_be_changed(store):
    store.users.add(User("100", "a"))
    changes = {name: getattr(FULL, name) for name in USER_FIELDS if name != "number"}
    assert store.users.set("100", changes) == FULL
    assert store.users.get("100") == FULL


def test_users_are_listed_by_number(store):
    for number in ("102", "100", "101"):
        store.users.add(User(number, "x"))
    assert [user.number for user in store.users.list()] == ["100", "101", "102"]
    assert store.load_users() == store.users.list()


def test_second_user_with_a_number_is_refused(store):
    store.users.add(User("100", "x"))
    with pytest.raises(UserExists, match="user 100 exists already"):
        store.users.add(User("100", "y"))
    assert store.users.get("100").password == "x"


def test_unknown_user(store):
    for call in (store.users.get, store.users.delete, lambda number: store.users.set(number, {})):
        with pytest.raises(UserNotFound, match="there is no user 100"):
            call("100")


def test_invalid_user_is_not_stored(store):
    with pytest.raises(InvalidUser, match="password is empty"):
        store.users.add(User("100"))
    store.users.add(User("100", "x"))
    with pytest.raises(InvalidUser, match="max_devices is out of range"):
        store.users.set("100", {"max_devices": 0})
    assert store.users.list() == [User("100", "x")]


@pytest.mark.parametrize("name", ["number", "ha1", "nonsense"])
def test_some_fields_cannot_be_changed(store, name):
    store.users.add(User("100", "x"))
    with pytest.raises(InvalidUser, match="cannot be changed"):
        store.users.set("100", {name: "x"})


def test_deleted_user_takes_its_registrations_along(store, make_binding, make_record):
    store.users.add(User("100", "x"))
    store.save_bindings({"100": [make_binding("100")], "101": [make_binding("101")]})
    store.add_call_records([make_record()])
    store.users.delete("100")
    assert store.users.list() == []
    assert [binding.aor for binding in store.load_bindings()] == ["101"]
    assert len(store.list_call_records()) == 1


def test_many_users_are_asked_for_at_once(store):
    store.users.import_rows({"number": str(number), "password": "x"} for number in range(2000))
    found = store.users.get_many([*(str(number) for number in range(1, 2001)), "7", "x"])
    assert sorted(map(int, found)) == list(range(1, 2000))
    assert found["7"].number == "7"


def test_address_belongs_to_one_user(store):
    store.users.add(User("100", "x", ip_addresses=("192.0.2.1",)))
    with pytest.raises(InvalidUser, match=r"192\.0\.2\.1, which belongs to user 100"):
        store.users.add(User("101", "x", ip_addresses=("192.0.2.2", "192.0.2.1")))
    store.users.add(User("101", "x", ip_addresses=("192.0.2.2",)))
    with pytest.raises(InvalidUser, match="belongs to user 101"):
        store.users.set("100", {"ip_addresses": ("192.0.2.2",)})
    store.users.set("100", {"ip_addresses": ("192.0.2.1", "192.0.2.3")})


def test_import_adds_changes_and_leaves(store):
    store.users.add(User("100", "old", display_name="kept"))
    store.users.add(User("101", "same"))
    done = store.users.import_rows([
        {"number": "100", "password": "new"}, {"number": "101", "password": "same"},
        {"number": " 102", "password": "x", "multi_device": "yes", "ip_addresses": "192.0.2.1, 192.0.2.2"},
    ])  # fmt: skip
    assert done == (("102",), ("100",), 1)
    assert store.users.list() == [
        User("100", "new", display_name="kept"), User("101", "same"),
        User("102", "x", multi_device=True, ip_addresses=("192.0.2.1", "192.0.2.2")),
    ]  # fmt: skip


def test_import_is_all_or_nothing_and_names_every_line(store):
    with pytest.raises(InvalidRows) as raised:
        store.users.import_rows([
            {"number": "100", "password": "x"}, {"number": "1 2", "password": "x"}, {"number": "101", "password": ""},
            {"number": "102", "password": "x", "colour": "red"}, {"number": "100", "password": "x"},
        ])  # fmt: skip
    assert [(line, fault.field) for line, fault in raised.value.faults] == [
        (3, "number"), (4, "password"), (5, "colour"), (6, "number"),
    ]  # fmt: skip
    assert store.users.list() == []


def test_import_stops_at_many_faults(store):
    with pytest.raises(InvalidRows) as raised:
        store.users.import_rows({"number": str(number)} for number in range(10_000))
    assert len(raised.value.faults) == 20


def test_imported_addresses_belong_to_one_user(store):
    with pytest.raises(InvalidUser, match="belongs to user"):
        store.users.import_rows([
            {"number": "100", "password": "x", "ip_addresses": "192.0.2.1"},
            {"number": "101", "password": "x", "ip_addresses": "192.0.2.1"},
        ])  # fmt: skip
    store.users.add(User("102", "x", ip_addresses=("192.0.2.9",)))
    with pytest.raises(InvalidUser, match="belongs to user 102"):
        store.users.import_rows([{"number": "100", "password": "x", "ip_addresses": "192.0.2.9"}])


def test_ten_thousand_users_are_imported_and_loaded_quickly(sqlite_store):
    began = time.process_time()
    sqlite_store.users.import_rows({"number": str(number), "password": f"pw{number}"} for number in range(10_000))
    imported = time.process_time()
    assert len(sqlite_store.load_users()) == 10_000
    loaded = time.process_time()
    assert imported - began < 2.0
    assert loaded - imported < 0.5
