# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.model.user import User
from mss.testing.phone import ScriptedPhone
from mss.testing.scenes import connect, hang_up


@pytest.fixture
def line(sip_network, sip_carrier) -> ScriptedPhone:
    """Somebody who registers with the carrier."""
    return ScriptedPhone(sip_network, "2001", "secret", host="192.0.2.20", server=("203.0.113.1", 5060))


def test_registration(sip_carrier, line) -> None:
    response = line.register()
    assert response.status == 200
    assert response.header("Contact").endswith(";expires=3600")
    assert sip_carrier.registered == {"2001": "sip:2001@192.0.2.20:5060"}
    assert line.register(expires=30).header("Min-Expires") == "60"
    assert line.register(expires=0).status == 200
    assert sip_carrier.registered == {}


def test_a_wrong_password(sip_carrier, line) -> None:
    line.password = "guess"
    assert line.register().status == 401
    assert sip_carrier.registered == {} and len(sip_carrier.refused) == 1


def test_it_complains_about_the_cseq_until_the_call_id_changes(sip_carrier, line) -> None:
    sip_carrier.complains_about_cseq = True
    response = line.register()
    assert (response.status, response.header("P-Registrar-Error")) == (400, "Invalid CSeq number")
    assert sip_carrier.registered == {}


def test_calls_out_through_it(sip_server, sip_carrier, sip_phone) -> None:
    sip_server.add_user(User("800", fixed_contact="sip:800@203.0.113.1"))
    sip_carrier.answers = True
    sip_carrier.early_rseq = 1
    sip_carrier.prack_status = 405
    alice = sip_phone("100")
    outgoing = alice.call("800")
    outgoing.expect(183)
    outgoing.expect(200)
    outgoing.ack()
    incoming = sip_carrier.take_call()
    incoming.expect("ACK")
    hang_up(outgoing, incoming)
    sip_carrier.refuses_with = 503
    alice.call("800").expect(503)


def test_calls_in_through_it(sip_server, sip_carrier, sip_phone) -> None:
    sip_server.add_user(User("800", ip_addresses=("203.0.113.1",)))
    outgoing, incoming = connect(sip_carrier, sip_phone("100"))
    hang_up(outgoing, incoming)
    assert sip_server.record.caller == "800"


def test_it_challenges_calls(sip_network, sip_carrier, line) -> None:
    sip_carrier.challenges_calls = True
    outgoing = line.call("0800")
    incoming = sip_carrier.take_call()
    incoming.reject(486)
    outgoing.expect(486)
