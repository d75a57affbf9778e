# SPDX-License-Identifier: GPL-2.0-or-later
"""SIPp on both sides of a running server, each losing 30 % of what it sends and of what it receives.

The server runs with T1 = 0.1 s, so that a transaction gives up after 6.4 s.
"""
from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.server import LiveServer, Settings
from tests.support.sipp_load import answering

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("sipp_program")]

_FOLDER = Path(__file__).resolve().parent / "packet_loss"
_T1 = 0.1
_GIVE_UP_SECONDS = 64 * _T1
#: How long the client side of a refused INVITE stays on UDP, whatever T1 is (RFC 3261 17.1.1.2).
_TIMER_D_SECONDS = 32


@pytest.fixture(scope="module")
def module_settings() -> Settings:
    return {"sip": {"t1": _T1}}


@pytest.mark.timeout(120)
@pytest.mark.slow
def test_30_percent_packet_loss_leaves_nothing_behind(server: LiveServer) -> None:
    count = 1000
    with answering(server, _FOLDER, "-lost", "30") as load:
        result = load.call(60, count, 50)
    assert result.created == count
    assert result.ok + result.failed == count
    # By the timers alone 3 of 100 calls fail; SIPp takes some copies of messages for errors, which fails some more.
    assert result.ok >= 0.8 * count, load.errors()
    server.wait_until_no_calls(2 * _GIVE_UP_SECONDS)
    server.wait_until_idle(_TIMER_D_SECONDS + 5)
    answered = [record for record in server.records() if record["answered_at"]]
    assert len(answered) >= result.ok
