# SPDX-License-Identifier: GPL-2.0-or-later
"""The servers under load: one module each, and the table of them."""
from __future__ import annotations

from bench.peers.asterisk import Asterisk
from bench.peers.base import Peer, PeerError, User
from bench.peers.external import External
from bench.peers.kamailio import Kamailio
from bench.peers.mss import CompiledMss, Mss

PEERS: dict[str, type[Peer]] = {
    "mss": Mss,
    "mss-compiled": CompiledMss,
    "asterisk": Asterisk,
    "kamailio": Kamailio,
    "external": External,
}

__all__ = ["PEERS", "Peer", "PeerError", "User"]
