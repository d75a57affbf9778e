# SPDX-License-Identifier: GPL-2.0-or-later
"""Sessions that call: RFC 3261 13.2, 9.1, 14.1; RFC 3262 4; RFC 6026."""
from __future__ import annotations

import pytest

from mss.sip.dialog.session import Session
from mss.sip.dialog.uas import CONFIRMED, EARLY, ENDED
from mss.sip.message import Message
from tests.sip.harness import SDP, SDP_TYPE, Site, Wire, response


@pytest.fixture(params=["UDP", "TCP"])
def site(request: pytest.FixtureRequest) -> Site:
    return Site(request.param)


# ---- setting up -------------------------------------------------------------
def test_a_call_that_is_answered(site: Site) -> None:
    session = site.place_call("X-Note: 1\r\n", routes="Route: <sip:edge;lr>\r\n")
    invite = site.wire.take("INVITE")
    assert (invite.uri, invite.cseq, invite.call_id, invite.from_tag, invite.to_tag) == \
        ("sip:101@192.0.2.1:5060", 1, "c@mss", "us", None)
    assert (invite.get("route"), invite.get("x-note"), invite.body) == ("<sip:edge;lr>", "1", SDP)
    assert (session.state, session.is_caller, site.endpoint.sessions) == (EARLY, False, {"us": session})
    site.reply(invite, 100, tag="")
    site.reply(invite, 180)
    site.reply(invite, 200, SDP_TYPE, "Allow: UPDATE", "Record-Route: <sip:p1;lr>, <sip:p2;lr>",
               contact="<sip:101@192.0.2.77>", body=SDP)
    ack = site.wire.take("ACK")
    assert (ack.uri, ack.cseq, ack.to_tag, ack.body) == ("sip:101@192.0.2.77", 1, "peer", b"")
    assert ack.get_all("route") == ["<sip:p2;lr>", "<sip:p1;lr>"]
    assert ack.via.branch != invite.via.branch
    assert site.ledger.take() == [("progressed", 180), ("answered", SDP)]
    assert (session.state, session.allows("UPDATE"), session.owes_ack()) == (CONFIRMED, True, False)
    session.leave("Reason: Q.850;cause=16\r\n")
    bye = site.wire.take("BYE")
    assert (bye.uri, bye.cseq, bye.to_tag, bye.get("reason")) == ("sip:101@192.0.2.77", 2, "peer", "Q.850;cause=16")
    site.reply(bye, 200)
    assert (site.ledger.take(), site.endpoint.sessions) == ([], {})


@pytest.mark.parametrize("status", [302, 407, 486, 603])
def test_a_call_that_is_refused(site: Site, status: int) -> None:
    session = site.place_call()
    invite = site.wire.take("INVITE")
    site.reply(invite, status)
    assert site.wire.rest() == ["ACK"]
    assert site.ledger.take() == [("failed", status)]
    assert (session.state, site.endpoint.sessions) == (ENDED, {})
    session.leave("")
    session.acknowledge(b"")
    assert site.wire.rest() == []


def test_a_call_without_any_response(site: Site) -> None:
    site.place_call()
    site.wait(33)
    assert set(site.wire.rest()) == {"INVITE"}
    assert site.ledger.take() == [("failed", 408)]
    assert site.tables() == (0, 0, 0, 0)


def test_a_call_whose_connection_breaks(site: Site) -> None:
    site.place_call()
    site.endpoint.lose_flow(site.wire)
    assert site.ledger.take() == [("failed", 503)]
    assert site.tables() == (0, 0, 0, 0)


def test_a_call_over_another_flow(site: Site) -> None:
    other = Wire(site, "TLS", host="192.0.2.50")
    site.place_call(flow=other)
    assert (site.wire.rest(), other.take("INVITE").via.transport) == ([], "TLS")


# ---- the ACK (RFC 3261 13.2.2.4) ------------------------------------------------
def test_each_repeated_2xx_gets_the_same_ack_again(site: Site) -> None:
    site.place_call()
    invite = site.wire.take("INVITE")
    for _ in range(4):
        site.reply(invite, 200, SDP_TYPE, body=SDP)
        site.wait(5)
    assert site.wire.rest() == ["ACK"] * 4
    assert len(set(site.wire.sent[1:])) == 1
    assert site.ledger.take() == [("answered", SDP)]


