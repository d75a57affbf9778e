# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a call can go."""
from __future__ import annotations

from typing import Any, NamedTuple


class Device(NamedTuple):
    """One device to ring; ``handle`` is the caller's own key for it (a registrar binding)."""

    uri: str
    handle: Any = None


class Route(NamedTuple):
    """The result of routing one number.

    ``status`` 0 means: ring ``devices`` of ``number``.  Otherwise the call is refused with ``status`` and
    ``reason``, unless ``condition`` ("busy" or "unreachable") meets a forward of that number.
    ``forwards`` are the unconditional forwards passed on the way, as (who, to whom).
    """

    number: str
    devices: tuple[Device, ...] = ()
    status: int = 0
    reason: str = ""
    condition: str = ""
    forwards: tuple[tuple[str, str], ...] = ()
    forward_busy: str = ""
    forward_no_answer: str = ""
    forward_unreachable: str = ""
    no_answer_seconds: int = 0
    max_seconds: int = 0
    media: str = ""
    kind: str = "user"
