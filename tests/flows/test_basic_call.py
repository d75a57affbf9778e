# SPDX-License-Identifier: GPL-2.0-or-later
"""Two phones of one server call each other."""
from __future__ import annotations


def test_a_call_from_ringing_to_hang_up(sip_server, sip_phone) -> None:
    alice, bob = sip_phone("100"), sip_phone("101")
    outgoing = alice.call("101")
    incoming = bob.take_call()
    outgoing.expect(100)
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
    sip_server.expect_idle()
