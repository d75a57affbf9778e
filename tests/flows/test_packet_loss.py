# SPDX-License-Identifier: GPL-2.0-or-later
"""Bad networks: whatever is lost, doubled or late, every call completes or fails cleanly and nothing is left."""
from __future__ import annotations

import pytest

from mss.config.settings import Settings, SipSettings
from mss.testing.softphone import ENDED, FAILED, Softphone

PAIRS = 4
CALLS = 100


@pytest.fixture
def sip_settings() -> Settings:
    return Settings(sip=SipSettings(probe_seconds=60, options_ping_seconds=0))


@pytest.fixture
def softphones(sip_network, sip_server) -> list[Softphone]:
    phones = [Softphone(sip_network, str(100 + index), "secret", host=f"192.0.2.{50 + index}")
              for index in range(2 * PAIRS)]
    for phone in phones:
        phone.register()
        assert phone.is_registered
    return phones


def make_calls(network, phones, number: int) -> list:
    """Calls between pairs of phones, one every 100 ms; returns when all is over."""
    calls = []
    for index in range(number):
        caller, callee = phones[index % PAIRS], phones[PAIRS + index % PAIRS]
        calls.append(caller.call(callee.number, talk_seconds=2.0 + index % 3))
        network.advance(0.1)
    # The longest way to the end: no answer for 64 T1, then a BYE that is repeated as long.
    network.advance(160)
    return calls


def judge(sip_server, phones, calls) -> dict[str, int]:
    """Every call has ended, has its record, and nobody keeps anything; returns how many ended how."""
    assert {call.state for call in calls} <= {ENDED, FAILED}
    records = sip_server.records
    assert len({record.id for record in records}) == len(records) == sip_server.runner.total
    assert all(record.ended_by and record.status and record.cause for record in records)
    sip_server.expect_idle()
    for phone in phones:
        assert phone.endpoint.sessions == {}
        assert phone.endpoint.context.clients == {} and phone.endpoint.context.servers == {}
    return {state: sum(1 for call in calls if call.state == state) for state in (ENDED, FAILED)}


def test_thirty_percent_loss(sip_network, sip_server, softphones) -> None:
    sip_network.weather.loss = 0.3
    calls = make_calls(sip_network, softphones, CALLS)
    found = judge(sip_server, softphones, calls)
    # Seven copies of an INVITE, eleven of a BYE: nearly every call gets through.
    assert found[ENDED] > 0.9 * CALLS
    assert sip_server.endpoint.context.counters.retransmitted > CALLS


def test_a_good_network(sip_network, sip_server, softphones) -> None:
    calls = make_calls(sip_network, softphones, CALLS)
    assert judge(sip_server, softphones, calls) == {ENDED: CALLS, FAILED: 0}
    assert sip_server.endpoint.context.counters.retransmitted == 0
    assert all(record.status == 200 and record.ended_by == "caller" for record in sip_server.records)


def test_everything_comes_twice(sip_network, sip_server, softphones) -> None:
    sip_network.weather.duplication = 1.0
    calls = make_calls(sip_network, softphones, CALLS)
    assert judge(sip_server, softphones, calls) == {ENDED: CALLS, FAILED: 0}


def test_nothing_comes_in_order(sip_network, sip_server, softphones) -> None:
    sip_network.weather.reordering = 0.5
    sip_network.weather.lateness = 0.4
    calls = make_calls(sip_network, softphones, CALLS)
    found = judge(sip_server, softphones, calls)
    assert found[ENDED] == CALLS


def test_a_slow_network(sip_network, sip_server, softphones) -> None:
    sip_network.weather.delay = 0.4
    calls = make_calls(sip_network, softphones, CALLS)
    assert judge(sip_server, softphones, calls) == {ENDED: CALLS, FAILED: 0}


@pytest.mark.parametrize("seed", range(3))
def test_all_of_it_at_once(sip_network, sip_server, softphones, seed: int) -> None:
    sip_network.reseed(seed)
    weather = sip_network.weather
    weather.loss, weather.duplication, weather.reordering, weather.delay = 0.15, 0.1, 0.2, 0.05
    calls = make_calls(sip_network, softphones, CALLS)
    found = judge(sip_server, softphones, calls)
    assert found[ENDED] > 0.9 * CALLS


def test_a_network_that_fails_for_a_while(sip_network, sip_server, softphones) -> None:
    calls = [softphones[index].call(softphones[PAIRS + index].number, talk_seconds=30) for index in range(PAIRS)]
    sip_network.advance(5)
    sip_network.weather.loss = 1.0
    sip_network.advance(20)
    sip_network.weather.loss = 0.0
    sip_network.advance(160)
    assert judge(sip_server, softphones, calls)[ENDED] == PAIRS


def test_a_thousand_calls_at_thirty_percent_loss(sip_network, sip_server, softphones) -> None:
    sip_network.weather.loss = 0.3
    calls = make_calls(sip_network, softphones, 1000)
    assert judge(sip_server, softphones, calls)[ENDED] > 900
