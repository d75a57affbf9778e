# SPDX-License-Identifier: GPL-2.0-or-later
"""SIPp on both sides of a running server.  Each folder here holds a ``call.xml`` and an ``answer.xml``.

The server runs with T1 = 0.1 s, so that a transaction gives up after 6.4 s.
"""
from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.server import LiveServer, Settings
from tests.support.sipp_load import answering, assert_all_ok

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("sipp_program")]

_HERE = Path(__file__).resolve().parent
_T1 = 0.1


@pytest.fixture(scope="module")
def module_settings() -> Settings:
    return {"sip": {"t1": _T1}}


class Scenario(NamedTuple):
    """A folder and how it is run: calls, calls per second, milliseconds each is held."""

    folder: str
    count: int = 100
    rate: int = 50
    hold_ms: int = 20


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
    with answering(server, _HERE / scenario.folder) as load:
        result = load.call(scenario.rate, scenario.count, scenario.hold_ms)
        assert_all_ok(result, scenario.count, load.errors())
        answered = load.finish_answering(scenario.count)
        assert_all_ok(answered, scenario.count, load.errors())
    server.wait_until_no_calls(2)


def test_two_devices_that_answer_at_once(server: LiveServer) -> None:
    count = 100
    with answering(server, _HERE / "forked") as load:
        server.change_users(load.callees[:count], multi_device="yes")
        load.register(load.callees[:count], contact_suffix="-second")
        result = load.call(50, count, 20)
        assert_all_ok(result, count, load.errors())
        answered = load.finish_answering(2 * count)
        assert_all_ok(answered, 2 * count, load.errors())
    server.wait_until_no_calls(2)