def test_a_repeated_2xx_is_acknowledged_after_the_end_of_the_call(site: Site) -> None:
    session = site.place_call()
    invite = site.wire.take("INVITE")
    site.reply(invite, 200)
    ack = site.wire.take("ACK")
    session.leave("")
    site.wire.take("BYE")
    site.reply(invite, 200)
    assert site.wire.take("ACK").to_bytes() == ack.to_bytes()
    site.wait(33)
    site.reply(invite, 200)
    assert (set(site.wire.rest()) <= {"BYE"}, site.ledger.take()) == (True, [("answered", b"")])


def test_a_2xx_with_an_offer_waits_for_the_answer_in_the_ack(site: Site) -> None:
    session = site.place_call(body=b"")
    invite = site.wire.take("INVITE")
    assert (invite.body, invite.has("content-type")) == (b"", False)
    site.reply(invite, 200, SDP_TYPE, body=SDP)
    site.reply(invite, 200, SDP_TYPE, body=SDP)
    assert (site.wire.rest(), session.owes_ack()) == ([], True)
    session.acknowledge(b"answer")
    session.acknowledge(b"other")
    ack = site.wire.take("ACK")
    assert (ack.body, ack.get("content-type"), session.owes_ack()) == (b"answer", "application/sdp", False)
    site.reply(invite, 200, SDP_TYPE, body=SDP)
    assert site.wire.take("ACK").body == b"answer"
    assert site.ledger.take() == [("answered", SDP)]


@pytest.mark.parametrize("who", ["we", "peer"])
def test_the_end_of_a_call_that_owes_an_ack(site: Site, who: str) -> None:
    session = site.place_call(body=b"")
    site.reply(site.wire.take("INVITE"), 200, SDP_TYPE, body=SDP)
    if who == "we":
        session.leave("")
        assert site.wire.rest() == ["ACK", "BYE"]
    else:
        site.inside("BYE", session)
        assert site.wire.rest() == ["ACK", "200 BYE"]
    assert session.state == ENDED


# ---- forks -------------------------------------------------------------------------
def test_a_2xx_of_another_fork_is_acknowledged_and_ended(site: Site) -> None:
    """Each in its own dialog: tags, target and routes from its own 2xx."""
    session = site.place_call()
    invite = site.wire.take("INVITE")
    site.reply(invite, 200, tag="a", contact="<sip:a@192.0.2.10>")
    assert site.wire.take("ACK").to_tag == "a"
    for tag in ("b", "c"):
        site.reply(invite, 200, "Record-Route: <sip:p1;lr>", tag=tag, contact=f"<sip:{tag}@192.0.2.10>")
        ack, bye = site.wire.take("ACK"), site.wire.take("BYE")
        for made in (ack, bye):
            assert (made.uri, made.to_tag, made.from_tag, made.call_id) == (f"sip:{tag}@192.0.2.10", tag, "us", "c@mss")
            assert made.get("route") == "<sip:p1;lr>"
        assert (ack.cseq, bye.cseq) == (1, 2)
        site.reply(bye, 200)
        site.reply(invite, 200, tag=tag)
        assert site.wire.take("ACK").to_bytes() == ack.to_bytes()
    site.reply(invite, 200, tag="a")
    assert site.wire.take("ACK").to_tag == "a"
    assert (session.state, session.remote_tag, site.wire.rest()) == (CONFIRMED, "a", [])
    assert site.ledger.take() == [("answered", b"")]
    session.leave("")
    assert site.wire.take("BYE").to_tag == "a"


def test_a_fork_goes_where_its_contact_says(site: Site) -> None:
    elsewhere = Wire(site, host="192.0.2.99")
    site.office.hops["sip:b@192.0.2.99"] = elsewhere
    site.place_call()
    invite = site.wire.take("INVITE")
    site.reply(invite, 200, tag="a")
    site.reply(invite, 200, tag="b", contact="<sip:b@192.0.2.99>")
    assert (site.wire.rest(), elsewhere.rest()) == (["ACK"], ["ACK", "BYE"])


def test_a_fork_without_contact_over_a_lost_flow(site: Site) -> None:
    site.place_call()
    invite = site.wire.take("INVITE")
    site.reply(invite, 200, tag="a")
    site.wire.is_open = False
    other = site.office.other_flow = Wire(site, "TCP")
    site.feed(response(invite, 200, tag="b", contact=""), other)
    assert (site.wire.rest(), other.rest()) == (["ACK"], ["ACK", "BYE"])


