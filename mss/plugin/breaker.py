# SPDX-License-Identifier: GPL-2.0-or-later
"""The circuit breaker that keeps a plugin which stopped answering from delaying every call."""
from __future__ import annotations

from typing import Final

#: Consecutive time-outs that open the circuit.
TIMEOUT_LIMIT: Final = 3
#: Seconds for which it stays open at least.
HOLD_SECONDS: Final = 5.0


class Breaker:
    """Counts time-outs in a row; open means that the plugin is skipped.

    It closes once the hold time is over *and* the plugin's thread has come back from everything it
    was asked.  It is then on trial: the next time-out opens it again, the next answer clears it.
    """

    __slots__ = ("is_open", "_in_a_row", "_is_held")

    def __init__(self) -> None:
        self.is_open = False
        self._in_a_row = 0
        self._is_held = False

    def answered(self) -> None:
        """The plugin answered in time."""
        self._in_a_row = 0

    def timed_out(self) -> bool:
        """The plugin did not answer in time; true if this opened the circuit."""
        self._in_a_row += 1
        if self.is_open or self._in_a_row < TIMEOUT_LIMIT:
            return False
        self.is_open = self._is_held = True
        return True

    def end_hold(self) -> None:
        """``HOLD_SECONDS`` have passed since the circuit opened."""
        self._is_held = False

    def try_to_close(self, outstanding: int) -> bool:
        """Close if nothing stands against it, with ``outstanding`` unanswered questions; true if it did."""
        if not self.is_open or self._is_held or outstanding:
            return False
        self.is_open = False
        self._in_a_row = TIMEOUT_LIMIT - 1
        return True
