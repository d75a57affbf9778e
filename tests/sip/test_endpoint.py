# SPDX-License-Identifier: GPL-2.0-or-later
"""RFC 3261 8.2, 9.2, 17.1.3, 17.2.3, 18.2; RFC 3581; RFC 6026."""
from __future__ import annotations

import pytest

from mss.sip.dialog.dialog import Dialog
from mss.sip.dialog.service import DialogService
from mss.sip.dialog.session import Session
from mss.sip.endpoint import EXTENSIONS, METHODS, EndpointUser
from mss.sip.errors import FramingError
from mss.sip.message import Message
from mss.sip.transaction.client_other import OtherClientTransaction
from mss.sip.transaction.context import ServerTransaction, TransactionUser
from mss.sip.transaction.request import OutgoingRequest
from mss.sip.transaction.server_invite import COMPLETED, CONFIRMED
from tests.sip.harness import OURS, SDP, SDP_TYPE, Ear, Site, Wire, kind, read, request, response


@pytest.fixture
def site() -> Site:
    return Site()


def transaction_of(site: Site, index: int = -1) -> ServerTransaction:
    return site.office.requests[index][0]


def answer(site: Site, status: int, reason: str = "", headers: str = "") -> None:
    """Answer the newest request."""
    site.endpoint.respond(transaction_of(site), status, reason, headers)


# ---- requests outside dialogs -------------------------------------------
@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "REGISTER", "MESSAGE", "SUBSCRIBE", "NOTIFY", "REFER",
                                    "PUBLISH"])
def test_an_admitted_request_reaches_the_user_and_its_answer_the_sender(site: Site, method: str) -> None:
    site.feed(request(method))
    [(transaction, message, identity)] = site.office.requests
    assert (message.method, message.flow, identity, transaction.request) == (method, site.wire, "100", message)
    site.endpoint.respond(transaction, 404, "Nobody Here", "X-Note: 1\r\n")
    reply = site.wire.take(f"404 {method}")
    assert (reply.reason, reply.get("x-note"), reply.get("server")) == ("Nobody Here", "1", "mss")
    assert reply.to_tag == transaction.to_tag != ""
    site.endpoint.respond(transaction, 200)
    assert site.wire.rest() == []


def test_a_100_has_no_tag_and_later_responses_have_one_and_the_same(site: Site) -> None:
    site.feed(request("INVITE"))
    for status in (100, 180, 486):
        answer(site, status)
    assert site.wire.take("100 INVITE").to_tag is None
    tag = site.wire.take("180 INVITE").to_tag
    assert tag
    assert site.wire.take("486 INVITE").to_tag == tag


def test_no_server_header_without_a_name() -> None:
    site = Site()
    site.endpoint.server_line = ""
    assert not site.ask("BYE").has("server")


def test_the_refused_leave_nothing_behind_and_repeated_get_the_same_tag(site: Site) -> None:
    """RFC 3261 8.2.7."""
    site.office.identity = None
    site.feed(request("INVITE"))
    message, flow = site.office.admitted[0]
    site.endpoint.refuse(message, flow, 407, "", "Proxy-Authenticate: Digest realm=\"x\"\r\n")
    first = site.wire.take("407 INVITE")
    assert (first.get("proxy-authenticate"), site.tables()) == ('Digest realm="x"', (0, 0, 0, 0))
    site.feed(request("INVITE"))
    site.endpoint.refuse(*site.office.admitted[1], 407)
    assert site.wire.take("407 INVITE").to_tag == first.to_tag
    site.feed(request("ACK", to_tag=first.to_tag or ""))
    site.feed(request("INVITE", branch="z9hG4bK-2", cseq=2))
    site.endpoint.refuse(*site.office.admitted[2], 407)
    assert site.wire.take("407 INVITE").to_tag != first.to_tag
    assert (site.office.requests, site.wire.rest()) == ([], [])


def test_an_unknown_method_is_501_with_allow(site: Site) -> None:
    reply = site.ask("WATER")
    assert (kind(reply), reply.values("allow")) == ("501 WATER", list(METHODS))
    assert site.office.admitted == []


@pytest.mark.parametrize("method", ["BYE", "UPDATE", "INFO", "PRACK"])
def test_what_belongs_into_dialogs_is_481_outside(site: Site, method: str) -> None:
    assert kind(site.ask(method)) == f"481 {method}"


