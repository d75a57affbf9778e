# SPDX-License-Identifier: GPL-2.0-or-later
"""INVITE with Replaces: a newcomer takes the place of a party (RFC 3891)."""
from __future__ import annotations

from mss.testing.scenes import change_media, connect, hang_up


def test_success(sip_server, alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    newcomer = carol.call("101", headers=[("Replaces", incoming.replaces)])
    # The party that stays is offered the newcomer's description; its answer is the newcomer's.
    assert f"c=IN IP4 {carol.socket.host}" in outgoing.expect("INVITE").sdp
    outgoing.answer(alice.sdp(version=2))
    outgoing.expect("ACK")
    assert f"c=IN IP4 {alice.socket.host}" in newcomer.expect(200).sdp
    newcomer.ack()
    incoming.expect_bye()
    change_media(newcomer, outgoing, carol.sdp(direction="sendonly"), alice.sdp(direction="recvonly"))
    hang_up(outgoing, newcomer)
    record = sip_server.record
    assert (record.caller, record.called, record.transferred_by) == ("100", "102", "101")


def test_the_caller_is_replaced(sip_server, alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    newcomer = carol.call("101", headers=[("Replaces", outgoing.replaces)])
    incoming.expect("INVITE")
    incoming.answer()
    incoming.expect("ACK")
    newcomer.expect(200)
    newcomer.ack()
    outgoing.expect_bye()
    hang_up(newcomer, incoming)
    assert sip_server.record.called == "101"


def test_tags_may_be_seen_from_the_other_side(alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    value = f"{incoming.call_id};to-tag={incoming.local_tag};from-tag={incoming.remote_tag}"
    newcomer = carol.call("101", headers=[("Replaces", value)])
    outgoing.expect("INVITE")
    outgoing.answer()
    outgoing.expect("ACK")
    newcomer.expect(200)
    newcomer.ack()
    incoming.expect_bye()
    hang_up(outgoing, newcomer)


def test_an_unknown_dialog(alice) -> None:
    alice.call("101", headers=[("Replaces", "nobody;to-tag=a;from-tag=b")]).expect(481)


def test_early_only_of_an_answered_call(alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    carol.call("101", headers=[("Replaces", incoming.replaces + ";early-only")]).expect(486)
    hang_up(outgoing, incoming)


def test_the_party_that_stays_refuses(alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    newcomer = carol.call("101", carol.sdp("9"), headers=[("Replaces", incoming.replaces)])
    outgoing.expect("INVITE")
    outgoing.reject(488)
    outgoing.expect("ACK")
    newcomer.expect(488)
    incoming.expect_nothing()
    hang_up(outgoing, incoming)


def test_the_newcomer_gives_up(alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    newcomer = carol.call("101", headers=[("Replaces", incoming.replaces)])
    outgoing.expect("INVITE")
    newcomer.cancel()
    newcomer.expect("200 CANCEL")
    newcomer.expect("487 INVITE")
    outgoing.answer()
    outgoing.expect("ACK")
    # Back to the party that was to be replaced.
    assert f"c=IN IP4 {bob.socket.host}" in outgoing.expect("INVITE").sdp
    outgoing.answer()
    outgoing.expect("ACK")
    incoming.expect_nothing()
    hang_up(outgoing, incoming)


def test_the_party_that_stays_hangs_up_meanwhile(sip_server, alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    newcomer = carol.call("101", headers=[("Replaces", incoming.replaces)])
    outgoing.expect("INVITE")
    outgoing.bye()
    outgoing.expect("200 BYE")
    outgoing.reject(487)
    newcomer.expect(487)
    incoming.expect_bye()
    assert sip_server.record.ended_by == "caller"


def test_the_party_to_be_replaced_hangs_up_meanwhile(sip_server, alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    newcomer = carol.call("101", headers=[("Replaces", incoming.replaces)])
    outgoing.expect("INVITE")
    incoming.bye()
    incoming.expect("200 BYE")
    outgoing.answer()
    outgoing.expect("ACK")
    newcomer.expect(200)
    newcomer.ack()
    hang_up(newcomer, outgoing)
    record = sip_server.record
    assert (record.called, record.transferred_by, record.ended_by) == ("102", "101", "callee")


def test_the_party_to_be_replaced_hangs_up_and_the_other_one_refuses(sip_server, alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    newcomer = carol.call("101", headers=[("Replaces", incoming.replaces)])
    outgoing.expect("INVITE")
    incoming.bye()
    incoming.expect("200 BYE")
    outgoing.reject(488)
    outgoing.expect("ACK")
    newcomer.expect(488)
    outgoing.expect_bye()


def test_the_newcomer_and_the_party_to_be_replaced_both_leave(sip_server, alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    newcomer = carol.call("101", headers=[("Replaces", incoming.replaces)])
    outgoing.expect("INVITE")
    newcomer.cancel()
    newcomer.expect("200 CANCEL")
    newcomer.expect("487 INVITE")
    incoming.bye()
    incoming.expect("200 BYE")
    outgoing.answer()
    outgoing.expect("ACK")
    outgoing.expect_bye()


def test_without_an_offer(alice, bob, carol) -> None:
    outgoing, incoming = connect(alice, bob)
    carol.call("101", b"", headers=[("Replaces", incoming.replaces)]).expect(488)
    hang_up(outgoing, incoming)


def test_somebody_without_a_password_replaces_nobody(sip_phone, alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    mallory = sip_phone("103", registered=False)
    mallory.password = "guess"
    mallory.call("101", headers=[("Replaces", incoming.replaces)]).expect(407)
    hang_up(outgoing, incoming)