def test_provisionals_of_several_forks(site: Site) -> None:
    """The newest early dialog is the session's until a 2xx decides."""
    session = site.place_call()
    invite = site.wire.take("INVITE")
    site.reply(invite, 180, tag="a", contact="<sip:a@192.0.2.10>")
    site.reply(invite, 183, tag="b", contact="<sip:b@192.0.2.10>")
    assert (session.remote_tag, session.target) == ("b", "sip:b@192.0.2.10")
    site.reply(invite, 180, tag="", contact="<sip:x@192.0.2.10>")
    assert (session.remote_tag, session.target) == ("b", "sip:b@192.0.2.10")
    site.reply(invite, 200, tag="a", contact="<sip:a@192.0.2.10>")
    ack = site.wire.take("ACK")
    assert (ack.uri, ack.to_tag, ack.get("to")) == ("sip:a@192.0.2.10", "a", "<sip:101@mss>;tag=a")
    assert site.ledger.take() == [("progressed", 180), ("progressed", 183), ("progressed", 180), ("answered", b"")]


# ---- CANCEL (RFC 3261 9.1) -------------------------------------------------------------
def test_a_cancel(site: Site) -> None:
    session = site.place_call(routes="Route: <sip:edge;lr>\r\n")
    invite = site.wire.take("INVITE")
    site.reply(invite, 180)
    session.leave("Reason: SIP;cause=200\r\n")
    cancel = site.wire.take("CANCEL")
    assert cancel.lines_of("via") == invite.lines_of("via")
    assert (cancel.uri, cancel.cseq, cancel.to_tag, cancel.get("route"), cancel.get("reason")) == \
        (invite.uri, 1, None, "<sip:edge;lr>", "SIP;cause=200")
    session.leave("")
    session.cancel("")
    assert site.wire.rest() == []
    site.reply(cancel, 200)
    site.reply(invite, 487)
    assert site.wire.rest() == ["ACK"]
    assert site.ledger.take() == [("progressed", 180), ("failed", 487)]
    site.wait(40)
    assert site.tables() == (0, 0, 0, 0)


@pytest.mark.parametrize("status", [100, 180])
def test_a_cancel_waits_for_the_first_provisional(site: Site, status: int) -> None:
    session = site.place_call()
    invite = site.wire.take("INVITE")
    session.cancel("Reason: SIP;cause=200\r\n")
    assert site.wire.rest() == []
    site.reply(invite, status)
    assert site.wire.take("CANCEL").get("reason") == "SIP;cause=200"
    site.reply(invite, 180)
    site.reply(invite, 183)
    assert (site.wire.rest(), site.ledger.take()) == ([], [])


def test_a_cancelled_call_without_any_response(site: Site) -> None:
    session = site.place_call()
    session.cancel("")
    site.wait(33)
    assert set(site.wire.rest()) == {"INVITE"}
    assert (site.ledger.take(), session.state) == ([("failed", 487)], ENDED)


def test_a_cancelled_call_that_goes_on_ringing(site: Site) -> None:
    """64 T1 after the CANCEL it is over, whatever the peer says."""
    session = site.place_call()
    invite = site.wire.take("INVITE")
    site.reply(invite, 180)
    session.cancel("")
    cancel = site.wire.take("CANCEL")
    site.reply(cancel, 200)
    for _ in range(3):
        site.wait(9)
        site.reply(invite, 180)
    assert site.ledger.take() == [("progressed", 180)]
    site.wait(6)
    assert (site.ledger.take(), session.state) == ([("failed", 487)], ENDED)
    assert site.tables()[0] == 0


def test_any_failure_of_a_cancelled_call_is_a_487(site: Site) -> None:
    session = site.place_call()
    invite = site.wire.take("INVITE")
    site.reply(invite, 180)
    session.cancel("")
    site.reply(invite, 486)
    assert site.ledger.take() == [("progressed", 180), ("failed", 487)]


def test_a_cancel_that_crosses_the_200(site: Site) -> None:
    session = site.place_call()
    invite = site.wire.take("INVITE")
    site.reply(invite, 180)
    session.cancel("Reason: SIP;cause=200\r\n")
    cancel = site.wire.take("CANCEL")
    site.reply(invite, 200, SDP_TYPE, body=SDP)
    assert site.wire.take("ACK").to_tag == "peer"
    bye = site.wire.take("BYE")
    assert (bye.to_tag, bye.get("reason")) == ("peer", "SIP;cause=200")
    site.reply(cancel, 481)
    site.reply(bye, 200)
    site.reply(invite, 200, SDP_TYPE, body=SDP)
    assert site.wire.rest() == ["ACK"]
    assert (site.ledger.take(), session.state) == ([("progressed", 180), ("failed", 487)], ENDED)


