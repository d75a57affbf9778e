# SPDX-License-Identifier: GPL-2.0-or-later
"""Lines of figures as a table and as JSON."""
from __future__ import annotations

import json
from pathlib import Path

from bench.report import append_json, format_table

LINES: list[dict[str, object]] = [
    {"peer": "mss", "item": "C", "rate": 1000, "ok": 20000, "failed": 0, "cpu_s_per_1000": 0.5, "calib_ms": 2.0,
     "resp_ms_mean": 25.0},
    {"peer": "mss", "item": "start", "users": 10000, "seconds": 0.9},
    {"peer": "asterisk", "item": "C", "error": "asterisk is not installed"},
]  # fmt: skip


def test_table_has_a_row_for_each_line() -> None:
    rows = format_table(LINES).splitlines()
    assert rows[0].split()[:3] == ["peer", "item", "load"]
    assert rows[1].split() == ["mss", "C", "1000/s", "20000", "0", "0.5", "25.0", "ms", "response", "2.0"]
    assert rows[2].split() == ["mss", "start", "10000", "users", "0.9", "s"]
    assert rows[3].endswith("asterisk is not installed")


def test_json_lines_are_appended(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    for line in LINES:
        append_json(file, line)
    assert [json.loads(text) for text in file.read_text().splitlines()] == LINES
