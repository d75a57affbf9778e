# SPDX-License-Identifier: GPL-2.0-or-later
"""kill -9 under load: after the restart phones are called without registering again, and no call record is missing."""
from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from bench.load import Load
from bench.peers.base import make_users
from tests.support.ports import free_port_block
from tests.support.server import LiveServer

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(180), pytest.mark.usefixtures("sipp_program")]

MakeServer = Callable[..., LiveServer]


def test_kill_under_load(make_server: MakeServer) -> None:
    server = make_server(users=make_users(200))
    load = Load(server, free_port_block())
    try:
        load.answer_calls()
        killed: list[float] = []

        def kill_after_3_seconds() -> None:
            if not killed and time.monotonic() - started > 3:
                server.kill()
                killed.append(time.monotonic())

        started = time.monotonic()
        before = load.call(100, 400, 100, meanwhile=kill_after_3_seconds)
        assert killed and before.ok >= 100, before
        server.restart()
        assert server.json("status")["devices"] == len(load.callees)
        finished = [record for record in server.records() if record["answered_at"]]
        assert len(finished) >= before.ok
        assert len({record["id"] for record in finished}) == len(finished)
        after = load.call(50, 100, 100)
        assert (after.ok, after.failed) == (100, 0), load.errors()
    finally:
        load.close()
    server.assert_no_exception()
