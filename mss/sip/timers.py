# SPDX-License-Identifier: GPL-2.0-or-later
"""One timer wheel for everything that waits (RFC 3261 table 4).

Arming and cancelling are O(1): a cancelled entry stays in its slot and is skipped when the slot
comes round.  The clock is an argument; nothing here reads it.
"""
from __future__ import annotations

from typing import Final

from mypy_extensions import mypyc_attr

#: Length of one tick in seconds.
TICK_SECONDS: Final = 0.05
_SLOTS: Final = 1024
_MASK: Final = _SLOTS - 1


@mypyc_attr(allow_interpreted_subclasses=True)
class Timed:
    """Something with at most one pending deadline; ``due`` is its tick, -1 when none is pending."""

    __slots__ = ("due",)

    def __init__(self) -> None:
        self.due = -1

    def expire(self) -> None:
        """Called once when the deadline is reached; may arm again."""
        raise NotImplementedError


def to_ticks(seconds: float) -> int:
    """Whole ticks for a time in seconds, at least one."""
    ticks = int(seconds / TICK_SECONDS + 0.5)
    return ticks if ticks > 0 else 1


class Wheel:
    """Timer wheel of 1024 slots; deadlines beyond one turn stay in their slot for the next."""

    __slots__ = ("_slots", "_started_at", "current")

    def __init__(self, now: float) -> None:
        self._slots: list[list[Timed]] = [[] for _ in range(_SLOTS)]
        self._started_at = now
        self.current = 0

    def arm(self, timed: Timed, ticks: int) -> None:
        """Let ``timed`` expire after ``ticks``; an earlier deadline of the same object is dropped."""
        due = self.current + ticks + 1
        timed.due = due
        self._slots[due & _MASK].append(timed)

    def cancel(self, timed: Timed) -> None:
        """Drop the deadline, if any."""
        timed.due = -1

    def advance(self, now: float) -> None:
        """Expire all that is due at ``now`` (the same clock as given at construction)."""
        target = int((now - self._started_at) / TICK_SECONDS)
        while self.current < target:
            self.current += 1
            self._turn(self.current)

    def _turn(self, current: int) -> None:
        index = current & _MASK
        slot = self._slots[index]
        if not slot:
            return
        self._slots[index] = []
        try:
            for timed in slot:
                due = timed.due
                if due == current:
                    timed.due = -1
                    timed.expire()
                elif due > current and (due & _MASK) == index:
                    self._slots[index].append(timed)
        except Exception:
            self._postpone(slot, current)
            raise

    def _postpone(self, slot: list[Timed], current: int) -> None:
        """One of a slot raised: the others lose one tick by it, not their deadline."""
        for timed in slot:
            if timed.due == current:
                timed.due = current + 1
            if timed.due > current:
                self._slots[timed.due & _MASK].append(timed)

    def pending(self) -> int:
        """Deadlines not yet reached, for status and leak tests; walks the whole wheel."""
        return sum(1 for slot in self._slots for timed in slot if timed.due > 0)


class TimerValues:
    """RFC 3261 timer values in ticks, derived from T1 (seconds)."""

    __slots__ = ("t1", "t2", "t4", "t64", "timer_c", "timer_d", "trying")

    def __init__(self, t1: float = 0.5, t2: float = 4.0, t4: float = 5.0) -> None:
        self.t1 = to_ticks(t1)
        self.t2 = to_ticks(t2)
        self.t4 = to_ticks(t4)
        self.t64 = 64 * self.t1
        # RFC 3261 16.6: timer C must be longer than three minutes.
        self.timer_c = to_ticks(185.0)
        # RFC 3261 17.1.1.2: timer D is at least 32 s on an unreliable transport.
        self.timer_d = max(to_ticks(32.0), self.t64)
        # RFC 4320 4.1: a non-INVITE request may be answered 100 once the client's timer E has come to T2.
        self.trying = self.t1
        interval = 2 * self.t1
        while interval < self.t2:
            self.trying += interval
            interval *= 2