@pytest.mark.parametrize("method", ["INVITE", "BYE", "OPTIONS", "MESSAGE", "SUBSCRIBE", "NOTIFY"])
def test_a_dialog_that_is_not_is_481(site: Site, method: str) -> None:
    """RFC 3261 12.2.2."""
    reply = site.ask(method, to_tag="gone")
    assert (kind(reply), reply.to_tag, site.tables()) == (f"481 {method}", "gone", (0, 0, 0, 0))


def test_a_register_may_have_a_tag(site: Site) -> None:
    site.feed(request("REGISTER", to_tag="odd"))
    assert len(site.office.requests) == 1


@pytest.mark.parametrize("value", ["0", "00"])
def test_no_hops_left_is_483_but_for_requests_that_stay_here(site: Site, value: str) -> None:
    assert kind(site.ask("INVITE", f"Max-Forwards: {value}")) == "483 INVITE"
    for method in ("OPTIONS", "REGISTER"):
        site.feed(request(method, f"Max-Forwards: {value}"))
    site.feed(request("MESSAGE", "Max-Forwards: 1"))
    assert [message.method for _, message, _ in site.office.requests] == ["OPTIONS", "REGISTER", "MESSAGE"]


def test_unknown_extensions_are_420_and_named(site: Site) -> None:
    reply = site.ask("INVITE", "Require: 100rel, water", "Require: fire")
    assert (kind(reply), reply.get("unsupported")) == ("420 INVITE", "water, fire")
    site.feed(request("INVITE", "Require: " + ", ".join(sorted(EXTENSIONS)).upper()))
    assert len(site.office.requests) == 1


def test_require_in_ack_and_cancel_is_ignored(site: Site) -> None:
    """RFC 3261 8.2.2.3."""
    site.feed(request("INVITE"))
    site.feed(request("CANCEL", "Require: water"))
    assert site.wire.rest() == ["200 CANCEL"]
    answer(site, 486)
    site.feed(request("ACK", "Require: water"))
    assert transaction_of(site).state == CONFIRMED


@pytest.mark.parametrize(("headers", "is_understood"), [
    ((SDP_TYPE,), True), (("c: application/sdp",), True), (("Content-Type: Application/SDP; charset=utf-8",), True),
    (("Content-Type: multipart/mixed;boundary=x",), True), (("Content-Type: text/plain",), False), ((), False),
    ((SDP_TYPE, "Content-Encoding: gzip"), False), ((SDP_TYPE, "e: Identity"), True),
])
def test_a_body_that_is_no_description_is_415(site: Site, headers: tuple[str, ...], is_understood: bool) -> None:
    site.feed(request("INVITE", *headers, body=SDP))
    assert len(site.office.requests) == is_understood
    if not is_understood:
        reply = site.wire.take("415 INVITE")
        assert (reply.get("accept"), reply.get("accept-encoding")) == ("application/sdp", "identity")


def test_other_requests_may_carry_any_body(site: Site) -> None:
    site.feed(request("MESSAGE", "Content-Type: text/plain", body=b"hello"))
    assert len(site.office.requests) == 1


def test_a_bad_record_route_is_400(site: Site) -> None:
    """What cannot become a route set must not become a dialog."""
    reply = site.ask("INVITE", "Record-Route: <sip:p1;lr>, <sip:p2")
    assert (kind(reply), reply.reason, site.tables()) == ("400 INVITE", "Bad Record-Route", (0, 0, 0, 0))
    site.feed(request("INVITE", "Record-Route: <sip:p1;lr>, <sip:p2>"))
    assert len(site.office.requests) == 1


# ---- matching (RFC 3261 17.2.3) ---------------------------------------
def test_repeated_requests_reach_the_user_once(site: Site) -> None:
    for method in ("INVITE", "OPTIONS"):
        site.feed(request(method, branch=f"z9hG4bK-{method}", call_id=method))
        site.feed(request(method, branch=f"z9hG4bK-{method}", call_id=method))
        assert site.wire.rest() == []
        answer(site, 404)
        site.feed(request(method, branch=f"z9hG4bK-{method}", call_id=method))
        assert site.wire.rest() == [f"404 {method}"] * 2
    assert len(site.office.requests) == 2
    assert site.endpoint.context.counters.absorbed == 4


