# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls between two scripted phones: set-up, changes, refusals, and what the call record says of them."""
from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.server import LiveServer
from tests.support.sip_client import Phone
from tests.support.sip_dialog import answer, connect, hang_up, ring, start_call, take_call

pytestmark = pytest.mark.real

MakePhone = Callable[..., Phone]


@pytest.mark.parametrize("transport", ["UDP", "TCP", "TLS"])
def test_a_call_and_its_record(server: LiveServer, make_phone: MakePhone, transport: str) -> None:
    caller, callee = make_phone(transport=transport), make_phone(transport=transport)
    outgoing, incoming = connect(caller, callee)
    hang_up(outgoing, incoming)
    record = server.wait_for_record(outgoing.call_id)
    assert record["caller"] == caller.number
    assert (record["dialled"], record["called"]) == (callee.number, callee.number)
    assert (record["status"], record["cause"], record["ended_by"]) == (200, 16, "caller")
    assert 0 < record["started_at"] <= record["rang_at"] <= record["answered_at"] <= record["ended_at"]


def test_phones_of_different_transports_reach_each_other(make_phone: MakePhone) -> None:
    phones = [make_phone(transport=transport) for transport in ("UDP", "TCP", "TLS")]
    for caller in phones:
        for callee in phones:
            if caller is not callee:
                outgoing, incoming = connect(caller, callee)
                hang_up(incoming, outgoing)


def test_topology_is_hidden(make_phone: MakePhone) -> None:
    caller, callee = make_phone(), make_phone()
    outgoing = start_call(caller, callee.number)
    incoming, invite = take_call(callee)
    assert len(invite.all("via")) == 1
    assert str(caller.wire.port) not in invite.get("via") + invite.get("contact") + invite.get("from")
    assert invite.call_id != outgoing.call_id
    answer(incoming, invite)
    outgoing.learn(response := caller.expect_response(200, "INVITE"))
    assert str(callee.wire.port) not in response.get("contact")
    outgoing.ack()
    callee.expect_request("ACK")
    hang_up(outgoing, incoming)


def test_cancel(server: LiveServer, make_phone: MakePhone) -> None:
    caller, callee = make_phone(), make_phone()
    outgoing = start_call(caller, callee.number)
    incoming, invite = take_call(callee)
    ring(incoming, invite)
    caller.expect_response(180, "INVITE")
    outgoing.cancel()
    caller.expect_response(200, "CANCEL")
    outgoing.ack_failure(caller.expect_response(487, "INVITE"))
    callee.respond(callee.expect_request("CANCEL"), 200, "OK")
    callee.respond(invite, 487, "Request Terminated", tag=incoming.local_tag)
    callee.expect_request("ACK")
    record = server.wait_for_record(outgoing.call_id)
    assert (record["status"], record["answered_at"], record["ended_by"]) == (487, 0.0, "caller")


def test_busy(server: LiveServer, make_phone: MakePhone) -> None:
    caller, callee = make_phone(), make_phone()
    outgoing = start_call(caller, callee.number)
    incoming, invite = take_call(callee)
    callee.respond(invite, 486, "Busy Here", tag=incoming.local_tag)
    callee.expect_request("ACK")
    outgoing.ack_failure(caller.expect_response(486, "INVITE"))
    record = server.wait_for_record(outgoing.call_id)
    assert (record["status"], record["cause"], record["ended_by"]) == (486, 17, "callee")


@pytest.mark.parametrize(("number", "status"), [("unknown", 404), ("unregistered", 480)])
def test_a_number_that_cannot_be_reached(
    server: LiveServer, make_phone: MakePhone, number: str, status: int
) -> None:
    caller = make_phone()
    dialled = "77777" if number == "unknown" else make_phone(registered=False).number
    outgoing = start_call(caller, dialled)
    response = caller.expect_final(outgoing.invite_branch)
    outgoing.ack_failure(response)
    assert response.status == status
    assert server.wait_for_record(outgoing.call_id)["status"] == status