def test_no_cancel_after_the_answer_or_the_failure(site: Site) -> None:
    session = site.connect_callee()
    session.cancel("")
    assert (site.wire.rest(), session.is_cancelled) == ([], False)


# ---- BYE in the early dialog ----------------------------------------------------------------
def test_a_callee_that_sends_bye_too_early_and_answers_after_it(site: Site) -> None:
    """It must not; but then its 2xx is acknowledged and ended like that of a fork."""
    session = site.place_call()
    invite = site.wire.take("INVITE")
    site.reply(invite, 180)
    site.inside("BYE", session)
    assert site.wire.rest() == ["200 BYE"]
    site.reply(invite, 200)
    assert site.wire.rest() == ["ACK", "BYE"]
    site.reply(invite, 200)
    assert site.wire.rest() == ["ACK"]
    assert site.ledger.take() == [("progressed", 180), ("ended", "BYE")]


def test_a_callee_that_sends_bye_too_early_and_refuses_after_it(site: Site) -> None:
    session = site.place_call()
    invite = site.wire.take("INVITE")
    site.reply(invite, 180)
    site.inside("BYE", session)
    site.reply(invite, 487)
    assert site.wire.rest() == ["200 BYE", "ACK"]
    assert site.ledger.take() == [("progressed", 180), ("ended", "BYE")]


# ---- reliable provisional responses (RFC 3262 4) ------------------------------------------------
def reliably(site: Site, invite: Message, number: object, tag: str = "peer", body: bytes = b"",
             status: int = 183) -> None:
    headers = ["Require: 100rel", f"RSeq: {number}", *([SDP_TYPE] if body else [])]
    site.reply(invite, status, *headers, tag=tag, body=body)


def test_a_reliable_response_gets_its_prack(site: Site) -> None:
    session = site.place_call()
    invite = site.wire.take("INVITE")
    reliably(site, invite, 776656, body=SDP)
    prack = site.wire.take("PRACK")
    assert (prack.uri, prack.cseq, prack.to_tag, prack.get("rack")) == \
        ("sip:101@192.0.2.1:5060", 2, "peer", "776656 1 INVITE")
    site.reply(prack, 200)
    assert site.ledger.take() == [("progressed", 183)]
    reliably(site, invite, 776657, status=180)
    assert site.wire.take("PRACK").cseq == 3
    site.reply(invite, 200)
    assert site.wire.take("ACK").cseq == 1
    session.leave("")
    assert site.wire.take("BYE").cseq == 4
    assert site.ledger.take() == [("progressed", 180), ("answered", b"")]


def test_repeated_and_early_reliable_responses_are_ignored(site: Site) -> None:
    site.place_call()
    invite = site.wire.take("INVITE")
    for number in (10, 10, 12, 9):
        reliably(site, invite, number)
    assert site.wire.rest() == ["PRACK"]
    reliably(site, invite, 11)
    reliably(site, invite, 12)
    assert site.wire.rest() == ["PRACK", "PRACK"]
    assert site.ledger.take() == [("progressed", 183)] * 3


def test_each_fork_counts_by_itself(site: Site) -> None:
    site.place_call()
    invite = site.wire.take("INVITE")
    reliably(site, invite, 10, tag="a")
    reliably(site, invite, 500, tag="b")
    reliably(site, invite, 11, tag="a")
    assert [site.wire.take("PRACK").to_tag for _ in range(3)] == ["a", "b", "a"]


@pytest.mark.parametrize("number", ["", "x", "-1"])
def test_a_reliable_response_without_a_number_is_like_any_other(site: Site, number: str) -> None:
    site.place_call()
    reliably(site, site.wire.take("INVITE"), number)
    assert (site.wire.rest(), site.ledger.take()) == ([], [("progressed", 183)])


@pytest.mark.parametrize("status", [200, 405, 481, 501])
def test_the_answer_to_a_prack_changes_nothing(site: Site, status: int) -> None:
    session = site.place_call()
    invite = site.wire.take("INVITE")
    reliably(site, invite, 1)
    site.reply(site.wire.take("PRACK"), status)
    assert (site.ledger.take(), session.state) == ([("progressed", 183)], EARLY)


def test_no_prack_after_the_cancel(site: Site) -> None:
    session = site.place_call()
    invite = site.wire.take("INVITE")
    session.cancel("")
    reliably(site, invite, 1)
    assert site.wire.rest() == ["CANCEL"]