@pytest.mark.parametrize("changed", [
    {"branch": "z9hG4bK-2"}, {"via": "SIP/2.0/UDP 192.0.2.1:5070;rport;branch=z9hG4bK-1"},
    {"via": "SIP/2.0/UDP 192.0.2.2:5060;rport;branch=z9hG4bK-1"}, {"method": "MESSAGE"},
])
def test_another_branch_sender_or_method_is_another_transaction(site: Site, changed: dict[str, str]) -> None:
    site.feed(request("OPTIONS"))
    site.feed(request(changed.pop("method", "OPTIONS"), call_id="other", **changed))  # type: ignore[arg-type]
    assert len(site.office.requests) == 2


OLD = "SIP/2.0/UDP 192.0.2.1:5060"


@pytest.mark.parametrize("via", [OLD, f"{OLD};branch=1", f"{OLD};branch=z9hG4bK"])
def test_rfc_2543_peers_match_by_what_their_requests_share(site: Site, via: str) -> None:
    """No branch, one without the cookie, or nothing after it (RFC 4475 3.2.1)."""
    site.feed(request("INVITE", via=via))
    site.feed(request("INVITE", via=via))
    site.feed(request("INVITE", via=via, cseq=2))
    site.feed(request("INVITE", via=via, call_id="c2"))
    site.feed(request("INVITE", via=via, from_tag="other"))
    site.feed(request("INVITE", via=via, uri="sip:102@198.51.100.1", call_id="c3"))
    site.feed(request("OPTIONS", via=via))
    assert len(site.office.requests) == 6
    invite = transaction_of(site, 0)
    site.endpoint.respond(invite, 486)
    site.feed(request("ACK", via=via, to_tag=invite.to_tag))
    assert invite.state == CONFIRMED
    assert site.wire.rest() == ["486 INVITE"]


def test_an_rfc_2543_peer_without_a_from_tag(site: Site) -> None:
    site.feed(request("INVITE", via=OLD, from_tag=""))
    site.feed(request("INVITE", via=OLD, from_tag=""))
    assert len(site.office.requests) == 1
    site.feed(request("CANCEL", via=OLD, from_tag=""))
    assert site.wire.rest() == ["200 CANCEL"]


def test_the_ack_to_a_failure_ends_its_repeating(site: Site) -> None:
    site.feed(request("INVITE"))
    answer(site, 486)
    reply = site.wire.take("486 INVITE")
    assert transaction_of(site).state == COMPLETED
    site.feed(request("ACK", to_tag=reply.to_tag or ""))
    assert transaction_of(site).state == CONFIRMED
    site.wait(6)
    assert (site.wire.rest(), site.tables()) == ([], (0, 0, 0, 0))


def test_an_ack_to_nothing_is_dropped(site: Site) -> None:
    site.feed(request("ACK"))
    site.feed(request("ACK", to_tag="gone"))
    site.feed(request("OPTIONS"))
    site.feed(request("ACK"))
    assert (site.wire.rest(), transaction_of(site).state) == ([], 0)


# ---- merged requests (RFC 3261 8.2.2.2) --------------------------------
def test_the_same_request_over_another_path_is_482(site: Site) -> None:
    site.feed(request("INVITE"))
    assert kind(site.ask("INVITE", branch="z9hG4bK-other-path")) == "482 INVITE"
    site.feed(request("INVITE", branch="z9hG4bK-2", cseq=2))
    site.feed(request("INVITE", branch="z9hG4bK-3", from_tag="other"))
    site.feed(request("INVITE", branch="z9hG4bK-4", call_id="other"))
    site.feed(request("OPTIONS", branch="z9hG4bK-5"))
    assert len(site.office.requests) == 5


def test_merging_ends_with_the_transaction(site: Site) -> None:
    site.feed(request("OPTIONS"))
    answer(site, 200)
    site.wire.take("200 OPTIONS")
    assert kind(site.ask("OPTIONS", branch="z9hG4bK-2")) == "482 OPTIONS"
    site.wait(33)
    assert site.tables() == (0, 0, 0, 0)
    site.feed(request("OPTIONS", branch="z9hG4bK-2"))
    assert len(site.office.requests) == 2


# ---- CANCEL (RFC 3261 9.2) ---------------------------------------------
def make_session(site: Site) -> Session:
    """Let a session take the newest INVITE."""
    transaction, message, _ = site.office.requests[-1]
    session = Session(site.endpoint, transaction.flow, message.call_id, "us", site.ledger)
    session.receive_invite(transaction, message)
    return session


