# SPDX-License-Identifier: GPL-2.0-or-later
"""SIPp on both sides of a running server.  Each folder here holds a ``call.xml`` and an ``answer.xml``.

The server runs with T1 = 0.1 s, so that a transaction gives up after 6.4 s.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from bench.load import Load
from bench.peers.base import make_users
from bench.sipp import SippResult
from tests.support.ports import free_port_block
from tests.support.server import LiveServer, Settings

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("sipp_program")]

_HERE = Path(__file__).resolve().parent
_T1 = 0.1
_GIVE_UP_SECONDS = 64 * _T1
#: How long the client side of a refused INVITE stays on UDP, whatever T1 is (RFC 3261 17.1.1.2).
_TIMER_D_SECONDS = 32
MakeServer = Callable[..., LiveServer]


@pytest.fixture(scope="module")
def module_settings() -> Settings:
    return {"sip": {"t1": _T1}}


class Scenario(NamedTuple):
    """A folder and how it is run: calls, calls per second, milliseconds each is held."""

    folder: str
    count: int = 100
    rate: int = 50
    hold_ms: int = 20


@contextmanager
def answering(server: LiveServer, folder: str, *options: str) -> Iterator[Load]:
    """The callees of a scenario folder, registered and answering."""
    load = Load(server, free_port_block(), _HERE / folder, options)
    try:
        load.answer_calls()
        yield load
    finally:
        load.close()


def assert_all_ok(result: SippResult, count: int, errors: str) -> None:
    assert (result.ok, result.failed) == (count, 0), errors


@pytest.mark.parametrize(
    "scenario",
    [
        Scenario("cancel"),
        Scenario("cancel_race", count=300),
        Scenario("prack"),
        Scenario("update"),
        Scenario("lost_ack"),
        Scenario("never_acked", count=40),
    ],
    ids=lambda scenario: scenario.folder,
)
def test_both_sides_end_as_the_scenario_says(server: LiveServer, scenario: Scenario) -> None:
    with answering(server, scenario.folder) as load:
        result = load.call(scenario.rate, scenario.count, scenario.hold_ms)
        assert_all_ok(result, scenario.count, load.errors())
        answered = load.finish_answering(scenario.count)
        assert_all_ok(answered, scenario.count, load.errors())
    server.wait_until_no_calls(2)


def test_two_devices_that_answer_at_once(server: LiveServer) -> None:
    count = 100
    with answering(server, "forked") as load:
        server.change_users(load.callees[:count], multi_device="yes")
        load.register(load.callees[:count], contact_suffix="-second")
        result = load.call(50, count, 20)
        assert_all_ok(result, count, load.errors())
        answered = load.finish_answering(2 * count)
        assert_all_ok(answered, 2 * count, load.errors())
    server.wait_until_no_calls(2)


@pytest.mark.timeout(120)
@pytest.mark.slow
def test_30_percent_packet_loss_leaves_nothing_behind(server: LiveServer) -> None:
    count = 1000
    with answering(server, "packet_loss", "-lost", "30") as load:
        result = load.call(60, count, 50)
    assert result.created == count
    assert result.ok + result.failed == count
    # By the timers alone 3 of 100 calls fail; SIPp takes some copies of messages for errors, which fails some more.
    assert result.ok >= 0.8 * count, load.errors()
    server.wait_until_no_calls(2 * _GIVE_UP_SECONDS)
    server.wait_until_idle(_TIMER_D_SECONDS + 5)
    answered = [record for record in server.records() if record["answered_at"]]
    assert len(answered) >= result.ok


@pytest.mark.timeout(120)
@pytest.mark.slow
def test_10000_registrations_at_250_per_second(make_server: MakeServer) -> None:
    server = make_server(users=make_users(1000))
    load = Load(server, free_port_block())
    result = load.register(server.users, 10000, 250)
    assert_all_ok(result, 10000, str(result))
    assert server.json("status")["devices"] == 1000
    server.assert_no_exception()
