# SPDX-License-Identifier: GPL-2.0-or-later
"""Nobody can fill the log."""
from __future__ import annotations

import logging

from mss.transport.log import LimitedLog
from tests.transport.harness import Logged


def test_lines_beyond_the_burst_are_counted_and_told_later() -> None:
    now = [0.0]
    handler = Logged()
    log = logging.Logger("log")
    log.addHandler(handler)
    limited = LimitedLog(log, lambda: now[0], burst=2, interval=10.0)
    for number in range(5):
        limited.note("a", "a %d", number)
    limited.warn("b", "b")
    assert handler.lines == ["a 0", "a 1", "b"]
    now[0] = 10.0
    limited.note("a", "a again")
    assert handler.lines[3:] == ["a: 3 more such lines were left out", "a again"]