def test_a_cancel_ends_the_invite_with_487(site: Site) -> None:
    site.feed(request("INVITE"))
    make_session(site)
    site.feed(request("CANCEL"))
    assert site.wire.take("200 CANCEL").to_tag == "us"
    assert site.wire.take("487 INVITE").to_tag == "us"
    assert site.ledger.take() == [("cancelled", True)]
    site.feed(request("CANCEL"))
    assert site.wire.rest() == ["200 CANCEL"]
    site.feed(request("ACK", to_tag="us"))
    site.wait(33)
    assert (site.ledger.take(), site.tables()) == ([], (0, 0, 0, 0))


def test_a_cancel_of_nothing_is_481(site: Site) -> None:
    assert kind(site.ask("CANCEL")) == "481 CANCEL"
    site.feed(request("OPTIONS"))
    assert kind(site.ask("CANCEL", call_id="c2", branch="z9hG4bK-9")) == "481 CANCEL"


@pytest.mark.parametrize("status", [200, 486])
def test_a_cancel_after_the_final_response_changes_nothing(site: Site, status: int) -> None:
    site.feed(request("INVITE"))
    session = make_session(site)
    if status == 200:
        session.answer("", b"")
    else:
        session.reject(status)
    site.wire.take(f"{status} INVITE")
    site.feed(request("CANCEL"))
    assert site.wire.rest() == ["200 CANCEL"]
    assert site.ledger.take() == []


def test_a_cancel_before_anybody_took_the_invite_is_answered(site: Site) -> None:
    site.feed(request("INVITE"))
    site.feed(request("CANCEL"))
    assert site.wire.rest() == ["200 CANCEL"]


# ---- Via (RFC 3261 18.2, RFC 3581) ---------------------------------------
def vias(site: Site, via: str, wire: Wire | None = None) -> list[str]:
    """The Via lines of the answer to an OPTIONS."""
    site.feed(request("OPTIONS", via=via, call_id=f"call{len(site.office.requests)}"), wire)
    answer(site, 200)
    where = wire or site.wire
    return where.take("200 OPTIONS").lines_of("via")


END = ";branch=z9hG4bK-1"


@pytest.mark.parametrize(("via", "stamped"), [
    (f"SIP/2.0/UDP 10.0.0.1:9;rport{END}", f"SIP/2.0/UDP 10.0.0.1:9;received=192.0.2.1;rport=5060{END}"),
    (f"SIP/2.0/UDP 10.0.0.1:9{END};rport", f"SIP/2.0/UDP 10.0.0.1:9{END};received=192.0.2.1;rport=5060"),
    (f"SIP/2.0/UDP 10.0.0.1:9;rport{END}, SIP/2.0/TCP a;rport",
     f"SIP/2.0/UDP 10.0.0.1:9;received=192.0.2.1;rport=5060{END}, SIP/2.0/TCP a;rport"),
    (f"SIP/2.0/UDP 10.0.0.1:9{END};rport,SIP/2.0/TCP a",
     f"SIP/2.0/UDP 10.0.0.1:9{END};received=192.0.2.1;rport=5060,SIP/2.0/TCP a"),
    (f"SIP/2.0/UDP 10.0.0.1:9 ; rport {END}", f"SIP/2.0/UDP 10.0.0.1:9 ;received=192.0.2.1;rport=5060{END}"),
    (f"SIP/2.0/UDP 10.0.0.1:9;RPort{END}", f"SIP/2.0/UDP 10.0.0.1:9;received=192.0.2.1;rport=5060{END}"),
    (f"SIP/2.0/UDP 10.0.0.1:9;rport=9{END}", f"SIP/2.0/UDP 10.0.0.1:9;received=192.0.2.1;rport=9{END}"),
])
def test_rport_and_received_are_filled_and_the_answer_goes_to_the_source(site: Site, via: str, stamped: str) -> None:
    site.office.reply_flows[9] = site.wire
    assert vias(site, via) == [f"Via: {stamped}"]


def test_rport_is_answered_to_the_source_even_if_the_via_has_another_port(site: Site) -> None:
    site.feed(request("OPTIONS", via=f"SIP/2.0/UDP 192.0.2.1:9;rport{END}"))
    answer(site, 200)
    assert site.wire.rest() == ["200 OPTIONS"]


