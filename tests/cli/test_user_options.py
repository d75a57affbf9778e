# SPDX-License-Identifier: GPL-2.0-or-later
"""Options and fields stay together; passwords are strong enough."""
from __future__ import annotations

import math

from mss.cli import user_options
from mss.cli.user_options import FIELD_HELP, generate_password, parse_options, read_password
from mss.model.user import User
from mss.model.user_rules import USER_FIELDS, check_user


def test_every_field_has_an_option() -> None:
    assert list(FIELD_HELP) == [name for name in USER_FIELDS if name not in ("number", "password")]


def test_password_is_random_long_and_typeable() -> None:
    passwords = {generate_password() for _ in range(100)}
    assert len(passwords) == 100
    assert not set("".join(passwords)) & set("0O1lI")
    assert len(user_options._ALPHABET) ** user_options._PASSWORD_LENGTH > 2**80
    assert math.log2(len(user_options._ALPHABET)) * len(passwords.pop()) > 80
    check_user(User("100", generate_password()))


def test_only_given_options_count() -> None:
    assert parse_options("100", {"max_calls": "3", "media": None, "display_name": ""}) == {
        "max_calls": 3, "display_name": "",
    }  # fmt: skip


def test_given_password_is_taken_as_it_is() -> None:
    assert read_password("--x y") == "--x y"