# ---- re-INVITE (RFC 3261 14.1) ----------------------------------------------------------------------
@pytest.fixture(params=["caller", "callee"])
def session(request: pytest.FixtureRequest, site: Site) -> Session:
    """An established session of either role."""
    return site.connect_caller() if request.param == "caller" else site.connect_callee()


def test_a_reinvite_that_is_accepted(site: Site, session: Session) -> None:
    cseq = session.local_cseq
    session.reinvite("X-Note: 1\r\n", SDP)
    assert session.has_offer_pending()
    invite = site.wire.take("INVITE")
    assert (invite.to_tag, invite.from_tag, invite.cseq, invite.get("x-note"), invite.body) == \
        (session.remote_tag, "us", cseq + 1, "1", SDP)
    assert (invite.get("content-type"), invite.contact() is None) == ("application/sdp", False)
    site.reply(invite, 100)
    site.reply(invite, 180)
    site.reply(invite, 200, SDP_TYPE, contact="<sip:101@192.0.2.66>", body=b"answer")
    ack = site.wire.take("ACK")
    assert (ack.cseq, ack.uri, ack.body) == (cseq + 1, "sip:101@192.0.2.66", b"")
    site.reply(invite, 200, SDP_TYPE, body=b"answer")
    assert site.wire.take("ACK").to_bytes() == ack.to_bytes()
    assert (site.ledger.take(), session.has_offer_pending()) == ([("reoffer answered", b"answer")], False)


def test_a_reinvite_without_offer(site: Site, session: Session) -> None:
    session.reinvite("", b"")
    invite = site.wire.take("INVITE")
    assert not session.owes_ack()
    site.reply(invite, 200, SDP_TYPE, body=b"offer")
    assert (site.ledger.take(), session.owes_ack(), site.wire.rest()) == ([("reoffer answered", b"offer")], True, [])
    session.acknowledge(b"answer")
    assert site.wire.take("ACK").body == b"answer"
    assert not session.owes_ack()


@pytest.mark.parametrize("body", [b"", SDP])
def test_a_reinvite_that_is_refused_leaves_the_session_as_it_was(site: Site, session: Session, body: bytes) -> None:
    session.reinvite("", body)
    site.reply(site.wire.take("INVITE"), 488)
    assert site.wire.rest() == ["ACK"]
    assert (site.ledger.take(), session.state, session.has_offer_pending()) == \
        ([("reoffer failed", 488)], CONFIRMED, False)
    session.leave("")
    assert site.wire.rest() == ["BYE"]


@pytest.mark.parametrize("status", [408, 481])
def test_a_peer_without_the_dialog_ends_it(site: Site, session: Session, status: int) -> None:
    session.reinvite("", SDP)
    site.reply(site.wire.take("INVITE"), status)
    assert site.wire.rest() == ["ACK", "BYE"]
    assert site.ledger.take() == [("reoffer failed", status), ("ended", f"{status} to re-INVITE")]
    assert session.state == ENDED


def test_a_peer_that_does_not_respond_ends_the_session(site: Site, session: Session) -> None:
    session.reinvite("", SDP)
    site.wait(33)
    assert site.wire.rest()[-1] == "BYE"
    assert site.ledger.take() == [("reoffer failed", 408), ("ended", "no response to re-INVITE")]


def test_a_2xx_to_the_first_invite_after_a_reinvite_gets_its_own_ack(site: Site) -> None:
    session = site.place_call()
    first = site.wire.take("INVITE")
    site.reply(first, 200, SDP_TYPE, body=SDP)
    ack = site.wire.take("ACK")
    session.reinvite("", SDP)
    second = site.wire.take("INVITE")
    site.reply(first, 200, SDP_TYPE, body=SDP)
    assert site.wire.take("ACK").to_bytes() == ack.to_bytes()
    site.reply(second, 200, SDP_TYPE, body=SDP)
    assert site.wire.take("ACK").cseq == 2
    site.reply(first, 200, SDP_TYPE, body=SDP)
    assert site.wire.take("ACK").to_bytes() == ack.to_bytes()


@pytest.mark.parametrize("status", [200, 488])
def test_a_reinvite_answered_after_the_end(site: Site, session: Session, status: int) -> None:
    session.reinvite("", b"")
    invite = site.wire.take("INVITE")
    session.leave("")
    assert site.wire.rest() == ["BYE"]
    site.reply(invite, 180)
    site.reply(invite, status)
    assert (site.wire.rest(), site.ledger.take()) == (["ACK"], [])