def test_over_ipv6_addresses_go_without_brackets(site: Site) -> None:
    wire = Wire(site, host="2001:db8::1", port=5070)
    assert vias(site, f"SIP/2.0/UDP [2001:db8::9]:5060;rport{END}", wire) == \
        [f"Via: SIP/2.0/UDP [2001:db8::9]:5060;received=2001:db8::1;rport=5070{END}"]
    wire = Wire(site, host="2001:db8::1")
    assert vias(site, "SIP/2.0/UDP [2001:db8::9];branch=z9hG4bK-2", wire) == \
        ["Via: SIP/2.0/UDP [2001:db8::9];received=2001:db8::1;branch=z9hG4bK-2"]
    assert vias(site, "SIP/2.0/UDP [2001:db8::1];branch=z9hG4bK-3", wire) == \
        ["Via: SIP/2.0/UDP [2001:db8::1];branch=z9hG4bK-3"]


@pytest.mark.parametrize(("via", "stamped"), [
    (f"SIP/2.0/UDP 192.0.2.1{END}", f"SIP/2.0/UDP 192.0.2.1{END}"),
    (f"SIP/2.0/UDP phone.example{END}", f"SIP/2.0/UDP phone.example;received=192.0.2.1{END}"),
    ("SIP/2.0/UDP phone.example", "SIP/2.0/UDP phone.example;received=192.0.2.1"),
    (f"SIP/2.0/UDP phone.example{END};x=\"a,b\"", f"SIP/2.0/UDP phone.example;received=192.0.2.1{END};x=\"a,b\""),
    (f"SIP/2.0/UDP a, SIP/2.0/UDP b{END}", f"SIP/2.0/UDP a;received=192.0.2.1, SIP/2.0/UDP b{END}"),
    (f"SIP/2.0/UDP a{END}, SIP/2.0/UDP b;branch=2", f"SIP/2.0/UDP a;received=192.0.2.1{END}, SIP/2.0/UDP b;branch=2"),
])
def test_without_rport_received_is_added_where_the_source_differs(site: Site, via: str, stamped: str) -> None:
    assert vias(site, via) == [f"Via: {stamped}"]


@pytest.mark.parametrize("via", [f"SIP/2.0/UDP 192.0.2.1:5070{END}", f"SIP/2.0/UDP phone.example:5070{END}"])
def test_without_rport_the_answer_goes_to_the_port_of_the_via(site: Site, via: str) -> None:
    other = Wire(site, port=5070)
    site.office.reply_flows[5070] = other
    site.feed(request("OPTIONS", via=via))
    answer(site, 200)
    assert (site.wire.rest(), other.rest()) == ([], ["200 OPTIONS"])
    site.feed(request("WATER", via=via))
    assert (site.wire.rest(), other.rest()) == ([], ["501 WATER"])


def test_no_port_in_the_via_means_5060(site: Site) -> None:
    high, usual = Wire(site, port=40000), Wire(site)
    site.office.reply_flows[5060] = usual
    site.feed(request("OPTIONS", via=f"SIP/2.0/UDP 192.0.2.1{END}"), high)
    answer(site, 200)
    assert (high.rest(), usual.rest()) == ([], ["200 OPTIONS"])


def test_over_a_connection_the_answer_goes_back_on_it(site: Site) -> None:
    wire = Wire(site, "TCP", port=40000)
    assert vias(site, f"SIP/2.0/TCP 192.0.2.1:5060{END}", wire) == [f"Via: SIP/2.0/TCP 192.0.2.1:5060{END}"]


# ---- malformed input -----------------------------------------------------
def spoilt(text: bytes, by: bytes) -> bytes:
    """An OPTIONS in which ``text`` is replaced."""
    good = request("OPTIONS", "Max-Forwards: 70")
    assert good.count(text) == 1
    return good.replace(text, by)


