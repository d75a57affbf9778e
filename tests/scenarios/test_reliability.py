# SPDX-License-Identifier: GPL-2.0-or-later
"""Lost, duplicated and late messages; answers from several devices; reliable provisional responses.

The server runs with T1 = 0.1 s, so that it gives up on a silent peer after 6.4 s.
"""
from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.server import LiveServer, Settings
from tests.support.sip_client import Phone, udp_phone
from tests.support.sip_dialog import answer, connect, hang_up, ring, start_call, take_call

pytestmark = pytest.mark.real

MakePhone = Callable[..., Phone]
MakeServer = Callable[..., LiveServer]
_T1 = 0.1
_GIVE_UP_SECONDS = 64 * _T1 + 2


@pytest.fixture(scope="module")
def module_settings() -> Settings:
    return {"sip": {"t1": _T1}}


def count_acks(phone: Phone, seconds: float) -> int:
    """ACKs of all kinds, copies too, that come within ``seconds`` or have come."""
    phone.expect_silence(seconds, lambda _: False)
    return sum(m.method == "ACK" for m in [*phone.backlog, *phone.retransmissions])


def test_an_answer_whose_ack_is_lost_is_sent_again(make_phone: MakePhone) -> None:
    caller, callee = make_phone(), make_phone()
    outgoing = start_call(caller, callee.number)
    incoming, invite = take_call(callee)
    answer(incoming, invite)
    response = caller.expect_response(200, "INVITE")
    caller.expect_retransmission(response)
    caller.expect_retransmission(response)
    outgoing.learn(response)
    outgoing.ack()
    callee.expect_request("ACK")
    hang_up(outgoing, incoming)


def test_a_call_that_is_never_acknowledged_is_ended_on_both_sides(server: LiveServer, make_phone: MakePhone) -> None:
    caller, callee = make_phone(), make_phone()
    outgoing = start_call(caller, callee.number)
    incoming, invite = take_call(callee)
    answer(incoming, invite)
    outgoing.learn(caller.expect_response(200, "INVITE"))
    for phone in (caller, callee):
        phone.respond(phone.expect_request("BYE", _GIVE_UP_SECONDS), 200, "OK")
    assert server.wait_for_record(outgoing.call_id)["ended_by"] == "server"


def test_each_copy_of_a_200_is_acknowledged(make_phone: MakePhone) -> None:
    caller, callee = make_phone(), make_phone()
    outgoing = start_call(caller, callee.number)
    incoming, invite = take_call(callee)
    body = callee.offer()
    for _ in range(3):
        answer(incoming, invite, body)
    outgoing.learn(caller.expect_response(200, "INVITE"))
    outgoing.ack()
    assert count_acks(callee, 0.5) == 3
    caller.expect_silence(0.1, lambda m: m.status == 200)
    hang_up(outgoing, incoming)


def test_a_phone_that_died_is_noticed_by_the_missing_answer_to_bye(server: LiveServer, make_phone: MakePhone) -> None:
    caller, callee = make_phone(), make_phone()
    outgoing, _ = connect(caller, callee)
    assert outgoing.hang_up().status == 200
    server.wait_for_record(outgoing.call_id)
    server.wait_for(lambda: server.json("status")["transactions"] == 0, 2 * _GIVE_UP_SECONDS, "no transaction left")


def test_a_phone_that_died_in_a_call_is_found_by_a_probe(make_server: MakeServer) -> None:
    server = make_server(settings={"sip": {"t1": _T1, "probe_seconds": 1}})
    caller, callee = (udp_phone((server.host, server.port), user) for user in server.users[:2])
    outgoing, _ = connect(caller, callee)
    callee.close()
    caller.respond(caller.expect_request("BYE", _GIVE_UP_SECONDS + 2), 200, "OK")
    assert server.wait_for_record(outgoing.call_id)["ended_by"] == "server"
    caller.close()


