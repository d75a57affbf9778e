# SPDX-License-Identifier: GPL-2.0-or-later
"""Two phones of one server call each other."""
from __future__ import annotations

import pytest

from mss.testing.scenes import connect, hang_up


def test_from_ringing_to_hang_up(sip_server, alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    incoming.ring()
    outgoing.expect(180)
    incoming.answer()
    outgoing.expect(200)
    incoming.expect("ACK")
    outgoing.ack()
    incoming.expect_nothing()
    outgoing.bye()
    incoming.expect_bye()
    outgoing.expect("200 BYE")
    incoming.expect_nothing()
    outgoing.expect_nothing()
    sip_server.expect_no_calls()


def test_descriptions_pass_but_for_their_origin(alice, bob) -> None:
    outgoing = alice.call("101", alice.sdp("0 8 18"))
    incoming = bob.take_call()
    incoming.answer(bob.sdp("8"))
    answer = outgoing.expect(200)
    outgoing.ack()
    offered, answered = incoming.invitation.sdp.splitlines(), answer.sdp.splitlines()
    assert offered[1].startswith("o=mss ") and answered[1].startswith("o=mss ")
    assert offered[2:] == alice.sdp("0 8 18").decode().splitlines()[2:]
    assert answered[2:] == bob.sdp("8").decode().splitlines()[2:]
    incoming.expect("ACK")
    hang_up(outgoing, incoming)


def test_the_called_party_hangs_up(sip_server, alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    hang_up(incoming, outgoing)
    sip_server.expect_no_calls()
    assert sip_server.record.ended_by == "callee"


def test_a_call_that_takes_long_to_ring_is_confirmed_with_100(alice, bob, sip_network) -> None:
    bob.sends_trying = False
    outgoing = alice.call("101")
    sip_network.advance(0.3)
    outgoing.expect(100)
    outgoing.expect_nothing()
    incoming = bob.take_call()
    incoming.reject(486)
    outgoing.expect(486)


@pytest.mark.parametrize(("status", "reason"), [(486, "Busy Here"), (480, "Not Now"), (488, "No Codec"), (603, "No")])
def test_a_refusal_reaches_the_caller(alice, bob, status: int, reason: str) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    incoming.ring()
    incoming.reject(status, reason)
    incoming.expect("ACK")
    outgoing.expect(180)
    response = outgoing.expect(status)
    assert response.message.reason == reason


def test_unknown_and_unregistered_numbers(sip_server, alice) -> None:
    alice.call("999").expect(404)
    alice.call("101").expect(480)
    assert [(record.status, record.cause) for record in sip_server.records] == [(404, 1), (480, 18)]


def test_a_wrong_password_gets_no_call(sip_server, sip_phone, bob) -> None:
    mallory = sip_phone("100", registered=False)
    mallory.password = "guess"
    mallory.call("101").expect(407)
    bob.expect_no_call()
    assert sip_server.records == []


def test_the_display_name_passes_and_the_number_is_the_authenticated_one(sip_network, alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    assert incoming.invitation.header("From").startswith("<sip:100@")
    assert incoming.invitation.header("To") == "<sip:101@198.51.100.1>"
    assert incoming.invitation.header("Max-Forwards") == "69"
    incoming.reject(486)
    outgoing.expect(486)


def test_several_calls_at_a_time_do_not_mix(alice, bob, carol, sip_phone) -> None:
    dave = sip_phone("103")
    first_out, first_in = connect(alice, bob)
    second_out, second_in = connect(carol, dave)
    third_out, third_in = connect(alice, carol)
    hang_up(second_in, second_out)
    hang_up(first_out, first_in)
    third_out.expect_nothing()
    hang_up(third_in, third_out)


def test_the_server_ends_all_calls_when_it_stops(sip_server, alice, bob, carol) -> None:
    talking = connect(alice, bob)
    ringing = carol.call("101")
    second = bob.take_call()
    sip_server.end_calls()
    for call in talking:
        call.expect_bye()
    ringing.expect(480)
    second.expect_cancel()
    assert sorted((record.ended_by, record.status) for record in sip_server.records) == [("server", 200),
                                                                                        ("server", 480)]
