# SPDX-License-Identifier: GPL-2.0-or-later
"""Prints figures as they come, as a table at the end, and as JSON lines."""
from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

_COLUMNS = ("peer", "item", "load", "ok", "failed", "cpu_s_per_1000", "result", "calib_ms")
_TITLES = ("peer", "item", "load", "ok", "failed", "CPU-s/1000", "result", "calib ms")


def append_json(path: Path, line: dict[str, object]) -> None:
    """Add one line of figures to a file of JSON lines."""
    with path.open("a") as stream:
        stream.write(json.dumps(line) + "\n")


def _load(line: dict[str, object]) -> str:
    if "rate" in line:
        return f"{line['rate']}/s"
    for key, unit in (("users", "users"), ("calls", "calls")):
        if key in line:
            return f"{line[key]} {unit}"
    return ""


def _result(line: dict[str, object]) -> str:
    for key, unit in (
        ("error", ""), ("kb_per_user", " KB/user"), ("kb_per_call", " KB/call"), ("seconds", " s"),
        ("max_calls_per_s", " calls/s"), ("rss_mb", " MB RSS"), ("resp_ms_mean", " ms response"),
    ):  # fmt: skip
        if key in line:
            text = f"{line[key]}{unit}"
            return f"{line['calls']} calls: {text}" if key == "rss_mb" and "calls" in line else text
    return ""


def format_table(lines: Iterable[dict[str, object]]) -> str:
    """All lines of figures as one table of plain text."""
    rows = [list(_TITLES)]
    for line in lines:
        values = {**line, "load": _load(line), "result": _result(line)}
        rows.append([str(values.get(column, "")) if values.get(column) is not None else "" for column in _COLUMNS])
    widths = [max(len(row[index]) for row in rows) for index in range(len(_COLUMNS))]
    padded = (("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))) for row in rows)
    return "\n".join(row.rstrip() for row in padded)