@pytest.mark.parametrize(("data", "status", "reason"), [
    (spoilt(b"CSeq: 1 OPTIONS", b"CSeq: x OPTIONS"), 400, "Bad CSeq"),
    (spoilt(b"CSeq: 1 OPTIONS", b"CSeq: 1 INFO"), 400, "CSeq Method Mismatch"),
    (spoilt(b"Max-Forwards: 70", b"Max-Forwards: 256"), 400, "Bad Max-Forwards"),
    (spoilt(b"sip:101@198.51.100.1 SIP/2.0", b"http://x SIP/2.0"), 416, "Unsupported URI Scheme"),
    (spoilt(b"sip:101@198.51.100.1 SIP/2.0", b"sip:x SIP/7.0"), 505, "Version Not Supported"),
    (spoilt(b"Content-Length: 0", b"Content-Length: 9"), 400, "Content-Length Larger Than Message"),
    (spoilt(b"Max-Forwards: 70", b"x" * 33000 + b": y"), 513, "Header Section Too Large"),
    (spoilt(b"Max-Forwards: 70", b"no header"), 400, "Bad Header Line"),
])
def test_a_malformed_request_gets_its_answer_where_it_came_from(data: bytes, status: int, reason: str) -> None:
    """Also when what is wrong comes before the Via is read; from any port, as rport asks for it."""
    site = Site()
    wire = Wire(site, port=40000)
    site.feed(data, wire)
    reply = wire.take(f"{status} OPTIONS") if "CSeq" not in reason else None
    if reply is not None:
        assert reply.reason == reason
        assert reply.get("via") == "SIP/2.0/UDP 192.0.2.1:5060;received=192.0.2.1;rport=40000;branch=z9hG4bK-1"
        assert reply.to_tag
    else:
        assert wire.sent[0].startswith(f"SIP/2.0 {status} {reason}\r\n".encode())
    assert (site.office.malformed, site.office.requests, site.tables()) == ([reason], [], (0, 0, 0, 0))
    assert site.endpoint.context.counters.malformed == 1
    site.feed(data, wire)
    assert wire.sent[0] == wire.sent[1]


def test_a_tag_that_is_there_stays_the_only_one(site: Site) -> None:
    site.feed(spoilt(b"To: <sip:101@198.51.100.1>", b"To: <sip:101@198.51.100.1>;tag=us")
              .replace(b"CSeq: 1 OPTIONS", b"CSeq: x"))
    assert site.wire.sent[0].count(b";tag=us") == 1
    assert site.wire.sent[0].count(b";tag=") == 2


@pytest.mark.parametrize("data", [
    spoilt(b"Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK-1", b"Via: nonsense"),
    spoilt(b"Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK-1", b"Via: SIP/2.0/UDP a:99999"),
])
def test_a_request_with_an_unreadable_via_is_answered_to_its_source(data: bytes) -> None:
    site = Site()
    wire = Wire(site, port=40000)
    site.feed(data, wire)
    assert wire.sent[0].startswith(b"SIP/2.0 400 Bad Via")


@pytest.mark.parametrize("data", [
    b"", b"\r\n\r\n", b"hello", b"\x00\xff" * 50, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    request("ACK").replace(b"CSeq: 1 ACK", b"CSeq: x"),
    spoilt(b"Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK-1\r\n", b""),
    response(read(request("OPTIONS")), 200).replace(b"CSeq: 1 OPTIONS", b"CSeq: x"),
    response(read(request("OPTIONS", "Via: SIP/2.0/UDP b")), 200),
])
def test_what_cannot_or_must_not_be_answered_is_counted_and_dropped(data: bytes) -> None:
    site = Site()
    site.feed(data)
    assert (site.wire.rest(), len(site.office.malformed), site.endpoint.context.counters.malformed) == ([], 1, 1)


def test_a_broken_stream_is_answered_if_it_can_be(site: Site) -> None:
    wire = Wire(site, "TCP")
    site.endpoint.refuse_framing(FramingError(513, "Message Too Large", read(request("OPTIONS"))), wire, site.now)
    assert wire.take("513 OPTIONS").reason == "Message Too Large"
    site.endpoint.refuse_framing(FramingError(0, "No SIP"), wire, site.now)
    assert (wire.rest(), site.office.malformed) == ([], ["Message Too Large", "No SIP"])


# ---- responses -----------------------------------------------------------
def send(site: Site, wire: Wire, branch: str) -> tuple[Ear, Message]:
    """An OPTIONS of ours."""
    ear = Ear()
    data = request("OPTIONS", branch=f"z9hG4bK{branch}")
    made = OutgoingRequest("OPTIONS", "", "", "", "", 1, "", branch, "", data)
    OtherClientTransaction(site.endpoint.context, made, wire, ear)
    return ear, wire.take("OPTIONS")


def test_a_response_finds_its_transaction_by_branch_and_method(site: Site) -> None:
    ear, sent = send(site, site.wire, "b1")
    other, _ = send(site, site.wire, "b2")
    site.reply(sent, 200)
    assert (ear.heard, other.heard) == ([200], [])


