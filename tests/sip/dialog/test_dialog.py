# SPDX-License-Identifier: GPL-2.0-or-later
"""RFC 3261 12."""
from __future__ import annotations

import pytest

from mss.sip.dialog.dialog import Dialog, lists, record_route_set, route_lines
from mss.sip.dialog.service import DialogService
from mss.sip.message import Message
from tests.sip.harness import OURS, SDP, Site, Wire, read, request, response


@pytest.fixture
def site() -> Site:
    return Site()


def make(site: Site, *headers: str, **more: object) -> Dialog:
    """The dialog that an INVITE makes."""
    dialog = Dialog(site.endpoint, site.wire, "call", "us")
    dialog.take_identity(read(request("INVITE", *headers, **more)))  # type: ignore[arg-type]
    return dialog


def sent(site: Site, dialog: Dialog, method: str = "INFO") -> Message:
    """A request sent inside the dialog."""
    dialog.send_request(method)
    return site.wire.take(method)


def test_the_identity_of_a_dialog_made_by_a_request(site: Site) -> None:
    """RFC 3261 12.1.1, 12.2.1.1."""
    dialog = make(site, cseq=314)
    assert site.endpoint.sessions == {"us": dialog}
    made = sent(site, dialog)
    assert (made.uri, made.call_id, made.from_tag, made.to_tag) == ("sip:100@192.0.2.1:5060", "call", "us", "phone")
    assert made.get("from") == "<sip:101@198.51.100.1>;tag=us"
    assert made.get("to") == "<sip:100@198.51.100.1>;tag=phone"
    assert (made.cseq, dialog.remote_cseq) == (1, 314)
    assert (made.via.host, made.via.port, made.get("max-forwards")) == (OURS, 5060, "70")
    assert sent(site, dialog).cseq == 2


def test_each_request_has_its_own_branch(site: Site) -> None:
    dialog = make(site)
    branches = {sent(site, dialog).via.branch for _ in range(20)}
    assert len(branches) == 20
    assert all(branch.startswith("z9hG4bK") for branch in branches)


@pytest.mark.parametrize("contact", ["", "*"])
def test_a_peer_without_contact_is_reached_as_it_calls_itself(site: Site, contact: str) -> None:
    dialog = make(site, contact=contact)
    assert sent(site, dialog).uri == "sip:100@198.51.100.1"


def test_a_peer_without_a_tag(site: Site) -> None:
    dialog = make(site, from_tag="")
    assert (dialog.remote_tag, sent(site, dialog).to_tag) == ("", None)


def test_the_route_set_of_a_uas_is_in_the_order_of_record_route(site: Site) -> None:
    hop = Wire(site, host="192.0.2.9")
    site.office.hops["sip:p1.example;lr"] = hop
    dialog = make(site, "Record-Route: <sip:p1.example;lr>, <sip:p2.example;lr>", "Record-Route: <sip:p3.example;lr>")
    dialog.send_request("INFO")
    made = hop.take("INFO")
    assert made.uri == "sip:100@192.0.2.1:5060"
    assert made.get_all("route") == ["<sip:p1.example;lr>", "<sip:p2.example;lr>", "<sip:p3.example;lr>"]


def test_a_strict_first_router_is_the_request_uri(site: Site) -> None:
    """RFC 3261 12.2.1.1; headers are not allowed in a Request-URI."""
    dialog = make(site, "Record-Route: <sip:old.example;x=y?Subject=a>, <sip:p2.example;lr>")
    made = sent(site, dialog)
    assert made.uri == "sip:old.example;x=y"
    assert made.get_all("route") == ["<sip:p2.example;lr>", "<sip:100@192.0.2.1:5060>"]
    dialog.set_target("sip:100@192.0.2.77")
    made = sent(site, dialog)
    assert made.uri == "sip:old.example;x=y"
    assert made.get_all("route") == ["<sip:p2.example;lr>", "<sip:100@192.0.2.77>"]


def test_a_router_whose_user_part_looks_like_a_parameter(site: Site) -> None:
    dialog = make(site, "Record-Route: <sip:a;x=1@p1.example;lr=on>")
    assert sent(site, dialog).uri == "sip:100@192.0.2.1:5060"


def test_the_target_is_refreshed_and_the_routes_stay(site: Site) -> None:
    dialog = make(site, "Record-Route: <sip:p1.example;lr>")
    dialog.set_target("sip:100@192.0.2.77")
    made = sent(site, dialog)
    assert (made.uri, made.get_all("route")) == ("sip:100@192.0.2.77", ["<sip:p1.example;lr>"])


def test_without_routes_the_target_says_where_to_send(site: Site) -> None:
    first, second = Wire(site, host="192.0.2.7"), Wire(site, host="192.0.2.8")
    site.office.hops = {"sip:100@192.0.2.7": first, "sip:100@192.0.2.8": second}
    dialog = make(site, contact="<sip:100@192.0.2.7>")
    dialog.send_request("INFO")
    dialog.set_target("sip:100@192.0.2.8")
    dialog.send_request("INFO")
    assert (first.rest(), second.rest()) == (["INFO"], ["INFO"])


