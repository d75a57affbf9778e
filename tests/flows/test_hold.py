# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold, resume and other changes of media (RFC 3264 8, RFC 3261 14, RFC 3311)."""
from __future__ import annotations

import pytest

from mss.model.user import User
from mss.testing.pytest_plugin import PASSWORD
from mss.testing.scenes import change_media, connect, hang_up


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_hold_and_resume(alice, bob, method: str) -> None:
    outgoing, incoming = connect(alice, bob)
    first = incoming.invitation
    held, agreed = change_media(outgoing, incoming, alice.sdp(direction="sendonly", version=2),
                                bob.sdp(direction="recvonly", version=2), method)
    assert "a=sendonly" in held.sdp
    assert "a=recvonly" in agreed.sdp
    resumed, agreed = change_media(outgoing, incoming, alice.sdp(version=3), bob.sdp(version=3), method)
    assert "a=sendrecv" in resumed.sdp
    assert "a=sendrecv" in agreed.sdp
    # One origin per leg, its version counted up by us (RFC 3264 8).
    origins = [message.sdp.splitlines()[1].split() for message in (first, held, resumed)]
    assert len({origin[1] for origin in origins}) == 1
    assert [int(origin[2]) - int(origins[0][2]) for origin in origins] == [0, 1, 2]
    hang_up(outgoing, incoming)


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_the_called_party_holds(alice, bob, method: str) -> None:
    outgoing, incoming = connect(alice, bob)
    held, agreed = change_media(incoming, outgoing, bob.sdp(direction="inactive"), alice.sdp(direction="inactive"),
                                method)
    assert "a=inactive" in held.sdp and "a=inactive" in agreed.sdp
    hang_up(outgoing, incoming)


def test_hold_by_the_old_way_of_address_zero(alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    zero = alice.sdp().replace(b"c=IN IP4 192.0.2.10", b"c=IN IP4 0.0.0.0")
    held, _ = change_media(outgoing, incoming, zero, bob.sdp())
    assert "c=IN IP4 0.0.0.0" in held.sdp
    hang_up(incoming, outgoing)


def test_an_update_becomes_a_reinvite_for_a_phone_that_does_not_know_it(sip_phone, alice) -> None:
    bob = sip_phone("101")
    bob.methods = "INVITE, ACK, CANCEL, BYE, OPTIONS"
    outgoing, incoming = connect(alice, bob)
    outgoing.request("UPDATE", alice.sdp(direction="sendonly"))
    reinvite = incoming.expect("INVITE")
    assert "a=sendonly" in reinvite.sdp
    incoming.answer(bob.sdp(direction="recvonly"))
    incoming.expect("ACK")
    assert "a=recvonly" in outgoing.expect("200 UPDATE").sdp
    hang_up(outgoing, incoming)


def test_codec_change(alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    request, response = change_media(outgoing, incoming, alice.sdp("9 0"), bob.sdp("9"))
    assert "m=audio 4000 RTP/AVP 9 0" in request.sdp
    assert "a=rtpmap:9 G722/8000" in response.sdp
    hang_up(outgoing, incoming)


def test_a_refused_change_leaves_the_call_as_it_was(alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    outgoing.invite(alice.sdp("18"))
    incoming.expect("INVITE")
    incoming.reject(488)
    incoming.expect("ACK")
    outgoing.expect(488)
    # The next change is taken.
    change_media(outgoing, incoming, alice.sdp("8"), bob.sdp("8"))
    hang_up(outgoing, incoming)


def test_hold_and_hang_up_while_held(sip_server, alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    change_media(outgoing, incoming, alice.sdp(direction="sendonly"), bob.sdp(direction="recvonly"))
    hang_up(incoming, outgoing)
    assert sip_server.record.ended_by == "callee"


def test_both_sides_hold_and_resume(alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    change_media(outgoing, incoming, alice.sdp(direction="sendonly"), bob.sdp(direction="recvonly"))
    change_media(incoming, outgoing, bob.sdp(direction="inactive"), alice.sdp(direction="inactive"))
    change_media(outgoing, incoming, alice.sdp(direction="sendrecv"), bob.sdp(direction="sendonly"))
    change_media(incoming, outgoing, bob.sdp(), alice.sdp())
    hang_up(outgoing, incoming)


def test_an_offer_of_a_side_that_hangs_up_before_its_answer(sip_server, alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    outgoing.invite(alice.sdp(direction="sendonly"))
    incoming.expect("INVITE")
    outgoing.bye()
    outgoing.expect("487 INVITE")
    outgoing.expect("200 BYE")
    incoming.expect_bye()
    incoming.reject(487)
    incoming.expect("ACK")
    sip_server.expect_no_calls()


def test_early_update_before_the_answer(alice, bob) -> None:
    """RFC 3311 5.1: with offer and answer done in a reliable 183 the caller may change media before the 200."""
    outgoing = alice.call("101", headers=[("Require", "100rel")])
    incoming = bob.take_call()
    incoming.progress(183, bob.sdp(), rseq=1)
    incoming.reply(incoming.expect("PRACK"), 200)
    early = outgoing.expect(183)
    outgoing.prack(early)
    outgoing.expect("200 PRACK")
    outgoing.request("UPDATE", alice.sdp(direction="sendonly"))
    update = incoming.expect("UPDATE")
    assert "a=sendonly" in update.sdp
    incoming.reply(update, 200, body=bob.sdp(direction="recvonly"))
    assert "a=recvonly" in outgoing.expect("200 UPDATE").sdp
    incoming.answer(b"")
    outgoing.expect("200 INVITE")
    outgoing.ack()
    incoming.expect("ACK")
    hang_up(outgoing, incoming)


def test_an_early_update_whose_device_then_refuses_the_call(sip_server, alice, bob) -> None:
    outgoing = alice.call("101", headers=[("Require", "100rel")])
    incoming = bob.take_call()
    incoming.progress(183, bob.sdp(), rseq=1)
    incoming.reply(incoming.expect("PRACK"), 200)
    outgoing.prack(outgoing.expect(183))
    outgoing.expect("200 PRACK")
    outgoing.request("UPDATE", alice.sdp(direction="sendonly"))
    incoming.expect("UPDATE")
    incoming.reject(486)
    outgoing.expect("487 UPDATE")
    outgoing.expect("486 INVITE")


def test_an_early_update_while_two_devices_have_early_media(sip_server, sip_phone, alice) -> None:
    sip_server.add_user(User("101", PASSWORD, multi_device=True))
    desk, mobile = sip_phone("101"), sip_phone("101")
    outgoing = alice.call("101", headers=[("Require", "100rel")])
    for phone in (desk, mobile):
        incoming = phone.take_call()
        incoming.progress(183, phone.sdp())
        outgoing.prack(outgoing.expect(183))
        outgoing.expect("200 PRACK")
    # Nobody could say whom the change is for.
    outgoing.request("UPDATE", alice.sdp(direction="sendonly"))
    outgoing.expect("491 UPDATE")
    outgoing.cancel()
    outgoing.expect("200 CANCEL")
    outgoing.expect("487 INVITE")
