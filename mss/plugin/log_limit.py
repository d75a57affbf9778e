# SPDX-License-Identifier: GPL-2.0-or-later
"""Keeping a fault that repeats with every call from filling the log."""
from __future__ import annotations

from collections.abc import Callable


class LogLimit:
    """Lets one line per key through at once, and then one per ``interval`` seconds."""

    def __init__(self, clock: Callable[[], float], interval: float = 10.0) -> None:
        self._clock = clock
        self._interval = interval
        #: Key -> (time of the last line, lines held back since).
        self._seen: dict[str, tuple[float, int]] = {}

    def admit(self, key: str) -> str | None:
        """What to put behind the line: empty or ``(12 more since)``; None to hold the line back."""
        now = self._clock()
        last, held = self._seen.get(key, (now - self._interval, 0))
        if now - last < self._interval:
            self._seen[key] = (last, held + 1)
            return None
        self._seen[key] = (now, 0)
        return f" ({held} more since the last line)" if held else ""