def uac(site: Site, *headers: str, contact: str = "<sip:101@192.0.2.7>") -> Dialog:
    """The dialog that a 200 to an INVITE of ours makes."""
    dialog = Dialog(site.endpoint, site.wire, "call", "us")
    dialog.target = dialog.request_uri = "sip:101@192.0.2.1"
    dialog.local_value, dialog.remote_value = "<sip:100@mss>;tag=us", "<sip:101@mss>;tag=peer"
    dialog.take_target(read(response(read(request("INVITE")), 200, *headers, contact=contact)))
    return dialog


def test_the_route_set_of_a_uac_is_in_reverse_order(site: Site) -> None:
    """RFC 3261 12.1.2."""
    dialog = uac(site, "Record-Route: <sip:p1.example;lr>", "Record-Route: <sip:p2.example;lr>, <sip:p3.example;lr>")
    made = sent(site, dialog)
    assert made.uri == "sip:101@192.0.2.7"
    assert made.get_all("route") == ["<sip:p3.example;lr>", "<sip:p2.example;lr>", "<sip:p1.example;lr>"]


def test_a_later_response_without_routes_takes_them_away(site: Site) -> None:
    dialog = uac(site, "Record-Route: <sip:p1.example;lr>")
    dialog.take_target(read(response(read(request("INVITE")), 200, contact="<sip:101@192.0.2.8>")))
    made = sent(site, dialog)
    assert (made.uri, made.has("route")) == ("sip:101@192.0.2.8", False)


def test_a_response_without_contact_leaves_the_target(site: Site) -> None:
    assert sent(site, uac(site, contact="")).uri == "sip:101@192.0.2.1"


def test_a_bad_record_route_in_a_response_is_no_route(site: Site) -> None:
    made = sent(site, uac(site, "Record-Route: <sip:p1.example"))
    assert (made.uri, made.has("route")) == ("sip:101@192.0.2.7", False)


def test_a_lost_flow_is_replaced_before_sending(site: Site) -> None:
    dialog = make(site)
    other = Wire(site, "TCP")
    site.office.other_flow = other
    site.wire.is_open = False
    dialog.send_request("INFO")
    made = other.take("INFO")
    assert (made.via.transport, dialog.flow, site.wire.rest()) == ("TCP", other, [])


def test_requests_of_the_peer_must_count_up(site: Site) -> None:
    """RFC 3261 12.2.2."""
    dialog = make(site, cseq=5)
    numbers = (5, 4, 6, 6, 100, 7)
    accepted = [dialog.accepts_sequence(read(request("INFO", cseq=number))) for number in numbers]
    assert accepted == [False, False, True, False, True, False]
    fresh = Dialog(site.endpoint, site.wire, "c", "us")
    assert fresh.accepts_sequence(read(request("INFO", cseq=0)))


@pytest.mark.parametrize(("transport", "target", "user", "line"), [
    ("UDP", "sip:a", "100", f"Contact: <sip:100@{OURS}:5060>"), ("UDP", "sip:a", "", f"Contact: <sip:{OURS}:5060>"),
    ("TCP", "sip:a", "100", f"Contact: <sip:100@{OURS}:5060;transport=tcp>"),
    ("TLS", "sips:a", "100", f"Contact: <sips:100@{OURS}:5060;transport=tls>"),
])
def test_our_contact(transport: str, target: str, user: str, line: str) -> None:
    site = Site(transport)
    dialog = Dialog(site.endpoint, site.wire, "c", "us")
    dialog.target = target
    assert dialog.contact_line(user) == line + "\r\n"


def test_answers_inside_the_dialog(site: Site) -> None:
    dialog = make(site)
    for headers, body, kind in (("", SDP, "application/sdp"), ("Content-Type: a/b\r\n", b"x", "a/b"), ("", b"", None)):
        site.feed(request("MESSAGE", branch=f"z9hG4bK-{len(body)}", call_id=f"c{len(body)}"))
        transaction, _, _ = site.office.requests[-1]
        dialog.respond_to(transaction, 200, "Good", headers, body)
        answer = site.wire.take("200 MESSAGE")
        assert (answer.reason, answer.to_tag, answer.get("content-type"), answer.body) == ("Good", "us", kind, body)
        dialog.respond_to(transaction, 200)
    assert site.wire.rest() == []


def test_the_parts(site: Site) -> None:
    message = read(request("INVITE", "Require: Timer ,100REL", "Require: path", "Record-Route: <sip:a>,<sip:b>"))
    assert [lists(message, "require", tag) for tag in ("timer", "100rel", "path", "rel")] == [True, True, True, False]
    assert not lists(message, "supported", "timer")
    assert record_route_set(message) == ["<sip:a>", "<sip:b>"]
    assert route_lines(record_route_set(message)) == "Route: <sip:a>\r\nRoute: <sip:b>\r\n"
    assert record_route_set(read(request("INVITE"))) == []


def test_what_only_its_kinds_can_do(site: Site) -> None:
    dialog = make(site)
    site.feed(request("MESSAGE"))
    transaction, message, _ = site.office.requests[-1]
    for do in (dialog.refresh, lambda: dialog.lose("x"), lambda: dialog.receive_request(transaction, message),
               lambda: DialogService.replace_flow(site.endpoint, dialog)):
        with pytest.raises(NotImplementedError):
            do()
