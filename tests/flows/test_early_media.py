# SPDX-License-Identifier: GPL-2.0-or-later
"""Sound before the answer: 183 with a description."""
from __future__ import annotations

from mss.testing.scenes import hang_up


def test_the_description_of_a_183_passes(alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    incoming.progress(183, bob.sdp("8"))
    early = outgoing.expect(183)
    assert "m=audio 4000 RTP/AVP 8" in early.sdp
    assert "c=IN IP4 192.0.2.11" in early.sdp
    incoming.answer(bob.sdp("8"))
    final = outgoing.expect(200)
    # The same description under the same version of the same origin (RFC 3264 8).
    assert final.sdp == early.sdp
    outgoing.ack()
    incoming.expect("ACK")
    hang_up(outgoing, incoming)


def test_a_changed_description_gets_a_new_version(alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    incoming.progress(183, bob.sdp("8"))
    early = outgoing.expect(183)
    incoming.answer(bob.sdp("0"))
    final = outgoing.expect(200)
    early_origin, final_origin = (message.sdp.splitlines()[1].split() for message in (early, final))
    assert early_origin[1] == final_origin[1]
    assert int(final_origin[2]) == int(early_origin[2]) + 1
    outgoing.ack()
    incoming.expect("ACK")
    hang_up(outgoing, incoming)


def test_early_media_and_then_a_refusal(sip_server, alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    incoming.progress(183, bob.sdp())
    outgoing.expect(183)
    incoming.reject(480, headers=[("Reason", 'Q.850;cause=19;text="no answer"')])
    assert outgoing.expect(480).header("Reason").startswith("Q.850;cause=19")
    assert sip_server.record.cause == 19


def test_180_with_a_description_and_182(alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    incoming.progress(182, reason="Queued, 2 before you")
    assert outgoing.expect(182).message.reason == "Queued, 2 before you"
    incoming.progress(180, bob.sdp())
    assert outgoing.expect(180).body
    incoming.reject(486)
    outgoing.expect(486)


def test_without_an_offer_a_description_in_a_provisional_response_stays_away(alice, bob) -> None:
    outgoing = alice.call("101", b"")
    incoming = bob.take_call()
    incoming.progress(183, bob.sdp())
    assert outgoing.expect(183).body == b""
    incoming.reject(486)
    outgoing.expect(486)


def test_alert_info_reaches_the_caller(alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    incoming.progress(180, headers=[("Alert-Info", "<urn:alert:service:call-waiting>")])
    assert outgoing.expect(180).header("Alert-Info") == "<urn:alert:service:call-waiting>"
    incoming.reject(486)
    outgoing.expect(486)
