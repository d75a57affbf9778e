# SPDX-License-Identifier: GPL-2.0-or-later
"""Log lines about what peers do wrong, limited so that nobody can fill the log."""
from __future__ import annotations

import logging
from collections.abc import Callable


class LimitedLog:
    """Passes a few lines of each kind per interval and counts the rest.

    ``clock()`` is in seconds and only goes forward; ``burst`` lines of a kind pass in each ``interval``.
    """

    def __init__(
        self, log: logging.Logger, clock: Callable[[], float], *, burst: int = 5, interval: float = 10.0
    ) -> None:
        self._log = log
        self._clock = clock
        self._burst = burst
        self._interval = interval
        #: kind -> [begin of the interval, lines passed or held back in it]
        self._kinds: dict[str, tuple[float, int]] = {}

    def note(self, kind: str, text: str, *values: object) -> None:
        """One line of level INFO; ``kind`` is a constant of the caller, the bound counts by it."""
        self._write(logging.INFO, kind, text, values)

    def warn(self, kind: str, text: str, *values: object) -> None:
        """One line of level WARNING; see note."""
        self._write(logging.WARNING, kind, text, values)

    def _write(self, level: int, kind: str, text: str, values: tuple[object, ...]) -> None:
        now = self._clock()
        begin, count = self._kinds.get(kind, (now, 0))
        if now - begin >= self._interval:
            if count > self._burst:
                self._log.log(level, "%s: %d more such lines were left out", kind, count - self._burst)
            begin, count = now, 0
        self._kinds[kind] = (begin, count + 1)
        if count < self._burst:
            self._log.log(level, text, *values)
