# SPDX-License-Identifier: GPL-2.0-or-later
"""The one clock of the server: monotonic for everything inside, wall clock at the edges."""
from __future__ import annotations

import time

#: A difference above this many seconds means that somebody set the machine's clock.
_STEP_SECONDS = 2.0


class Clock:
    """``now`` is monotonic seconds; ``wall_offset`` added to it gives seconds since the epoch."""

    __slots__ = ("now", "wall_offset")

    def __init__(self) -> None:
        self.now = time.monotonic
        self.wall_offset = time.time() - time.monotonic()

    def wall(self) -> float:
        """Seconds since the epoch, without a jump while a call lasts unless the machine's clock is set."""
        return self.now() + self.wall_offset

    def follow(self) -> float:
        """Take over a clock that was set (by NTP after a start without it); returns the step in seconds."""
        offset = time.time() - time.monotonic()
        step = offset - self.wall_offset
        if abs(step) < _STEP_SECONDS:
            return 0.0
        self.wall_offset = offset
        return step
