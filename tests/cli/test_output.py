# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables, lines and JSON; and what a remote text must not do to a terminal."""
from __future__ import annotations

import json

import pytest

from mss.cli import output
from mss.cli.output import Column, duration, or_dash, print_record, print_rows, printable, when, yes_no

COLUMNS = (Column("name", "Name"), Column("size", "Size", lambda value: f"{value} B", is_number=True))
ROWS = [{"name": "ä", "size": 1, "more": [1]}, {"name": "[red]b\x1b[31m", "size": 20, "more": []}]


def test_pipe_gets_tabs(capsys) -> None:
    print_rows(ROWS, COLUMNS, as_json=False)
    assert capsys.readouterr().out == "Name\tSize\nä\t1 B\n[red]b\\x1b[31m\t20 B\n"


def test_json_has_all_keys(capsys) -> None:
    print_rows(iter(ROWS), COLUMNS, as_json=True)
    assert json.loads(capsys.readouterr().out) == ROWS


def test_person_gets_a_table(capsys, monkeypatch) -> None:
    monkeypatch.setattr(output, "is_terminal", lambda: True)
    print_rows(ROWS, COLUMNS, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert any("Name" in line and "Size" in line for line in lines)
    assert any("[red]b\\x1b[31m" in line for line in lines)
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize(("is_terminal", "line"), [(True, "longer: x\\n\n"), (False, "longer: x\\n\n")])
def test_record(capsys, monkeypatch, is_terminal: bool, line: str) -> None:
    monkeypatch.setattr(output, "is_terminal", lambda: is_terminal)
    print_record([("a", 1), ("longer", "x\n")])
    text = capsys.readouterr().out
    assert text.endswith(line)
    assert text.startswith("a:      1\n" if is_terminal else "a: 1\n")


def test_values_in_words() -> None:
    assert [duration(value) for value in (0, 59.9, 3600, 90061, -5)] == [
        "0:00:00", "0:00:59", "1:00:00", "1d 1:01:01", "0:00:00",
    ]  # fmt: skip
    assert (yes_no(True), yes_no(0)) == ("yes", "no")
    assert [or_dash(value) for value in ("", None, [], ("a", "b"), 0)] == ["-", "-", "-", "a, b", "0"]
    assert when(0.0) == "-"
    assert when(86400 * 365.0).startswith("197")
    assert printable("a\x07ü\u202e") == "a\\x07ü\\u202e"
