# SPDX-License-Identifier: GPL-2.0-or-later
"""Session timers (RFC 4028), which are off unless the settings ask for them."""
from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.server import Settings
from tests.support.sip_client import Phone
from tests.support.sip_dialog import answer, hang_up, start_call, take_call

pytestmark = pytest.mark.real

MakePhone = Callable[..., Phone]


@pytest.fixture(scope="module")
def module_settings() -> Settings:
    return {"sip": {"t1": 0.1, "session_expires": 1800}}


def test_a_session_interval_that_is_too_small_is_refused_422(make_phone: MakePhone) -> None:
    caller, callee = make_phone(), make_phone()
    timer = [("Supported", "timer"), ("Session-Expires", "30"), ("Min-SE", "30")]
    outgoing = start_call(caller, callee.number, extra=timer)
    response = caller.expect_final(outgoing.invite_branch)
    outgoing.ack_failure(response)
    assert response.status == 422
    assert int(response.get("min-se")) >= 90


def test_the_session_timer_a_caller_asks_for_is_granted(make_phone: MakePhone) -> None:
    caller, callee = make_phone(), make_phone()
    timer = [("Supported", "timer"), ("Session-Expires", "120;refresher=uac")]
    outgoing = start_call(caller, callee.number, extra=timer)
    incoming, invite = take_call(callee)
    answer(incoming, invite)
    outgoing.learn(response := caller.expect_response(200, "INVITE"))
    outgoing.ack()
    callee.expect_request("ACK")
    assert response.get("session-expires").startswith("120")
    assert outgoing.request("UPDATE", extra=[("Session-Expires", "120;refresher=uac")]).status == 200
    hang_up(outgoing, incoming)
