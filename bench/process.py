# SPDX-License-Identifier: GPL-2.0-or-later
"""What a process tree costs, read from /proc: CPU seconds and memory."""
from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def _stat_fields(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the command name (state is field 0); empty when gone."""
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return []
    return text[text.rindex(")") + 2 :].split()


def process_tree(roots: Iterable[int]) -> list[int]:
    """The living processes among ``roots`` and all their descendants."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            fields = _stat_fields(int(entry.name))
            if fields:
                children.setdefault(int(fields[1]), []).append(int(entry.name))
    found: list[int] = []
    pending = list(roots)
    while pending:
        pid = pending.pop()
        if _stat_fields(pid):
            found.append(pid)
            pending += children.get(pid, [])
    return found


def cpu_seconds(roots: Iterable[int]) -> float:
    """User plus system time of the tree, with that of children already waited for."""
    ticks = 0
    for pid in process_tree(roots):
        ticks += sum(int(value) for value in _stat_fields(pid)[11:15])
    return ticks / _TICKS_PER_SECOND


def memory_mb(roots: Iterable[int]) -> tuple[float, float]:
    """(RSS, PSS) of the tree in MiB.  PSS counts pages shared between processes once."""
    rss = pss = 0
    for pid in process_tree(roots):
        try:
            text = (_PROC / str(pid) / "smaps_rollup").read_text()
        except OSError:
            continue
        for line in text.splitlines():
            if line.startswith("Rss:"):
                rss += int(line.split()[1])
            elif line.startswith("Pss:"):
                pss += int(line.split()[1])
    return rss / 1024, pss / 1024


def host_busy_seconds() -> float:
    """CPU time all cores together have not been idle."""
    fields = [int(value) for value in (_PROC / "stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / _TICKS_PER_SECOND


class Calibration(threading.Thread):
    """CPU time of one fixed piece of work, once a second while a measurement runs.

    It tells how much slower a CPU second is than on another machine, or on this one when it is
    crowded: compare only runs whose values are near each other.
    """

    _DATA = bytes(65536)

    def __init__(self) -> None:
        """A daemon thread; ``start`` it, then ``finish``."""
        super().__init__(daemon=True)
        self._samples_ms: list[float] = []
        self._finished = threading.Event()

    def run(self) -> None:
        """Measure until ``finish``."""
        while not self._finished.is_set():
            start = time.thread_time()
            number = 0
            for index in range(15000):
                number += index ^ (number & 255)
            for _ in range(16):
                hashlib.sha256(self._DATA).digest()
            self._samples_ms.append((time.thread_time() - start) * 1000)
            self._finished.wait(1)

    def finish(self) -> float:
        """The median in milliseconds."""
        self._finished.set()
        self.join()
        return sorted(self._samples_ms)[len(self._samples_ms) // 2]


class Meter:
    """Cost of one load: made before it, ``sample``d during it, ``stop``ped after it."""

    def __init__(self, pids: list[int]) -> None:
        """Start measuring the trees of ``pids``."""
        self._pids = pids
        self._rss_before = memory_mb(pids)[0]
        self._rss_peak = self._rss_before
        self._cpu_before = cpu_seconds(pids)
        self._host_before = host_busy_seconds()
        self._started = time.monotonic()
        self._calibration = Calibration()
        self._calibration.start()

    def sample(self) -> None:
        """Note the memory of this moment."""
        self._rss_peak = max(self._rss_peak, memory_mb(self._pids)[0])

    def stop(self) -> dict[str, float]:
        """The figures; times in seconds, memory in MiB."""
        cpu = cpu_seconds(self._pids) - self._cpu_before
        self.sample()
        return {
            "cpu_s": round(cpu, 2),
            "wall_s": round(time.monotonic() - self._started, 1),
            "host_busy_s": round(host_busy_seconds() - self._host_before, 1),
            "calib_ms": round(self._calibration.finish(), 2),
            "rss_before_mb": round(self._rss_before, 1),
            "rss_peak_mb": round(self._rss_peak, 1),
        }