@pytest.mark.parametrize(("text", "by"), [(b"z9hG4bKb1", b"z9hG4bKb9"), (b"1 OPTIONS", b"1 INFO"),
                                          (b";branch=z9hG4bKb1", b"")])
def test_strays_are_dropped(site: Site, text: bytes, by: bytes) -> None:
    """RFC 3261 17.1.3, 18.1.2: nothing is done, nothing is answered."""
    ear, sent = send(site, site.wire, "b1")
    site.feed(response(sent, 200).replace(text, by))
    assert (ear.heard, site.wire.rest(), site.office.malformed) == ([], [], [])


def test_a_lost_flow_fails_what_waits_on_it_and_nothing_else(site: Site) -> None:
    lost, other = Wire(site, "TCP"), Wire(site, "TCP")
    waiting, _ = send(site, lost, "b1")
    done, sent = send(site, lost, "b2")
    site.reply(sent, 200)
    elsewhere, _ = send(site, other, "b3")
    site.endpoint.lose_flow(lost)
    assert (waiting.failures, done.failures, elsewhere.failures) == ([503], [], [])
    assert site.tables()[0] == 1


# ---- admission that waits -------------------------------------------------
def test_a_request_whose_admission_waited_is_taken_later_once(site: Site) -> None:
    site.office.identity = None
    site.feed(request("INVITE"))
    site.feed(request("INVITE"))
    assert (site.office.requests, site.tables()) == ([], (0, 0, 0, 0))
    site.office.identity = "100"
    for message, flow in list(site.office.admitted):
        site.endpoint.resume(message, flow)
    assert len(site.office.requests) == 1
    site.feed(request("INVITE"))
    answer(site, 486)
    assert site.wire.rest() == ["486 INVITE"]


def test_one_that_was_cancelled_meanwhile_is_487(site: Site) -> None:
    site.office.identity = None
    site.feed(request("INVITE"))
    site.feed(request("CANCEL"))
    site.office.identity = "100"
    site.endpoint.resume(*site.office.admitted[0])
    assert site.wire.rest() == ["481 CANCEL", "487 INVITE"]
    assert site.office.requests == []


@pytest.mark.parametrize("method", ["OPTIONS", "REGISTER"])
def test_others_may_wait_too(site: Site, method: str) -> None:
    site.office.identity = None
    site.feed(request(method, to_tag="odd" if method == "REGISTER" else ""))
    site.office.identity = "100"
    site.endpoint.resume(*site.office.admitted[0])
    assert transaction_of(site).flow is site.wire


@pytest.mark.parametrize("data", [request("BYE", to_tag="us"), request("WATER")])
def test_what_never_waited_is_not_taken_again(site: Site, data: bytes) -> None:
    site.endpoint.resume(read(data), site.wire)
    assert (site.office.requests, site.wire.rest()) == ([], [])


def test_one_that_meanwhile_came_over_another_path_is_482(site: Site) -> None:
    site.office.identity = None
    site.feed(request("MESSAGE"))
    site.office.identity = "100"
    site.feed(request("MESSAGE", branch="z9hG4bK-2"))
    site.endpoint.resume(*site.office.admitted[0])
    assert site.wire.rest() == ["482 MESSAGE"]


# ---- users that are slow or faulty ------------------------------------------
def test_a_request_that_is_not_answered_at_once_gets_100_and_ends_with_its_client(site: Site) -> None:
    """RFC 4320 4.1; and nothing waits for ever."""
    site.feed(request("MESSAGE"))
    site.wait(3.6)
    assert site.wire.take("100 MESSAGE").to_tag is None
    site.wait(33)
    assert (site.wire.rest(), site.tables(), site.wheel.pending()) == ([], (0, 0, 0, 0), 0)


def test_a_request_on_which_the_user_fails_is_500(site: Site) -> None:
    site.office.error = ValueError("ours")
    for method in ("MESSAGE", "INVITE"):
        with pytest.raises(ValueError, match="ours"):
            site.feed(request(method))
        assert site.wire.rest() == [f"500 {method}"]
    site.feed(request("ACK"))
    site.wait(33)
    assert site.tables() == (0, 0, 0, 0)


