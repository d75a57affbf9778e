# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.testing.network import FakeNetwork
from mss.testing.sip_pair import SipEnd


@pytest.fixture(params=["UDP", "TCP"])
def ends(request, sip_network: FakeNetwork) -> tuple[SipEnd, SipEnd]:
    return (SipEnd(sip_network, "192.0.2.1", transport=request.param),
            SipEnd(sip_network, "192.0.2.2", transport=request.param))


def test_a_call(sip_network, ends) -> None:
    a, b = ends
    a.invite(b, b"offer")
    called = b.take("invited").session
    called.ring(180, "", "", b"")
    assert a.take("progressed").status == 180
    called.answer("", b"answer")
    calling = a.take("answered")
    assert calling.message is not None and calling.message.body == b"answer"
    b.take("acknowledged")
    calling.session.leave("")
    assert b.take("ended").cause == ""
    sip_network.advance(60)
    assert a.leftovers() == b.leftovers() == {}


def test_a_wrong_expectation_is_reported(ends) -> None:
    a, b = ends
    a.invite(b, b"offer")
    with pytest.raises(AssertionError, match=r"192\.0\.2\.2 expected ended, got invited"):
        b.take("ended")
    with pytest.raises(AssertionError, match="expected answered, got nothing"):
        a.take("answered")


def test_requests_outside_calls_wait_for_an_answer(sip_network) -> None:
    a, b = SipEnd(sip_network, "192.0.2.1"), SipEnd(sip_network, "192.0.2.2")
    a.flow_to(b).send(b"nonsense\r\n\r\n")
    sip_network.settle()
    assert len(b.malformed) == 1


def test_nobody_listens(sip_network) -> None:
    a = SipEnd(sip_network, "192.0.2.1", transport="TCP")
    b = SipEnd(sip_network, "192.0.2.2", transport="TCP")
    sip_network.unbind(b.socket)
    with pytest.raises(ConnectionError):
        a.flow_to(b)
