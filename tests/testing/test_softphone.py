# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.testing.softphone import CALLING, ENDED, FAILED, TALKING, Softphone


@pytest.fixture
def phones(sip_network, sip_server) -> list[Softphone]:
    phones = [Softphone(sip_network, number, "secret", host=f"192.0.2.{number}") for number in ("100", "101")]
    for phone in phones:
        phone.register()
    return phones


def test_it_registers_calls_talks_and_hangs_up(sip_network, phones) -> None:
    alice, bob = phones
    assert alice.is_registered and bob.is_registered
    call = alice.call("101", talk_seconds=2.0)
    assert call.state == CALLING
    sip_network.advance(1.1)
    assert (call.state, call.status) == (TALKING, 200)
    sip_network.advance(2.0)
    assert call.state == ENDED
    assert alice.endpoint.sessions == bob.endpoint.sessions == {}


def test_a_refused_call(phones) -> None:
    call = phones[0].call("999")
    assert (call.state, call.status) == (FAILED, 404)


def test_it_repeats_what_is_lost(sip_network, phones) -> None:
    alice, bob = phones
    sip_network.lose("INVITE", 2)
    sip_network.lose("REGISTER")
    call = alice.call("101")
    bob.register()
    sip_network.advance(3)
    assert call.state == TALKING and bob.is_registered


def test_a_wrong_password(sip_network, phones) -> None:
    alice = phones[0]
    alice.password = "guess"
    alice.register()
    assert not alice.is_registered
    call = alice.call("101")
    assert (call.state, call.status) == (FAILED, 407)
