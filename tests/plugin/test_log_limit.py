# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from mss.plugin.log_limit import LogLimit


def test_one_line_per_interval_and_key():
    now = [0.0]
    limit = LogLimit(lambda: now[0], interval=10)
    assert limit.admit("a") == ""
    assert limit.admit("a") is None
    assert limit.admit("b") == ""
    now[0] = 9.9
    assert limit.admit("a") is None
    now[0] = 10.0
    assert limit.admit("a") == " (2 more since the last line)"
    now[0] = 20.0
    assert limit.admit("a") == ""