def test_two_devices_answer_at_once_and_the_loser_is_hung_up(server: LiveServer, make_phone: MakePhone) -> None:
    caller, first = make_phone(), make_phone(registered=False)
    server.change_users([first.user], multi_device="yes")
    assert first.register().status == 200
    second = make_phone(first.user)
    outgoing = start_call(caller, first.number)
    calls = [take_call(phone) for phone in (first, second)]
    for incoming, invite in calls:
        ring(incoming, invite)
    for incoming, invite in calls:
        answer(incoming, invite)
    outgoing.learn(answered := caller.expect_response(200, "INVITE"))
    outgoing.ack()
    winner, loser = calls if f"m=audio {first.media_port} " in answered.sdp else reversed(calls)
    for incoming, _ in calls:
        incoming.phone.expect_request("ACK")
    loser[0].phone.respond(loser[0].phone.expect_request("BYE"), 200, "OK")
    caller.expect_silence(0.2, lambda m: m.status == 200)
    hang_up(outgoing, winner[0])


def test_devices_that_did_not_answer_learn_why(server: LiveServer, make_phone: MakePhone) -> None:
    caller, first = make_phone(), make_phone(registered=False)
    server.change_users([first.user], multi_device="yes")
    assert first.register().status == 200
    second = make_phone(first.user)
    outgoing = start_call(caller, first.number)
    (one, one_invite), (two, two_invite) = take_call(first), take_call(second)
    ring(one, one_invite)
    ring(two, two_invite)
    answer(one, one_invite)
    cancel = second.expect_request("CANCEL")
    assert "Call completed elsewhere" in cancel.get("reason")
    second.respond(cancel, 200, "OK")
    second.respond(two_invite, 487, "Request Terminated", tag=two.local_tag)
    second.expect_request("ACK")
    outgoing.learn(caller.expect_response(200, "INVITE"))
    outgoing.ack()
    first.expect_request("ACK")
    hang_up(outgoing, one)


def test_a_cancel_that_crosses_the_answer_ends_the_call_on_both_sides(make_phone: MakePhone) -> None:
    caller, callee = make_phone(), make_phone()
    outgoing = start_call(caller, callee.number)
    incoming, invite = take_call(callee)
    ring(incoming, invite)
    caller.expect_response(180, "INVITE")
    outgoing.cancel()
    cancel = callee.expect_request("CANCEL")
    answer(incoming, invite)
    callee.respond(cancel, 200, "OK", tag=incoming.local_tag)
    caller.expect_response(200, "CANCEL")
    outgoing.ack_failure(caller.expect_response(487, "INVITE"))
    callee.expect_request("ACK")
    callee.respond(callee.expect_request("BYE"), 200, "OK")


def test_reliable_provisional_responses_of_the_callee_are_acknowledged(make_phone: MakePhone) -> None:
    caller, callee = make_phone(), make_phone()
    outgoing = start_call(caller, callee.number)
    incoming, invite = take_call(callee)
    assert invite.lists("supported", "100rel")
    reliable = [("Require", "100rel"), ("RSeq", "41")]
    callee.respond(invite, 183, "Session Progress", tag=incoming.local_tag, headers=reliable, body=callee.offer())
    prack = callee.expect_request("PRACK")
    assert prack.get("rack") == f"41 {invite.get('cseq')}"
    callee.respond(prack, 200, "OK")
    answer(incoming, invite, "")
    outgoing.learn(caller.expect_response(200, "INVITE"))
    outgoing.ack()
    callee.expect_request("ACK")
    hang_up(outgoing, incoming)


def test_a_caller_that_requires_100rel_is_sent_reliable_ones(make_phone: MakePhone) -> None:
    caller, callee = make_phone(), make_phone()
    outgoing = start_call(caller, callee.number, extra=[("Require", "100rel")])
    incoming, invite = take_call(callee)
    ring(incoming, invite)
    provisional = caller.expect_response(180, "INVITE")
    assert provisional.lists("require", "100rel")
    caller.expect_retransmission(provisional)
    outgoing.learn(provisional)
    assert outgoing.prack(provisional).status == 200
    wrong = outgoing.request("PRACK", extra=[("RAck", f"9999 {provisional.get('cseq')}")])
    assert wrong.status == 481
    answer(incoming, invite)
    outgoing.learn(caller.expect_response(200, "INVITE"))
    outgoing.ack()
    callee.expect_request("ACK")
    hang_up(outgoing, incoming)


def test_an_unknown_requirement_is_refused_by_name(make_phone: MakePhone) -> None:
    caller, callee = make_phone(), make_phone()
    outgoing = start_call(caller, callee.number, extra=[("Require", "teleportation")])
    response = caller.expect_final(outgoing.invite_branch)
    outgoing.ack_failure(response)
    assert response.status == 420
    assert response.lists("unsupported", "teleportation")
