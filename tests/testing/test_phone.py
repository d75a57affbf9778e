# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.sip.errors import ParseError
from mss.sip.flow import LocalAddress
from mss.testing.message import Received, audio, format_request, format_response
from mss.testing.network import describe
from mss.testing.scenes import connect, hang_up
from mss.testing.wire import FakeFlow


@pytest.fixture
def phones(sip_phone):
    return sip_phone("100"), sip_phone("101")


def test_registration(sip_server, sip_phone) -> None:
    phone = sip_phone("100", registered=False)
    assert phone.register().status == 200
    assert sip_server.location.is_registered("100", sip_server.network.now)
    assert phone.register(expires=0).status == 200
    assert not sip_server.location.is_registered("100", sip_server.network.now)
    assert phone.register(expires=10).status == 423


def test_a_wrong_expectation_shows_all_that_happened(phones) -> None:
    alice, bob = phones
    outgoing = alice.call("101")
    bob.take_call().ring()
    with pytest.raises(AssertionError) as caught:
        outgoing.expect(200)
    report = str(caught.value)
    assert report.startswith("100 expected 200, got 180 INVITE\n")
    assert "192.0.2.11:5060" in report and report.endswith("180 INVITE")


def test_expectations_that_nothing_meets(phones) -> None:
    alice, bob = phones
    with pytest.raises(AssertionError, match="101 was not called"):
        bob.take_call()
    with pytest.raises(AssertionError, match="expected MESSAGE, got nothing"):
        bob.expect("MESSAGE")
    with pytest.raises(AssertionError, match="expected a response to OPTIONS, got nothing"):
        bob.expect_final("OPTIONS")
    outgoing = alice.call("101")
    with pytest.raises(AssertionError, match="101 was called"):
        bob.expect_no_call()
    incoming = bob.take_call()
    incoming.ring()
    with pytest.raises(AssertionError, match="100 got 180 INVITE"):
        outgoing.expect_nothing()
    with pytest.raises(AssertionError, match="sent no INVITE"):
        incoming.ack()
    with pytest.raises(AssertionError, match="received no INVITE"):
        outgoing.ring()


def test_what_comes_again_is_counted(sip_network, phones) -> None:
    alice, bob = phones
    bob.sends_trying = False
    alice.call("101")
    sip_network.advance(4)
    assert bob.repeated("INVITE") == 3
    assert bob.repeated("BYE") == 0


def test_a_call(phones) -> None:
    outgoing, incoming = connect(*phones)
    assert outgoing.remote_tag and outgoing.local_tag
    assert incoming.is_called and not outgoing.is_called
    assert outgoing.replaces == f"{outgoing.call_id};to-tag={outgoing.remote_tag};from-tag={outgoing.local_tag}"
    assert hang_up(outgoing, incoming).has("Reason")


def test_a_response_to_nothing_fails_the_test(phones) -> None:
    alice, bob = phones
    data = (b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKunknown\r\nFrom: <sip:a@b>;tag=1\r\n"
            b"To: <sip:a@b>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n")
    bob.socket.flow_to("192.0.2.10", 5060).send(data)
    with pytest.raises(AssertionError, match="got 200 INVITE to nothing"):
        alice.network.settle()


def test_a_message_that_is_not_valid_fails_the_test(phones) -> None:
    alice, bob = phones
    bob.socket.flow_to("192.0.2.10", 5060).send(b"INVITE sip:100@x SIP/2.0\r\n\r\n")
    with pytest.raises(ParseError):
        alice.network.settle()


def test_nobody_listens(sip_network, sip_phone) -> None:
    phone = sip_phone("100", transport="TCP", registered=False, server=("192.0.2.254", 5060))
    with pytest.raises(ConnectionError):
        phone.register()


class TestMessages:
    """Reading and writing."""

    @pytest.fixture
    def request_received(self) -> Received:
        data = format_request("INVITE", "sip:b@x", [
            ("v", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"), ("f", "<sip:a@x>;tag=1"), ("t", "<sip:b@x>"), ("i", "id"),
            ("CSeq", "7 INVITE"), ("Max-Forwards", "70"), ("m", "<sip:a@192.0.2.1>"), ("k", "timer, 100rel")],
            audio("192.0.2.1", 4000))
        return Received(data, FakeFlow("UDP", "192.0.2.1", 5060, LocalAddress("UDP", "192.0.2.2", 5060)), 5.0)

    def test_what_it_says(self, request_received) -> None:
        message = request_received
        assert (message.what, message.method, message.status, message.uri) == ("INVITE", "INVITE", 0, "sip:b@x")
        assert (message.call_id, message.cseq, message.branch) == ("id", 7, "z9hG4bK1")
        assert (message.from_tag, message.to_tag, message.contact_uri) == ("1", "", "sip:a@192.0.2.1")
        assert message.header("Content-Type") == "application/sdp"
        assert message.header("Nothing") == "" and not message.has("Nothing")
        assert message.lists("Supported", "100REL") and not message.lists("Supported", "path")
        assert "m=audio 4000" in message.sdp and message.text.endswith("a=sendrecv\r\n")
        assert repr(message) == "<INVITE cseq 7 id>"

    def test_an_answer_copies_what_it_must(self, request_received) -> None:
        data = format_response(request_received, 180, "", "9", [("X-More", "1")])
        answer = Received(data, request_received.flow, 6.0)
        assert (answer.what, answer.to_tag, answer.branch) == ("180 INVITE", "9", "z9hG4bK1")
        assert answer.message.reason == "Ringing" and answer.header("X-More") == "1"
        assert describe(data) == "180 INVITE"
