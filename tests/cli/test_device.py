# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss device``."""
from __future__ import annotations

import json

from tests.fake_facade import device


def test_list(run, server, facade) -> None:
    facade.devices = [device("100"), {**device("101"), "ping_ms": -1.0, "user_agent": "evil\x1b[2J"}]
    text = run("device", "list").stdout
    assert "100\treachable\tudp:192.0.2.7:5062\t" in text
    assert "\t-\tevil\\x1b[2J\n" in text
    assert json.loads(run("device", "list", "--user", "100", "--json").stdout) == [device("100")]
