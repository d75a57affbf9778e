# SPDX-License-Identifier: GPL-2.0-or-later
"""What is remembered of a plugin over a restart."""
from __future__ import annotations

from typing import NamedTuple


class PluginState(NamedTuple):
    """``failed_at`` is the wall-clock time of ``last_error`` in seconds since the epoch, 0.0 = never."""

    name: str
    enabled: bool
    last_error: str
    failed_at: float
