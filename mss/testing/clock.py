# SPDX-License-Identifier: GPL-2.0-or-later
"""A clock that stands still until a test moves it, and an event loop driven by it."""
from __future__ import annotations

from collections.abc import Callable
from functools import partial
from heapq import heappop, heappush
from typing import Final

from mss.server.clock import Clock
from mss.sip.timers import TICK_SECONDS

#: Ticks come this long after the full multiple, so that rounding never makes one early.
_AFTER_TICK: Final = 0.001


class FakeClock:
    """A clock.  ``time`` is monotonic seconds; wall time adds ``wall_offset``."""

    def __init__(self, time: float = 1000.0, wall_offset: float = 1_700_000_000.0) -> None:
        self.time = time
        self.wall_offset = wall_offset

    def now(self) -> float:
        """Monotonic seconds."""
        return self.time

    def wall(self) -> float:
        """Seconds since the epoch."""
        return self.time + self.wall_offset

    def advance(self, seconds: float) -> None:
        """Let time pass; raises ValueError for a negative number."""
        if seconds < 0:
            raise ValueError("time does not go back")
        self.time += seconds

    def server_clock(self) -> Clock:
        """A clock for a server that shows this one's time."""
        clock = Clock()
        clock.now = self.now
        clock.wall_offset = self.wall_offset
        return clock


class Scheduled:
    """A function that waits for its time; ``cancel`` makes it be forgotten."""

    __slots__ = ("due", "function", "serial")

    def __init__(self, due: float, serial: int, function: Callable[[], object]) -> None:
        self.due = due
        self.serial = serial
        self.function: Callable[[], object] | None = function

    def __lt__(self, other: Scheduled) -> bool:
        return (self.due, self.serial) < (other.due, other.serial)

    def cancel(self) -> None:
        """Do not run it."""
        self.function = None


class FakeLoop:
    """Runs what is due, in order of time and then of arrival, when ``settle`` or ``advance`` is called.

    ``add_ticker`` adds a function of the time that is called every 50 ms, as a server's timer is.
    """

    def __init__(self, clock: FakeClock | None = None) -> None:
        self.clock = clock if clock is not None else FakeClock()
        self._started_at = self.clock.time
        self._queue: list[Scheduled] = []
        self._serial = 0
        self._tickers: list[Callable[[float], object]] = []
        self._ticks = 0
        self._is_running = False

    @property
    def now(self) -> float:
        """The time of the clock."""
        return self.clock.time

    def add_ticker(self, ticker: Callable[[float], object]) -> None:
        """Call ``ticker(now)`` every 50 ms from now on."""
        self._tickers.append(ticker)

    def call_later(self, seconds: float, function: Callable[[], object]) -> Scheduled:
        """Run ``function`` once, ``seconds`` from now."""
        self._serial += 1
        scheduled = Scheduled(self.clock.time + seconds, self._serial, function)
        heappush(self._queue, scheduled)
        return scheduled

    def call_soon(self, function: Callable[..., object], *args: object) -> None:
        """Run ``function(*args)`` with the next ``settle``; may be called from inside any function that is run."""
        self.call_later(0.0, partial(function, *args))

    def settle(self) -> None:
        """Run all that is due now, and what that makes due now; inside a run this does nothing."""
        if self._is_running:
            return
        self._is_running = True
        try:
            self._run_due()
        finally:
            self._is_running = False

    def _run_due(self) -> None:
        while self._queue and self._queue[0].due <= self.clock.time:
            function = heappop(self._queue).function
            if function is not None:
                function()

    def advance(self, seconds: float) -> None:
        """Let time pass, running everything at its own time.  Raises RuntimeError inside a run."""
        if self._is_running:
            raise RuntimeError("time is moved by the test, not by what it runs")
        end = self.clock.time + seconds
        self._is_running = True
        try:
            self._run_due()
            while True:
                tick = self._started_at + (self._ticks + 1) * TICK_SECONDS + _AFTER_TICK
                due = self._queue[0].due if self._queue else end + 1.0
                if min(tick, due) > end:
                    break
                self.clock.time = max(self.clock.time, min(tick, due))
                if tick <= due:
                    self._tick()
                self._run_due()
            self.clock.time = max(self.clock.time, end)
        finally:
            self._is_running = False

    def _tick(self) -> None:
        self._ticks += 1
        for ticker in self._tickers:
            ticker(self.clock.time)
        self._run_due()
