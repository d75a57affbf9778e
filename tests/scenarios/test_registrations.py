# SPDX-License-Identifier: GPL-2.0-or-later
"""SIPp registers: REGISTER, 401, REGISTER with digest, 200."""
from __future__ import annotations

from collections.abc import Callable

import pytest

from bench.load import Load
from bench.peers.base import make_users
from tests.support.ports import free_port_block
from tests.support.server import LiveServer
from tests.support.sipp_load import assert_all_ok

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("sipp_program")]

MakeServer = Callable[..., LiveServer]


@pytest.mark.timeout(120)
@pytest.mark.slow
def test_10000_registrations_at_250_per_second(make_server: MakeServer) -> None:
    server = make_server(users=make_users(1000))
    load = Load(server, free_port_block())
    result = load.register(server.users, 10000, 250)
    assert_all_ok(result, 10000, str(result))
    assert server.json("status")["devices"] == 1000
    server.assert_no_exception()
