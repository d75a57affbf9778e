# SPDX-License-Identifier: GPL-2.0-or-later
"""Unpredictable tokens for tags, branches and Call-IDs (RFC 3261 19.3), drawn from a given source."""
from __future__ import annotations

from collections.abc import Callable
from typing import Final

_POOL_BYTES: Final = 4096
_TOKEN_CHARS: Final = 16


class TokenSource:
    """Cuts 64-bit hex tokens out of blocks of random bytes; ``fill(n)`` returns ``n`` of them."""

    __slots__ = ("_at", "_fill", "_pool")

    def __init__(self, fill: Callable[[int], bytes]) -> None:
        self._fill = fill
        self._pool = ""
        self._at = 0

    def token(self) -> str:
        """Sixteen hex digits, never given out before."""
        at = self._at
        if at >= len(self._pool):
            self._pool = self._fill(_POOL_BYTES).hex()
            at = 0
        self._at = at + _TOKEN_CHARS
        return self._pool[at:at + _TOKEN_CHARS]

    def number(self, below: int) -> int:
        """A random integer from 0 to ``below`` - 1."""
        return int(self.token(), 16) % below