def test_a_session_whose_user_fails_is_over(site: Site) -> None:
    class Careless(type(site.office)):  # type: ignore[misc]
        def receive_request(self, transaction: ServerTransaction, request: Message, identity: str) -> None:
            super().receive_request(transaction, request, identity)
            make_session(site)
            raise ValueError("ours")

    site.office = Careless()
    site.endpoint.user = site.office
    with pytest.raises(ValueError, match="ours"):
        site.feed(request("INVITE"))
    assert (site.wire.rest(), site.endpoint.sessions) == (["500 INVITE"], {})


# ---- requests inside dialogs ---------------------------------------------
def test_a_dialog_is_found_by_both_tags_and_call_id(site: Site) -> None:
    """RFC 3261 12.2.2."""
    site.feed(request("INVITE"))
    make_session(site).answer("", b"")
    site.feed(request("ACK", branch="z9hG4bK-a", to_tag="us"))
    site.wire.take("200 INVITE")
    for changed in ({"to_tag": "them"}, {"from_tag": "other"}, {"from_tag": ""}, {"call_id": "other"}):
        fields = {"to_tag": "us", "branch": "z9hG4bK-b", "cseq": 2} | changed
        assert kind(site.ask("BYE", **fields)) == "481 BYE"
    assert kind(site.ask("BYE", to_tag="us", branch="z9hG4bK-c", cseq=3)) == "200 BYE"
    assert kind(site.ask("BYE", to_tag="us", branch="z9hG4bK-d", cseq=4)) == "481 BYE"


def test_the_checks_of_requests_inside_dialogs(site: Site) -> None:
    site.feed(request("INVITE"))
    session = make_session(site)
    session.answer("", b"")
    site.feed(request("ACK", branch="z9hG4bK-a", to_tag="us"))
    site.wire.take("200 INVITE")
    inside: dict[str, object] = {"to_tag": "us", "cseq": 5}
    reply = site.ask("INFO", "Require: water", branch="z9hG4bK-1a", **inside)
    assert (kind(reply), reply.get("unsupported")) == ("420 INFO", "water")
    reply = site.ask("WATER", branch="z9hG4bK-2", **inside)
    assert (kind(reply), reply.values("allow")) == ("501 WATER", list(METHODS))
    for method in ("INVITE", "UPDATE"):
        reply = site.ask(method, "Content-Type: text/plain", branch="z9hG4bK-3", body=b"hello", **inside)
        assert (kind(reply), reply.get("accept")) == (f"415 {method}", "application/sdp")
    assert site.ledger.take() == [("acknowledged", b"")]
    assert session.remote_cseq == 1


# ---- what it asks of others ------------------------------------------------
def test_flows_are_the_users_choice(site: Site) -> None:
    other = Wire(site, "TCP")
    site.office.hops["sip:a"] = other
    assert site.endpoint.next_hop("sip:a", site.wire) is other
    assert site.endpoint.next_hop("sip:b", site.wire) is site.wire
    dialog = Dialog(site.endpoint, site.wire, "c", "us")
    assert site.endpoint.replace_flow(dialog) is site.wire
    site.office.other_flow = other
    assert site.endpoint.replace_flow(dialog) is other
    with pytest.raises(TypeError, match="only dialogs"):
        site.endpoint.replace_flow(TransactionUser())


def test_users_without_a_decision_say_so(site: Site) -> None:
    nobody = EndpointUser()
    asked = read(request("OPTIONS"))
    site.feed(request("OPTIONS"))
    for ask in (lambda: nobody.admit(asked, site.wire), lambda: nobody.find_next_hop("sip:a", site.wire),
                lambda: nobody.receive_request(transaction_of(site), asked, ""),
                lambda: nobody.find_reply_flow(site.wire, 1),
                lambda: nobody.find_other_flow(Dialog(site.endpoint, site.wire, "c", "us")),
                lambda: DialogService.next_hop(site.endpoint, "sip:a", site.wire)):
        with pytest.raises(NotImplementedError):
            ask()
    nobody.report_malformed(site.wire, "anything")


def test_our_own_addresses_are_not_in_the_way(site: Site) -> None:
    """A message from an address of ours is like any other: loops are found by Max-Forwards."""
    wire = Wire(site, host=OURS)
    site.feed(request("OPTIONS", via=f"SIP/2.0/UDP {OURS}:5060;rport{END}"), wire)
    answer(site, 200)
    assert wire.rest() == ["200 OPTIONS"]
