# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.call.cause import cause_of, parse_cause, reason_header, text_of


@pytest.mark.parametrize(("status", "cause"), [
    (200, 16), (486, 17), (404, 1), (480, 18), (408, 102), (503, 41), (603, 21), (600, 17), (604, 1), (606, 88),
    (499, 31), (599, 41), (302, 31),
])  # fmt: skip
def test_causes_of_statuses(status: int, cause: int) -> None:
    """RFC 3398 8.2.6.1."""
    assert cause_of(status) == cause


@pytest.mark.parametrize(("value", "cause"), [
    (None, 0), ("", 0), ("Q.850;cause=16", 16), ('q.850 ;text="a;cause=5"; cause = 17 ', 17),
    ("SIP;cause=200", 0), ("SIP;cause=487, Q.850;cause=31", 31), ("Q.850", 0), ("Q.850;cause=", 0),
    ("Q.850;cause=-1", 0), ("Q.850;cause=abc,Q.850;cause=21", 21),
])  # fmt: skip
def test_reading_a_reason_header(value: str | None, cause: int) -> None:
    assert parse_cause(value) == cause


def test_writing_one() -> None:
    assert reason_header(17) == 'Reason: Q.850;cause=17;text="user busy"\r\n'
    assert parse_cause(reason_header(99).partition(": ")[2].strip()) == 99


def test_words() -> None:
    assert text_of(16) == "normal call clearing"
    assert text_of(99) == "cause 99"
