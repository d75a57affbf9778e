# SPDX-License-Identifier: GPL-2.0-or-later
"""The record that every call leaves: times, who ended it, and the cause."""
from __future__ import annotations

import pytest

from mss.testing.scenes import connect, hang_up


def test_all_fields_of_an_answered_call(sip_network, sip_server, alice, bob) -> None:
    start = sip_network.loop.clock.wall()
    outgoing = alice.call("101")
    incoming = bob.take_call()
    sip_network.advance(2)
    incoming.ring()
    sip_network.advance(5)
    incoming.answer()
    outgoing.expect(180)
    outgoing.expect(200)
    outgoing.ack()
    incoming.expect("ACK")
    sip_network.advance(60)
    hang_up(outgoing, incoming)
    record = sip_server.record
    assert record.call_id == outgoing.call_id
    assert (record.caller, record.dialled, record.called) == ("100", "101", "101")
    assert (record.caller_type, record.called_type) == ("user", "user")
    assert record.caller_device == "udp:192.0.2.10:5060"
    assert record.called_device == "sip:101@192.0.2.11:5060"
    times = [record.started_at, record.rang_at, record.answered_at, record.ended_at]
    assert [time - start for time in times] == pytest.approx([0, 2, 7, 67], abs=0.01)
    assert (record.status, record.cause, record.cause_text, record.ended_by) == (200, 16, "normal call clearing",
                                                                                "caller")
    assert (record.forwarded_by, record.transferred_by, record.service, record.media, record.fci) == ("", "", "",
                                                                                                     "direct", "")


def test_identifiers_are_unique(sip_server, alice, bob) -> None:
    for _ in range(5):
        hang_up(*connect(alice, bob))
    assert len({record.id for record in sip_server.records}) == 5


def test_the_record_is_there_before_anybody_hears_of_the_end(sip_network, sip_server, alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    sip_network.lose("BYE", destination=bob.address)
    outgoing.bye()
    assert sip_server.records
    outgoing.expect("200 BYE")
    sip_network.advance(1)
    incoming.expect_bye()


def test_an_answered_call_is_kept_from_the_answer_on(sip_server, alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    assert sip_server.records == []
    (opened,) = sip_server.opened
    assert opened.answered_at and not opened.ended_at and not opened.status
    hang_up(outgoing, incoming)
    assert sip_server.record.id == opened.id


def test_a_call_that_was_not_answered_is_not_opened(sip_server, alice, bob) -> None:
    outgoing = alice.call("101")
    bob.take_call().reject(486)
    outgoing.expect(486)
    assert sip_server.opened == []
    assert sip_server.record.answered_at == 0.0


@pytest.mark.parametrize(("status", "cause", "text"), [
    (486, 17, "user busy"), (404, 1, "unallocated number"), (408, 102, "recovery on timer expiry"),
    (480, 18, "no user responding"), (500, 41, "temporary failure"), (603, 21, "call rejected"),
    (488, 88, "incompatible destination"), (484, 28, "invalid number format"), (410, 22, "number changed"),
])  # fmt: skip
def test_causes_of_refusals(sip_server, alice, bob, status: int, cause: int, text: str) -> None:
    outgoing = alice.call("101")
    bob.take_call().reject(status)
    outgoing.expect(status)
    record = sip_server.record
    assert (record.status, record.cause, record.cause_text, record.ended_by) == (status, cause, text, "callee")


def test_the_cause_of_a_refusals_reason_header_wins(sip_server, alice, bob) -> None:
    outgoing = alice.call("101")
    bob.take_call().reject(486, headers=[("Reason", 'Q.850;cause=34;text="no circuit"')])
    assert outgoing.expect(486).header("Reason").startswith("Q.850;cause=34")
    assert sip_server.record.cause == 34


@pytest.mark.parametrize(("reason", "cause"), [
    ('Q.850;cause=31;text="Normal"', 31), ("SIP;cause=200, Q.850;cause=17", 17), ("SIP;cause=600", 16),
    ("q.850 ; cause = 21", 21), ("Q.850;cause=x", 16),
])  # fmt: skip
def test_the_cause_of_a_byes_reason_header_wins(sip_server, alice, bob, reason: str, cause: int) -> None:
    outgoing, incoming = connect(alice, bob)
    bye = hang_up(incoming, outgoing, headers=[("Reason", reason)])
    assert bye.header("Reason") == reason
    assert (sip_server.record.cause, sip_server.record.ended_by) == (cause, "callee")


def test_a_bye_without_a_reason_gets_one(alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    assert hang_up(outgoing, incoming).header("Reason") == 'Q.850;cause=16;text="normal call clearing"'


def test_an_administrator_ends_a_call(sip_server, alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    sip_server.end_calls("maintenance")
    for call in (outgoing, incoming):
        assert call.expect_bye().header("Reason").startswith("Q.850;cause=31")
    record = sip_server.record
    assert (record.status, record.ended_by, record.cause, record.cause_text) == (200, "server", 31, "maintenance")


def test_calls_of_one_sip_call_id_after_each_other(sip_server, alice, bob) -> None:
    outgoing = alice.call("101")
    bob.take_call().reject(486)
    outgoing.expect(486)
    # The same dialog identifiers, a higher CSeq: a phone that redials.
    outgoing.remote = outgoing.remote.partition(";tag")[0]
    outgoing.target = "sip:101@198.51.100.1"
    outgoing.invite(alice.sdp())
    bob.take_call().reject(603)
    outgoing.expect(603)
    assert [record.status for record in sip_server.records] == [486, 603]
