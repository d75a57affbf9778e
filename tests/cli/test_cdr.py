# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss cdr``."""
from __future__ import annotations

import json

import pytest

from mss.cli import cdr
from mss.model.call_record import CallRecord


def record(number: int, caller: str = "100", answered: bool = True) -> CallRecord:
    values = dict.fromkeys(CallRecord._fields, "")
    start = 1_700_000_000.0 + number
    values.update(
        id=f"r{number}", call_id=f"c{number}", caller=caller, dialled="101", called="101", started_at=start,
        rang_at=start + 1, answered_at=start + 2 if answered else 0.0, ended_at=start + 65,
        status=200 if answered else 486, cause=16 if answered else 17,
        cause_text="Normal call clearing" if answered else "User busy", ended_by="caller",
    )  # fmt: skip
    return CallRecord(**values)


@pytest.fixture
def records(store) -> list[CallRecord]:
    found = [record(1), record(2, "300"), record(3, answered=False), record(4)]
    store.add_call_records(found)
    return found


def ids(run, *words: str) -> list[str]:
    return [row["id"] for row in json.loads(run("cdr", "list", "--json", *words).stdout)]


def test_list(run, records) -> None:
    lines = run("cdr", "list").stdout.splitlines()
    assert len(lines) == 5
    assert "\t0:01:03\t200\t16\tNormal call clearing\tcaller\tr4" in lines[1]
    assert "\t0:00:00\t486\t17\tUser busy\t" in lines[2]
    row = json.loads(run("cdr", "list", "--json", "--limit", "1").stdout)[0]
    assert row == {**records[3]._asdict(), "talk_seconds": 63.0}


def test_filters(run, records, monkeypatch) -> None:
    assert ids(run) == ["r4", "r3", "r2", "r1"]
    assert ids(run, "--limit", "2") == ["r4", "r3"]
    assert ids(run, "--user", "300") == ["r2"]
    assert ids(run, "--call-id", "c3") == ["r3"]
    assert ids(run, "--unanswered") == ["r3"]
    assert ids(run, "--answered", "--limit", "2") == ["r4", "r2"]
    assert ids(run, "--since", "1h") == []
    assert ids(run, "--until", "2023-01-01") == []
    assert len(ids(run, "--since", "2023-01-01", "--until", "1h")) == 4
    monkeypatch.setattr(cdr, "_CHUNK", 2)
    assert ids(run, "--limit", "0") == ["r4", "r3", "r2", "r1"]
    assert ids(run, "--limit", "3") == ["r4", "r3", "r2"]


def test_show(run, records) -> None:
    assert "cause_text: User busy\n" in run("cdr", "show", "r3").stdout
    assert json.loads(run("cdr", "show", "r3", "--json").stdout)["status"] == 486
    assert "no call record r9" in run("cdr", "show", "r9", code=1).stderr


def test_wrong_time(run, records) -> None:
    assert "2026-03-01" in run("cdr", "list", "--since", "soon", code=2).stderr
