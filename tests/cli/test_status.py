# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss status``."""
from __future__ import annotations

import json


def test_text(run, server, facade) -> None:
    facade.warnings = ["plugin x has failed"]
    result = run("status")
    assert "Running: 1d 2:03:04 since" in result.stdout
    assert "Calls: 1 now, 10 since the start (8 answered, 1 failed)\n" in result.stdout
    assert "Memory: 50 MB\n" in result.stdout
    assert result.stderr == "Warning: plugin x has failed\n"


def test_json_and_metrics(run, server, facade) -> None:
    assert json.loads(run("status", "--json").stdout) == facade.status()
    assert run("status", "--metrics").stdout == "mss_calls 1\n"


def test_no_server(run, home) -> None:
    assert "no server is running" in run("status", code=1).stderr