def test_nobody_answers(server: LiveServer, make_phone: MakePhone) -> None:
    caller, callee = make_phone(), make_phone()
    server.change_users([callee.user], no_answer_seconds=1)
    outgoing = start_call(caller, callee.number)
    incoming, invite = take_call(callee)
    ring(incoming, invite)
    callee.respond(callee.expect_request("CANCEL"), 200, "OK")
    callee.respond(invite, 487, "Request Terminated", tag=incoming.local_tag)
    response = caller.expect_final(outgoing.invite_branch)
    outgoing.ack_failure(response)
    assert response.status in (408, 480)
    assert server.wait_for_record(outgoing.call_id)["cause"] == 19


def test_a_phone_that_forwards_is_followed_with_181(server: LiveServer, make_phone: MakePhone) -> None:
    caller, forwarding, target = make_phone(), make_phone(), make_phone()
    outgoing = start_call(caller, forwarding.number)
    incoming, invite = take_call(forwarding)
    contact = ("Contact", f"<sip:{target.number}@{forwarding.domain}>")
    forwarding.respond(invite, 302, "Moved Temporarily", tag=incoming.local_tag, headers=[contact])
    forwarding.expect_request("ACK")
    forwarded = caller.expect_response(181, "INVITE")
    assert "purpose=forwarding" in forwarded.get("call-info")
    last, invite = take_call(target)
    answer(last, invite)
    outgoing.learn(caller.expect_response(200, "INVITE"))
    outgoing.ack()
    target.expect_request("ACK")
    hang_up(outgoing, last)
    record = server.wait_for_record(outgoing.call_id)
    assert (record["dialled"], record["called"]) == (forwarding.number, target.number)
    assert record["forwarded_by"] == forwarding.number


def test_early_media_reaches_the_caller_and_no_180_follows_the_200(make_phone: MakePhone) -> None:
    caller, callee = make_phone(), make_phone()
    outgoing = start_call(caller, callee.number)
    incoming, invite = take_call(callee)
    callee.respond(invite, 183, "Session Progress", tag=incoming.local_tag, body=callee.offer())
    progress = caller.expect_response(183, "INVITE")
    assert f"m=audio {callee.media_port} " in progress.sdp
    answer(incoming, invite)
    ring(incoming, invite)
    outgoing.learn(caller.expect_response(200, "INVITE"))
    outgoing.ack()
    callee.expect_request("ACK")
    caller.expect_silence(0.3, lambda message: message.status == 180)
    hang_up(outgoing, incoming)


def test_offerless_invite(make_phone: MakePhone) -> None:
    caller, callee = make_phone(), make_phone()
    outgoing = start_call(caller, callee.number, body="")
    incoming, invite = take_call(callee)
    assert not invite.body
    answer(incoming, invite)
    outgoing.learn(response := caller.expect_response(200, "INVITE"))
    assert f"m=audio {callee.media_port} " in response.sdp
    outgoing.ack(caller.offer())
    ack = callee.expect_request("ACK")
    assert f"m=audio {caller.media_port} " in ack.sdp
    hang_up(incoming, outgoing)


@pytest.mark.parametrize("by_caller", [True, False], ids=["by the caller", "by the callee"])
def test_hold_resume_and_another_codec(make_phone: MakePhone, by_caller: bool) -> None:
    caller, callee = make_phone(), make_phone()
    outgoing, incoming = connect(caller, callee)
    mine, other = (outgoing, incoming) if by_caller else (incoming, outgoing)
    changes = [("sendonly", "recvonly", "0 8"), ("sendrecv", "sendrecv", "0 8"), ("sendrecv", "sendrecv", "8")]
    for version, (direction, answer_direction, codecs) in enumerate(changes, 2):
        branch = mine.send("INVITE", mine.phone.offer(direction, codecs, version))
        invite = other.phone.expect(lambda m: m.method == "INVITE" and bool(m.tag("to")), "re-INVITE")
        assert f"a={direction}" in invite.sdp
        assert f"RTP/AVP {codecs}" in invite.sdp
        other.phone.respond(invite, 200, "OK", body=other.phone.offer(answer_direction, codecs, version))
        response = mine.phone.expect_final(branch)
        assert response.status == 200
        assert f"a={answer_direction}" in response.sdp
        mine.ack()
        other.phone.expect_request("ACK")
    hang_up(mine, other)


