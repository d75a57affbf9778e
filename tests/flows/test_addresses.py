# SPDX-License-Identifier: GPL-2.0-or-later
"""What is dialled and what is shown: tel URIs, separators, names, privacy, headers that pass."""
from __future__ import annotations

import pytest

from mss.model.user import User
from mss.testing.phone_call import PhoneCall
from mss.testing.pytest_plugin import PASSWORD
from mss.testing.scenes import connect, hang_up


def call_uri(phone, uri: str, **options) -> PhoneCall:
    """Call any URI."""
    call = PhoneCall(phone, phone.unique("call"), f"<{phone.aor}>;tag={phone.unique('f')}", f"<{uri}>", uri, False)
    phone.calls[call.call_id] = call
    call.invite(phone.sdp(), **options)
    return call


@pytest.mark.parametrize("uri", [
    "tel:101;phone-context=example.com", "tel:1-0.1", "sip:1-01@198.51.100.1", "sip:%3101@198.51.100.1",
    "sip:101@198.51.100.1;user=phone", "sips:101@198.51.100.1", "sip:101@elsewhere.example",
])  # fmt: skip
def test_ways_to_dial_101(alice, bob, uri: str) -> None:
    outgoing = call_uri(alice, uri)
    incoming = bob.take_call()
    incoming.reject(486)
    outgoing.expect(486)


@pytest.mark.parametrize(("uri", "status"), [("sip:198.51.100.1", 484), ("sip:@198.51.100.1", 400),
                                             ("http://198.51.100.1", 416), ("sip:999@198.51.100.1", 404)])
def test_addresses_that_lead_nowhere(alice, uri: str, status: int) -> None:
    call_uri(alice, uri).expect(status)


def test_a_user_with_an_unusual_name(sip_server, sip_phone, alice) -> None:
    sip_server.add_user(User("anna.b+c", PASSWORD))
    phone = sip_phone("anna.b+c")
    outgoing, incoming = connect(alice, phone)
    hang_up(outgoing, incoming)
    outgoing, incoming = connect(phone, alice)
    assert "anna.b+c@" in incoming.invitation.header("From")
    hang_up(outgoing, incoming)


def test_the_users_own_name_is_shown(sip_server, alice, bob) -> None:
    sip_server.add_user(User("100", PASSWORD, display_name='Alice "A" Müller'))
    outgoing = alice.call("101")
    incoming = bob.take_call()
    assert incoming.invitation.header("From").startswith('"Alice \\"A\\" Müller" <sip:100@')
    incoming.reject(486)
    outgoing.expect(486)


def test_the_name_that_the_phone_shows_wins(sip_server, alice, bob) -> None:
    sip_server.add_user(User("100", PASSWORD, display_name="Alice"))
    call = PhoneCall(alice, alice.unique("call"), f'"Reception" <{alice.aor}>;tag=x', "<sip:101@198.51.100.1>",
                     "sip:101@198.51.100.1", False)
    alice.calls[call.call_id] = call
    call.invite(alice.sdp())
    incoming = bob.take_call()
    assert incoming.invitation.header("From").startswith('"Reception" <sip:100@')
    incoming.reject(486)
    call.expect(486)


def test_nobody_calls_under_another_number(alice, bob) -> None:
    """The number shown is the authenticated one, whatever From says."""
    call = PhoneCall(alice, alice.unique("call"), "<sip:999@198.51.100.1>;tag=x", "<sip:101@198.51.100.1>",
                     "sip:101@198.51.100.1", False)
    alice.calls[call.call_id] = call
    call.invite(alice.sdp())
    incoming = bob.take_call()
    assert incoming.invitation.header("From").startswith("<sip:100@")
    assert incoming.invitation.contact_uri.startswith("sip:100@")
    incoming.reject(486)
    call.expect(486)


def test_privacy(sip_network, alice, bob) -> None:
    outgoing = alice.call("101", headers=[("Privacy", "id")])
    incoming = bob.take_call()
    text = incoming.invitation.text.partition("\r\n\r\n")[0]
    assert incoming.invitation.header("From").startswith('"Anonymous" <sip:anonymous@anonymous.invalid>')
    assert "sip:100@" not in text
    incoming.reject(486)
    outgoing.expect(486)


def test_headers_that_pass_and_headers_that_stay(alice, bob) -> None:
    passing = [("Alert-Info", "<urn:alert:source:internal>"), ("Subject", "lunch"), ("Priority", "urgent"),
               ("X-Customer", "42"), ("User-to-User", "abc;encoding=hex")]
    staying = [("P-Asserted-Identity", "<sip:ceo@x>"), ("Organization-Secret", "1"), ("Diversion", "<sip:1@x>"),
               ("Date", "Sat, 13 Nov 2010 23:29:00 GMT")]
    outgoing = alice.call("101", headers=[*passing, *staying])
    incoming = bob.take_call()
    for name, value in passing:
        assert incoming.invitation.header(name) == value
    for name, _ in staying:
        assert not incoming.invitation.has(name)
    incoming.reject(486)
    outgoing.expect(486)


def test_a_call_to_oneself(sip_server, alice) -> None:
    outgoing = alice.call("100")
    incoming = alice.take_call()
    incoming.answer()
    outgoing.expect(200)
    outgoing.ack()
    incoming.expect("ACK")
    assert sip_server.live.active_calls("100") == 1
    hang_up(outgoing, incoming)
    assert sip_server.live.active_calls("100") == 0


def test_a_description_inside_a_multipart_body(alice, bob) -> None:
    body = (b"--b1\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b1\r\nContent-Type: application/sdp\r\n\r\n"
            + alice.sdp() + b"\r\n--b1--\r\n")
    outgoing = alice.call("101", body, headers=[("Content-Type", "multipart/mixed;boundary=b1")])
    incoming = bob.take_call()
    assert incoming.invitation.header("Content-Type") == "application/sdp"
    assert "m=audio 4000" in incoming.invitation.sdp and "hello" not in incoming.invitation.sdp
    incoming.answer()
    outgoing.expect(200)
    outgoing.ack()
    incoming.expect("ACK")
    hang_up(outgoing, incoming)


@pytest.mark.parametrize("kind", ["text/plain", "application/json"])
def test_a_body_that_is_no_description(alice, kind: str) -> None:
    refused = alice.call("101", b"x", headers=[("Content-Type", kind)]).expect(415)
    assert refused.header("Accept") == "application/sdp"


def test_max_forwards(alice, bob) -> None:
    outgoing, incoming = connect(alice, bob)
    assert incoming.invitation.header("Max-Forwards") == "69"
    hang_up(outgoing, incoming)


def test_an_extension_that_nobody_knows(alice) -> None:
    refused = alice.call("101", headers=[("Require", "100rel, quantum")]).expect(420)
    assert refused.headers("Unsupported") == ["quantum"]
