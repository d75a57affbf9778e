# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest
from mss_example.aliases import FILE_NAME, VARIABLE, AliasError, load_aliases


def test_nothing_configured(tmp_path):
    assert load_aliases(tmp_path, {}) == {}


def test_file(tmp_path):
    (tmp_path / FILE_NAME).write_text('[aliases]\nreception = "100"\n8500 = "101"\n')
    assert load_aliases(tmp_path, {}) == {"reception": "100", "8500": "101"}


def test_variable_wins_over_file(tmp_path):
    (tmp_path / FILE_NAME).write_text('[aliases]\nreception = "100"\ndoor = "103"\n')
    found = load_aliases(tmp_path, {VARIABLE: "reception=102, 8500 = 101,"})
    assert found == {"reception": "102", "door": "103", "8500": "101"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[aliases\n", "line 1"),
        ("[aliases]\nreception = 100\n", r'aliases.reception: write the number in quotes'),
        ('[aliases]\nreception = ""\n', "aliases.reception"),
        ("aliases = 3\n", "must be a table"),
    ],
)
def test_mistake_in_file_is_named(tmp_path, text, message):
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(AliasError, match=message) as caught:
        load_aliases(tmp_path, {})
    assert str(tmp_path / FILE_NAME) in str(caught.value)


@pytest.mark.parametrize("text", ["reception", "=100", "reception="])
def test_mistake_in_variable_is_named(tmp_path, text):
    with pytest.raises(AliasError, match=f"{VARIABLE}: '{text}'"):
        load_aliases(tmp_path, {VARIABLE: text})
