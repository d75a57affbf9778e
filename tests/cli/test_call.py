# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss call``."""
from __future__ import annotations

import json

import pytest

from tests.fake_facade import call


def test_list(run, server, facade) -> None:
    facade.calls = [call(1), {**call(2, "300"), "answered_at": 0.0, "called": ""}]
    lines = run("call", "list").stdout.splitlines()
    assert lines[1].startswith("call1\testablished\t100\t101\t101\t")
    assert lines[2].endswith("\t-")
    assert [each["id"] for each in json.loads(run("call", "list", "--user", "300", "--json").stdout)] == ["call2"]


def test_show(run, server) -> None:
    text = run("call", "show", "call1").stdout
    assert "State: established\n" in text and "Leg of the callee\n" in text and text.endswith("  rang\n")
    assert len(json.loads(run("call", "show", "call1-a", "--json").stdout)["legs"]) == 2
    assert run("call", "show", "x", code=1).stderr == "Error: there is no call x\n"


def test_hangup(run, server, facade) -> None:
    facade.calls = [call(1), call(2, "300")]
    assert run("call", "hangup", "call1").stdout == "1 ended.\n"
    run("call", "hangup", "--user", "300")
    run("call", "hangup", "--all")
    assert [asked[1] for asked in facade.asked] == ["call1", "call2", "call1", "call2"]


@pytest.mark.parametrize("words", [[], ["call1", "--all"], ["--user", "1", "--all"]])
def test_hangup_wants_one_choice(run, server, words: list[str]) -> None:
    run("call", "hangup", *words, code=2)


def test_explain(run, server, facade, monkeypatch) -> None:
    text = run("call", "explain", "100", "101").stdout
    assert text == " 1. local user: 101 is a user\nResult: ring sip:101@192.0.2.8\n"
    assert facade.asked == [("explain", "100", "101")]
    refusal = {"result": "refuse", "steps": [], "targets": [], "status": 404, "reason": "Not Found"}
    monkeypatch.setattr(facade, "explain_call", lambda caller, dialled: refusal)
    assert run("call", "explain", "100", "999").stdout == "Result: refuse, 404 Not Found\n"
    assert json.loads(run("call", "explain", "100", "999", "--json").stdout) == refusal
