# SPDX-License-Identifier: GPL-2.0-or-later
"""A server that is already running and knows the users."""
from __future__ import annotations

from bench.peers.base import Peer


class External(Peer):
    """Started and stopped by somebody else; measured when ``process_ids`` are given."""

    name = "external"
    call_rates: tuple[int, ...] = (1000, 100)
    process_ids: tuple[int, ...] = ()

    def launch(self) -> None:
        """Nothing to do."""

    def pids(self) -> list[int]:
        """What the caller named."""
        return list(self.process_ids)
