# SPDX-License-Identifier: GPL-2.0-or-later
"""The caller gives up, at every moment there is (RFC 3261 section 9)."""
from __future__ import annotations

from mss.testing.scenes import hang_up


def test_after_ringing(sip_server, alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    incoming.ring()
    outgoing.expect(180)
    outgoing.cancel()
    outgoing.expect("200 CANCEL")
    outgoing.expect(487)
    incoming.expect_cancel()
    record = sip_server.record
    assert (record.status, record.ended_by, record.answered_at) == (487, "caller", 0.0)


def test_before_any_provisional_response(sip_network, sip_server, alice, bob) -> None:
    bob.sends_trying = False
    outgoing = alice.call("101")
    incoming = bob.take_call()
    outgoing.cancel()
    outgoing.expect("200 CANCEL")
    outgoing.expect(487)
    # RFC 3261 9.1: no CANCEL before a provisional response.
    incoming.expect_nothing()
    incoming.ring()
    incoming.expect_cancel()
    outgoing.expect_nothing()
    assert sip_server.record.status == 487


def test_before_any_provisional_response_and_then_the_device_answers(sip_server, alice, bob) -> None:
    bob.sends_trying = False
    outgoing = alice.call("101")
    incoming = bob.take_call()
    outgoing.cancel()
    outgoing.expect("200 CANCEL")
    outgoing.expect(487)
    incoming.answer()
    incoming.expect("ACK")
    incoming.expect_bye()
    outgoing.expect_nothing()
    assert sip_server.record.answered_at == 0.0


def test_crossing_the_answer_cancel_first(sip_network, sip_server, alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    with sip_network.held():
        outgoing.cancel()
        incoming.answer()
    outgoing.expect("200 CANCEL")
    outgoing.expect(487)
    incoming.reply(incoming.expect("CANCEL"), 200)
    incoming.expect("ACK")
    incoming.expect_bye()
    outgoing.expect_nothing()
    assert (sip_server.record.status, sip_server.record.ended_by) == (487, "caller")


def test_crossing_the_answer_answer_first(sip_network, sip_server, alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    with sip_network.held():
        incoming.answer()
        outgoing.cancel()
    # RFC 3261 9.2: too late, the 200 stands; the caller acknowledges and hangs up.
    outgoing.expect("200 INVITE")
    outgoing.expect("200 CANCEL")
    outgoing.ack()
    incoming.expect("ACK")
    incoming.expect_nothing()
    hang_up(outgoing, incoming)
    assert (sip_server.record.status, sip_server.record.ended_by) == (200, "caller")


def test_a_device_that_ignores_the_cancel(sip_network, sip_server, alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    outgoing.cancel()
    outgoing.expect("200 CANCEL")
    outgoing.expect(487)
    incoming.expect("CANCEL")
    sip_network.advance(40)
    assert bob.repeated("CANCEL") > 5
    assert sip_server.leftovers() == {}


def test_a_called_device_sends_bye_instead_of_a_refusal(sip_server, alice, bob) -> None:
    """RFC 3261 15 forbids it; the caller must hear of it all the same."""
    outgoing = alice.call("101")
    incoming = bob.take_call()
    incoming.ring()
    outgoing.expect(180)
    incoming.bye()
    incoming.expect("200 BYE")
    outgoing.expect(480)
    incoming.reject(487)
    incoming.expect("ACK")
    assert sip_server.record.ended_by == "callee"


def test_a_cancel_for_nothing(alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    incoming.reject(486)
    outgoing.expect(486)
    sent = outgoing.invited
    outgoing.phone.send_request(
        "CANCEL", sent.uri, [("From", outgoing.local), ("To", sent.header("To")), ("Call-ID", "unknown"),
                             ("CSeq", "9 CANCEL")], b"", outgoing)
    outgoing.expect("481 CANCEL")


def test_a_repeated_cancel_is_answered_again(sip_network, alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    incoming.ring()
    outgoing.expect(180)
    cancel = outgoing.cancel()
    outgoing.expect("200 CANCEL")
    outgoing.expect(487)
    outgoing.repeat(cancel)
    assert alice.repeated("200 CANCEL") == 1
    incoming.expect_cancel()
