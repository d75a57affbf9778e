# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mss.store.text import storable, storable_row


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("plain é 中 \t\n", "plain é 中 \t\n"),
        ("a\0b", "a\N{REPLACEMENT CHARACTER}b"),
    ],
)
def test_only_what_cannot_be_stored_is_replaced(text, stored):
    assert storable(text) == stored


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_any_text_becomes_storable(text):
    stored = storable(text)
    stored.encode()
    assert "\0" not in stored
    assert storable(stored) == stored


def test_row_keeps_what_is_no_text():
    assert storable_row(("a\udcff", 1, 2.5, None))[1:] == (1, 2.5, None)
