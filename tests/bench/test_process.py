# SPDX-License-Identifier: GPL-2.0-or-later
"""The meter measures this very process."""
from __future__ import annotations

import os
import subprocess

from bench.process import Meter, cpu_seconds, host_busy_seconds, memory_mb, process_tree


def test_children_belong_to_the_tree() -> None:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as child:
        assert {os.getpid(), child.pid} <= set(process_tree([os.getpid()]))
    assert child.pid not in process_tree([os.getpid()])


def test_an_ended_process_costs_nothing() -> None:
    child = subprocess.Popen(["true"])
    child.wait()
    assert cpu_seconds([child.pid]) == 0.0
    assert memory_mb([child.pid]) == (0.0, 0.0)


def test_meter_counts_cpu_time() -> None:
    meter = Meter([os.getpid()])
    before = os.times()
    while os.times().user - before.user < 0.05:
        sum(range(10000))
    cost = meter.stop()
    assert cost["cpu_s"] >= 0.03
    assert cost["rss_peak_mb"] >= cost["rss_before_mb"] > 1
    assert cost["calib_ms"] > 0
    assert host_busy_seconds() > 0