def test_a_refused_reinvite_leaves_the_call_up(make_phone: MakePhone) -> None:
    caller, callee = make_phone(), make_phone()
    outgoing, incoming = connect(caller, callee)
    branch = outgoing.send("INVITE", caller.offer(codecs="18", version=2))
    invite = callee.expect_request("INVITE")
    callee.respond(invite, 488, "Not Acceptable Here")
    callee.expect_request("ACK")
    response = caller.expect_final(branch)
    outgoing.ack_failure(response)
    assert response.status == 488
    assert outgoing.request("INFO").status == 200
    hang_up(outgoing, incoming)


def test_glare_is_answered_491(make_phone: MakePhone) -> None:
    caller, callee = make_phone(), make_phone()
    outgoing, incoming = connect(caller, callee)
    branch = outgoing.send("INVITE", caller.offer("sendonly", version=2))
    invite = callee.expect_request("INVITE")
    crossing = callee.expect_final(incoming.send("INVITE", callee.offer("sendonly", version=2)))
    assert crossing.status == 491
    incoming.ack_failure(crossing)
    callee.respond(invite, 200, "OK", body=callee.offer("recvonly", version=2))
    assert caller.expect_final(branch).status == 200
    outgoing.ack()
    callee.expect_request("ACK")
    hang_up(outgoing, incoming)


@pytest.mark.parametrize("method", ["UPDATE", "INFO", "MESSAGE"])
def test_probe_without_sdp_in_a_dialog_and_outside(make_phone: MakePhone, method: str) -> None:
    caller, callee = make_phone(), make_phone()
    outgoing, incoming = connect(caller, callee)
    assert outgoing.request(method).status == 200
    assert incoming.request(method).status == 200
    hang_up(outgoing, incoming)
    assert outgoing.request(method).status == 481


def test_update_in_an_early_dialog(make_phone: MakePhone) -> None:
    caller, callee = make_phone(), make_phone()
    outgoing = start_call(caller, callee.number)
    incoming, invite = take_call(callee)
    ring(incoming, invite)
    outgoing.learn(caller.expect_response(180, "INVITE"))
    assert outgoing.request("UPDATE").status == 200
    answer(incoming, invite)
    outgoing.learn(caller.expect_response(200, "INVITE"))
    outgoing.ack()
    callee.expect_request("ACK")
    hang_up(outgoing, incoming)


def test_dtmf_by_info_reaches_the_other_side(make_phone: MakePhone) -> None:
    caller, callee = make_phone(), make_phone()
    outgoing, incoming = connect(caller, callee)
    digit = "Signal=5\r\nDuration=160\r\n"
    branch = outgoing.send("INFO", digit, [("Content-Type", "application/dtmf-relay")])
    info = callee.expect_request("INFO")
    assert info.sdp == digit
    callee.respond(info, 200, "OK")
    assert caller.expect_final(branch).status == 200
    hang_up(outgoing, incoming)


def test_message_between_users(make_phone: MakePhone) -> None:
    sender, receiver = make_phone(), make_phone()
    uri = f"sip:{receiver.number}@{sender.domain}"
    call_id = "text-" + sender.number

    def headers(cseq: int) -> list[tuple[str, str]]:
        return [("From", f"<{sender.aor}>;tag=f"), ("To", f"<{uri}>"), ("Call-ID", call_id),
                ("CSeq", f"{cseq} MESSAGE"), ("Content-Type", "text/plain")]  # fmt: skip

    challenge = sender.expect_final(sender.send_request("MESSAGE", uri, headers(1), "hello"))
    assert challenge.status in (401, 407)
    again = [*headers(2), sender.authorization(challenge, "MESSAGE", uri)]
    branch = sender.send_request("MESSAGE", uri, again, "hello")
    message = receiver.expect_request("MESSAGE")
    assert message.sdp == "hello"
    receiver.respond(message, 200, "OK")
    assert sender.expect_final(branch).status in (200, 202)


def test_options_names_what_the_server_can(make_phone: MakePhone) -> None:
    response = make_phone(registered=False).options()
    assert response.status == 200
    wanted = ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "UPDATE", "PRACK", "REFER", "NOTIFY", "MESSAGE"]
    for method in wanted:
        assert response.lists("allow", method), method
