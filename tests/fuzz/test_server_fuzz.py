# SPDX-License-Identifier: GPL-2.0-or-later
"""Mutated messages against a whole server in memory: nothing is raised, and nothing is left behind."""
from __future__ import annotations

import pytest

from mss.sip.flow import Flow, LocalAddress
from mss.testing.network import FakeNetwork
from mss.testing.server import LINGERING_SECONDS, SipServer
from tests.fuzz.mutator import mutants

_COUNT = 5000


class SilentFlow(Flow):
    """A peer that never reads."""

    def send(self, data: bytes) -> None:
        assert data.startswith((b"SIP/2.0 ", b"OPTIONS ", b"ACK ", b"BYE ", b"NOTIFY ")), data[:200]


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_mutated_messages(transport: str) -> None:
    network = FakeNetwork()
    server = SipServer(network)
    flow = SilentFlow(transport, "192.0.2.7", 5060, LocalAddress(transport, "198.51.100.1", 5060))
    for data in mutants(_COUNT, seed=11 if transport == "UDP" else 12):
        server.receive(data, flow, network.now)
    server.tick(network.now + LINGERING_SECONDS)
    server.expect_idle()
