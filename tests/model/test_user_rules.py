# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import dataclasses

import pytest

from mss.model.user import User
from mss.model.user_rules import USER_FIELDS, InvalidUser, check_user, parse_user_field


def user(**fields):
    return User(**{"number": "100", "password": "x", **fields})


def test_fields_are_those_of_a_user():
    assert [field.name for field in dataclasses.fields(User) if field.name != "ha1"] == list(USER_FIELDS)


@pytest.mark.parametrize("number", ["1", "100", "+4930123", "anna.b", "Hall-2", "a_b", "x" * 63])
def test_numbers_and_names(number):
    check_user(user(number=number))


@pytest.mark.parametrize("number", ["", " ", "*71", "#1", "1 2", "a@b", "a:b", "-1", "++1", "1\n", "x" * 65, "%32"])
def test_what_is_no_number(number):
    with pytest.raises(InvalidUser) as raised:
        check_user(user(number=number))
    assert raised.value.field == "number"


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("password", ["a", "gehe:im é", "x" * 128], ["", "x" * 129, "a\nb", "a\0"]),
        ("display_name", ["", "Zimmer 1"], ["a\r\nb", "x" * 201]),
        ("description", ["", "left of the door"], ["a\tb"]),
        ("max_devices", [1, 100], [0, 101]),
        ("max_calls", [0, 10000], [-1, 10001]),
        ("max_call_seconds", [0, 604800], [-1, 604801]),
        ("no_answer_seconds", [0, 3600], [-1, 3601]),
        ("session_expires", [0, 90, 86400], [-1, 1, 89, 86401]),
        ("media", ["", "direct", "anchored"], ["relay"]),
        ("ip_addresses", [(), ("192.0.2.7",), ("2001:db8::/64", "10.0.0.0/8")], [("10.0.0.1/8",), ("office",)]),
        ("fixed_contact", ["", "sip:100@192.0.2.7:5060", "sips:[::1];transport=tcp"], ["100", "tel:1", "sip:a b@c"]),
        ("forward_all", ["", "101", "*71", "anna", "sip:a@b.example", "tel:+49-30"], ["a b", "ftp://x", "sip:", "<1>"]),
        ("forward_busy", ["101"], ["a b"]),
        ("forward_no_answer", ["101"], ["a b"]),
        ("forward_unreachable", ["101"], ["a b"]),
    ],
)
def test_values_of_fields(field, good, bad):
    for value in good:
        check_user(user(**{field: value}))
    for value in bad:
        with pytest.raises(InvalidUser) as raised:
            check_user(user(**{field: value}))
        assert raised.value.field == field
        assert raised.value.remedy


def test_message_names_user_field_and_remedy_but_no_password():
    with pytest.raises(InvalidUser) as raised:
        check_user(user(password="geheim\n"))
    assert str(raised.value).startswith("user 100: password is too long or has control characters; ")
    assert "geheim" not in str(raised.value)


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("password", " kept as it is ", " kept as it is "),
        ("enabled", "Yes", True),
        ("enabled", "0", False),
        ("multi_device", " off ", False),
        ("max_calls", " 12 ", 12),
        ("ip_addresses", "192.0.2.1, 192.0.2.2 192.0.2.3", ("192.0.2.1", "192.0.2.2", "192.0.2.3")),
        ("ip_addresses", "", ()),
    ],
)
def test_fields_are_read_from_text(field, text, value):
    assert parse_user_field("100", field, text) == value


@pytest.mark.parametrize(
    ("field", "text", "problem"),
    [
        ("enabled", "perhaps", "is neither yes nor no"),
        ("max_calls", "many", "is not a whole number"),
        ("max_calls", "-1", "is not a whole number"),
        ("max_calls", "9" * 5000, "is not a whole number"),
        ("colour", "red", "is not a field of a user"),
        ("ha1", "x", "is not a field of a user"),
    ],
)
def test_texts_of_the_wrong_kind(field, text, problem):
    with pytest.raises(InvalidUser) as raised:
        parse_user_field("100", field, text)
    assert (raised.value.field, raised.value.problem) == (field, problem)
