# SPDX-License-Identifier: GPL-2.0-or-later
"""Blind and attended transfer (RFC 3515, RFC 3891), done by the server: the other party never sees a REFER."""
from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest

from tests.support.server import LiveServer
from tests.support.sip_client import Phone
from tests.support.sip_dialog import Dialog, answer, connect, hang_up, ring, take_call
from tests.support.sip_message import SipMessage

pytestmark = pytest.mark.real

MakePhone = Callable[..., Phone]


def refer(dialog: Dialog, target: str) -> SipMessage:
    """Send REFER and return its final response."""
    return dialog.request("REFER", extra=[("Refer-To", f"<{target}>"), ("Referred-By", f"<{dialog.phone.aor}>")])


def expect_notify(phone: Phone, status: int) -> SipMessage:
    """Take NOTIFYs of the transfer and confirm them, until the one with this status."""
    while True:
        notify = phone.expect_request("NOTIFY")
        assert notify.get("event").startswith("refer")
        phone.respond(notify, 200, "OK")
        if f"SIP/2.0 {status}" in notify.sdp:
            return notify


def confirm_bye(dialog: Dialog) -> None:
    """The BYE that ends a leg."""
    bye = dialog.phone.expect(lambda m: m.method == "BYE" and m.call_id == dialog.call_id, "BYE")
    dialog.phone.respond(bye, 200, "OK")


def confirm_reinvite(dialog: Dialog) -> SipMessage:
    """The re-INVITE that points the remaining party at the new one; returns it with an offer or without."""
    invite = dialog.phone.expect(lambda m: m.method == "INVITE" and bool(m.tag("to")), "re-INVITE")
    dialog.phone.respond(invite, 200, "OK", body=dialog.phone.offer(version=9))
    ack = dialog.phone.expect_request("ACK")
    return invite if invite.body else ack


@pytest.mark.parametrize("by_caller", [True, False], ids=["by the caller", "by the callee"])
def test_blind_transfer(server: LiveServer, make_phone: MakePhone, by_caller: bool) -> None:
    caller, callee, target = make_phone(), make_phone(), make_phone()
    outgoing, incoming = connect(caller, callee)
    mine, kept = (outgoing, incoming) if by_caller else (incoming, outgoing)
    assert refer(mine, f"sip:{target.number}@{target.domain}").status == 202
    new, invite = take_call(target)
    assert kept.phone.number in invite.get("from")
    ring(new, invite)
    answer(new, invite)
    target.expect_request("ACK")
    described = confirm_reinvite(kept)
    assert f"m=audio {target.media_port} " in described.sdp
    notify = expect_notify(mine.phone, 200)
    assert "terminated" in notify.get("subscription-state")
    confirm_bye(mine)
    hang_up(new, kept)
    assert not [message for message in kept.phone.backlog if message.method == "REFER"]
    record = server.wait_for_record(outgoing.call_id)
    assert record["transferred_by"] == mine.phone.number
    assert record["called"] == (callee.number if by_caller else target.number)


def test_blind_transfer_to_a_busy_phone_tells_the_transferor_and_keeps_the_call(make_phone: MakePhone) -> None:
    caller, callee, target = make_phone(), make_phone(), make_phone()
    outgoing, incoming = connect(caller, callee)
    assert refer(outgoing, f"sip:{target.number}@{target.domain}").status == 202
    new, invite = take_call(target)
    target.respond(invite, 486, "Busy Here", tag=new.local_tag)
    target.expect_request("ACK")
    notify = expect_notify(caller, 486)
    assert "terminated" in notify.get("subscription-state")
    assert outgoing.request("INFO").status == 200
    hang_up(outgoing, incoming)


def test_attended_transfer(server: LiveServer, make_phone: MakePhone) -> None:
    caller, transferor, target = make_phone(), make_phone(), make_phone()
    first_caller, first = connect(caller, transferor)
    second, second_target = connect(transferor, target)
    replaces = quote(f"{second.call_id};to-tag={second.remote_tag};from-tag={second.local_tag}", safe="")
    assert refer(first, f"sip:{target.number}@{target.domain}?Replaces={replaces}").status == 202
    described = {confirm_reinvite(kept).sdp for kept in (first_caller, second_target)}
    assert any(f"m=audio {target.media_port} " in text for text in described)
    assert any(f"m=audio {caller.media_port} " in text for text in described)
    notify = expect_notify(transferor, 200)
    assert "terminated" in notify.get("subscription-state")
    confirm_bye(first)
    confirm_bye(second)
    hang_up(first_caller, second_target)
    record = server.wait_for_record(first_caller.call_id)
    assert (record["transferred_by"], record["called"]) == (transferor.number, target.number)


def test_refer_needs_a_target_that_can_be_called(make_phone: MakePhone) -> None:
    caller, callee = make_phone(), make_phone()
    outgoing, incoming = connect(caller, callee)
    assert outgoing.request("REFER").status == 400
    assert 400 <= refer(outgoing, "mailto:someone@example.org").status < 500
    hang_up(outgoing, incoming)
    assert refer(outgoing, f"sip:{callee.number}@{callee.domain}").status == 481
