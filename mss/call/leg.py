# SPDX-License-Identifier: GPL-2.0-or-later
"""A leg as call control sees it: one dialog of a call."""
from __future__ import annotations

from typing import Final

DIALLED: Final = 0
RINGING: Final = 1
UP: Final = 2
GONE: Final = 3


class Leg:
    """One party of a call; ``peer`` is the leg it talks with, -1 while it talks with nobody.

    ``body`` is the last description its party sent.
    """

    __slots__ = ("body", "device", "number", "peer", "state")

    def __init__(self, number: str, device: str) -> None:
        self.number = number
        self.device = device
        self.state = DIALLED
        self.peer = -1
        self.body = b""
