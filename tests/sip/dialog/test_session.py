# SPDX-License-Identifier: GPL-2.0-or-later
"""Established and early sessions of both roles: RFC 3261 12.2, 14, 15; RFC 3311."""
from __future__ import annotations

import pytest

from mss.sip.dialog.session import Session, SessionUser
from mss.sip.dialog.uac import InviteClient
from mss.sip.dialog.uas import CONFIRMED, ENDED, InviteServer
from mss.sip.transaction.server_other import OtherServerTransaction
from tests.sip.harness import SDP, SDP_TYPE, Site, Wire, read, request, response

OFFER = SDP.replace(b"4000", b"5000")


@pytest.fixture(params=["UDP", "TCP"])
def site(request: pytest.FixtureRequest) -> Site:
    return Site(request.param)


@pytest.fixture(params=["caller", "callee"])
def session(request: pytest.FixtureRequest, site: Site) -> Session:
    """An established session of either role."""
    return site.connect_caller() if request.param == "caller" else site.connect_callee()


# ---- order (RFC 3261 12.2.2) -----------------------------------------------------
@pytest.mark.parametrize("method", ["INFO", "BYE", "INVITE", "UPDATE", "REFER"])
@pytest.mark.parametrize("cseq", [499, 500])
def test_a_request_out_of_order_is_500_and_changes_nothing(site: Site, session: Session, method: str,
                                                           cseq: int) -> None:
    site.inside("OPTIONS", session, cseq=500)
    site.inside(method, session, cseq=cseq)
    site.inside("OPTIONS", session, cseq=501)
    assert site.wire.rest() == ["200 OPTIONS", f"500 {method}", "200 OPTIONS"]
    assert (site.ledger.take(), session.state) == ([], CONFIRMED)


def test_our_numbers_count_up(site: Site, session: Session) -> None:
    first = session.local_cseq
    session.send_request("INFO")
    session.update("", SDP)
    session.reinvite("", SDP)
    session.leave("")
    found = [site.wire.next().cseq for _ in range(4)]
    assert found == [first + 1, first + 2, first + 3, first + 4]


# ---- re-INVITE of the peer -----------------------------------------------------------
def test_a_reinvite_that_is_accepted(site: Site, session: Session) -> None:
    site.inside("INVITE", session, body=OFFER, contact="<sip:100@192.0.2.44>", cseq=700)
    assert (site.ledger.take(), site.wire.rest()) == ([("offered", "INVITE")], [])
    session.accept_offer(SDP, "X-Note: 1\r\n")
    answer = site.wire.take("200 INVITE")
    assert (answer.body, answer.get("content-type"), answer.get("x-note"), answer.to_tag) == \
        (SDP, "application/sdp", "1", "us")
    assert answer.contact() is not None
    site.wait(0.6)
    assert site.wire.rest() == ["200 INVITE"]
    site.inside("ACK", session, cseq=700)
    assert site.ledger.take() == [("acknowledged", b"")]
    site.wait(40)
    assert site.wire.rest() == []
    session.leave("")
    assert site.wire.take("BYE").uri == "sip:100@192.0.2.44"


def test_a_reinvite_without_offer(site: Site, session: Session) -> None:
    site.inside("INVITE", session, cseq=700)
    session.accept_offer(SDP)
    assert site.wire.take("200 INVITE").body == SDP
    site.inside("ACK", session, cseq=700, body=b"answer")
    assert site.ledger.take() == [("offered", "INVITE"), ("acknowledged", b"answer")]


@pytest.mark.parametrize("status", [488, 491])
def test_a_reinvite_that_is_refused_leaves_the_session_as_it_was(site: Site, session: Session, status: int) -> None:
    site.inside("INVITE", session, body=OFFER)
    session.refuse_offer(status, "Warning: 399 x \"y\"\r\n")
    assert site.wire.take(f"{status} INVITE").get("warning") == '399 x "y"'
    assert (session.state, site.endpoint.sessions) == (CONFIRMED, {"us": session})
    session.refuse_offer(status)
    session.accept_offer(SDP)
    assert site.wire.rest() == []
    site.inside("INVITE", session, body=OFFER)
    assert site.ledger.take() == [("offered", "INVITE")] * 2


def test_a_reinvite_that_is_cancelled(site: Site, session: Session) -> None:
    site.inside("INVITE", session, body=OFFER, branch="z9hG4bK-re", cseq=700)
    site.feed(request("CANCEL", branch="z9hG4bK-re", to_tag="us", from_tag=session.remote_tag,
                      call_id=session.call_id, cseq=700))
    assert site.wire.rest() == ["200 CANCEL", "487 INVITE"]
    assert (site.ledger.take(), session.state) == ([("offered", "INVITE")], CONFIRMED)
    session.accept_offer(SDP)
    assert site.wire.rest() == []


def test_a_reinvite_whose_2xx_is_never_acknowledged_ends_the_session(site: Site, session: Session) -> None:
    site.inside("INVITE", session, body=OFFER)
    session.accept_offer(SDP)
    site.wait(33)
    assert site.wire.rest()[-1] == "BYE"
    assert site.ledger.take() == [("offered", "INVITE"), ("ended", "no ACK")]


def test_a_reinvite_stands_for_the_ack_that_was_lost(site: Site) -> None:
    session = site.take_call()
    session.answer("", SDP)
    site.inside("INVITE", session, body=OFFER, cseq=2)
    session.accept_offer(OFFER)
    assert site.wire.rest() == ["200 INVITE", "200 INVITE"]
    site.inside("ACK", session, cseq=1)
    assert session.is_unacknowledged()
    site.inside("ACK", session, cseq=2)
    site.wait(40)
    assert site.ledger.take() == [("offered", "INVITE"), ("acknowledged", b"")]


def test_hanging_up_while_a_reinvite_waits(site: Site, session: Session) -> None:
    site.inside("INVITE", session, body=OFFER)
    session.leave("")
    assert site.wire.rest() == ["487 INVITE", "BYE"]


def test_a_bye_while_a_reinvite_waits(site: Site, session: Session) -> None:
    """RFC 3261 15.1.2: pending requests get 487."""
    site.inside("INVITE", session, body=OFFER)
    site.inside("BYE", session)
    assert site.wire.rest() == ["487 INVITE", "200 BYE"]
    assert site.ledger.take() == [("offered", "INVITE"), ("ended", "BYE")]


# ---- glare (RFC 3261 14.2, RFC 3311 5.2) -------------------------------------------------
@pytest.mark.parametrize("first", ["INVITE", "UPDATE"])
@pytest.mark.parametrize("second", ["INVITE", "UPDATE"])
def test_a_second_offer_before_the_answer_to_the_first_is_500(site: Site, session: Session, first: str,
                                                              second: str) -> None:
    site.inside(first, session, body=OFFER)
    site.inside(second, session, body=OFFER)
    refusal = site.wire.take(f"500 {second}")
    assert 0 <= int(refusal.get("retry-after") or "") <= 10
    assert site.ledger.take() == [("offered", first)]
    session.accept_offer(SDP)
    assert site.wire.rest() == [f"200 {first}"]


@pytest.mark.parametrize("ours", ["INVITE", "UPDATE"])
@pytest.mark.parametrize("theirs", ["INVITE", "UPDATE"])
def test_an_offer_that_crosses_ours_is_491(site: Site, session: Session, ours: str, theirs: str) -> None:
    if ours == "INVITE":
        session.reinvite("", SDP)
    else:
        session.update("", SDP)
    sent = site.wire.take(ours)
    assert session.has_offer_pending()
    site.inside(theirs, session, body=OFFER)
    assert site.wire.rest() == [f"491 {theirs}"]
    site.reply(sent, 491)
    assert site.ledger.take() == [("reoffer failed", 491)]
    assert (session.state, session.has_offer_pending()) == (CONFIRMED, False)
    site.inside(theirs, session, body=OFFER)
    assert site.ledger.take() == [("offered", theirs)]


def test_a_second_invite_before_the_answer_to_the_first_is_500(site: Site) -> None:
    session = site.take_call()
    site.inside("INVITE", session, body=OFFER)
    refusal = site.wire.take("500 INVITE")
    assert refusal.has("retry-after")
    session.answer("", SDP)
    assert (site.wire.rest(), site.ledger.take()) == (["200 INVITE"], [])


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_an_offer_before_the_answer_to_the_one_in_our_2xx_is_491(site: Site, method: str) -> None:
    session = site.take_call(body=b"")
    session.answer("", SDP)
    site.wire.take("200 INVITE")
    site.inside(method, session, body=OFFER)
    assert site.wire.rest() == [f"491 {method}"]
    site.inside("ACK", session, cseq=1, body=SDP)
    site.inside(method, session, body=OFFER)
    assert site.ledger.take() == [("acknowledged", SDP), ("offered", method)]


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_an_offer_before_our_answer_to_the_one_in_its_2xx_is_500(site: Site, method: str) -> None:
    session = site.place_call(body=b"")
    site.reply(site.wire.take("INVITE"), 200, SDP_TYPE, body=SDP)
    site.inside(method, session, body=OFFER)
    assert site.wire.take(f"500 {method}").has("retry-after")
    session.acknowledge(SDP)
    site.inside(method, session, body=OFFER)
    assert (site.wire.rest(), site.ledger.take()) == (["ACK"], [("answered", SDP), ("offered", method)])


def test_an_invite_of_a_callee_before_its_answer_is_491(site: Site) -> None:
    session = site.place_call()
    invite = site.wire.take("INVITE")
    site.reply(invite, 183, "Require: 100rel", "RSeq: 1", SDP_TYPE, body=SDP)
    site.wire.take("PRACK")
    site.inside("INVITE", session, body=OFFER)
    assert site.wire.rest() == ["491 INVITE"]


# ---- UPDATE of the peer ------------------------------------------------------------------
def test_an_update_that_is_accepted(site: Site, session: Session) -> None:
    site.inside("UPDATE", session, body=OFFER, contact="<sip:100@192.0.2.44>")
    assert (site.ledger.take(), site.wire.rest()) == ([("offered", "UPDATE")], [])
    session.accept_offer(SDP, "X-Note: 1\r\n")
    answer = site.wire.take("200 UPDATE")
    assert (answer.body, answer.get("content-type"), answer.get("x-note")) == (SDP, "application/sdp", "1")
    assert answer.contact() is not None
    site.wait(40)
    assert site.wire.rest() == []
    session.leave("")
    assert site.wire.take("BYE").uri == "sip:100@192.0.2.44"


def test_an_update_that_is_refused(site: Site, session: Session) -> None:
    site.inside("UPDATE", session, body=OFFER)
    session.refuse_offer(488)
    assert (site.wire.rest(), session.state) == (["488 UPDATE"], CONFIRMED)


def test_an_update_without_offer_is_a_sign_of_life_and_may_move_the_target(site: Site, session: Session) -> None:
    site.inside("UPDATE", session, contact="<sip:100@192.0.2.44>")
    answer = site.wire.take("200 UPDATE")
    assert (answer.contact() is not None, answer.body, site.ledger.take()) == (True, b"", [])
    session.leave("")
    assert site.wire.take("BYE").uri == "sip:100@192.0.2.44"


def test_an_update_without_contact(site: Site, session: Session) -> None:
    before = session.target
    site.inside("UPDATE", session, contact="")
    assert (site.wire.rest(), session.target) == (["200 UPDATE"], before)


def test_a_slow_answer_to_an_update_is_preceded_by_100(site: Site, session: Session) -> None:
    site.inside("UPDATE", session, body=OFFER)
    site.wait(4)
    assert site.wire.rest() == ["100 UPDATE"]
    session.accept_offer(SDP)
    assert site.wire.rest() == ["200 UPDATE"]


@pytest.mark.parametrize("who", ["we", "peer"])
def test_the_end_while_an_update_waits(site: Site, session: Session, who: str) -> None:
    site.inside("UPDATE", session, body=OFFER)
    if who == "we":
        session.leave("")
        assert site.wire.rest() == ["487 UPDATE", "BYE"]
    else:
        site.inside("BYE", session)
        assert site.wire.rest() == ["487 UPDATE", "200 BYE"]


def test_an_early_update_of_a_caller(site: Site) -> None:
    """RFC 3311 5.2: with an offer only once the first one has its answer, in a PRACKed response."""
    session = site.take_call("Require: 100rel")
    site.inside("UPDATE", session, body=OFFER)
    assert site.wire.take("500 UPDATE").has("retry-after")
    session.ring(180, "", "", b"")
    site.inside("PRACK", session, f"RAck: {site.wire.take('180 INVITE').get('rseq')} 1 INVITE")
    site.inside("UPDATE", session, body=OFFER)
    assert site.wire.rest() == ["200 PRACK", "500 UPDATE"]
    session.ring(183, "", "", SDP)
    site.inside("PRACK", session, f"RAck: {site.wire.take('183 INVITE').get('rseq')} 1 INVITE")
    site.inside("UPDATE", session, body=OFFER)
    assert site.ledger.take() == [("offered", "UPDATE")]
    site.inside("UPDATE", session, body=OFFER)
    session.accept_offer(SDP)
    assert site.wire.rest() == ["200 PRACK", "500 UPDATE", "200 UPDATE"]
    session.answer("", b"")
    assert site.wire.rest() == ["200 INVITE"]


def test_an_early_update_of_a_callee(site: Site) -> None:
    session = site.place_call()
    invite = site.wire.take("INVITE")
    site.reply(invite, 183, SDP_TYPE, body=SDP)
    site.inside("UPDATE", session, body=OFFER)
    assert site.wire.rest() == ["491 UPDATE"]
    site.reply(invite, 183, "Require: 100rel", "RSeq: 1", SDP_TYPE, body=SDP)
    site.wire.take("PRACK")
    site.inside("UPDATE", session, body=OFFER)
    assert site.ledger.take() == [("progressed", 183), ("progressed", 183), ("offered", "UPDATE")]
    session.accept_offer(SDP)
    assert site.wire.rest() == ["200 UPDATE"]


def test_an_early_update_without_offer(site: Site) -> None:
    session = site.take_call()
    site.inside("UPDATE", session, contact="<sip:100@192.0.2.44>")
    assert (site.wire.rest(), session.target) == (["200 UPDATE"], "sip:100@192.0.2.44")


def test_a_call_refused_while_its_update_waits(site: Site) -> None:
    session = site.take_call("Require: 100rel")
    session.ring(183, "", "", SDP)
    site.inside("PRACK", session, f"RAck: {site.wire.take('183 INVITE').get('rseq')} 1 INVITE")
    site.inside("UPDATE", session, body=OFFER)
    site.wire.rest()
    session.refuse_offer(504)
    session.reject(486)
    assert site.wire.rest() == ["504 UPDATE", "486 INVITE"]


# ---- UPDATE of ours -----------------------------------------------------------------------
def test_our_update(site: Site, session: Session) -> None:
    session.update("X-Note: 1\r\n", SDP)
    update = site.wire.take("UPDATE")
    assert (update.body, update.get("content-type"), update.get("x-note")) == (SDP, "application/sdp", "1")
    assert update.contact() is not None
    site.reply(update, 100, tag="")
    assert session.has_offer_pending()
    site.reply(update, 200, SDP_TYPE, body=OFFER)
    assert (site.ledger.take(), session.has_offer_pending()) == ([("reoffer answered", OFFER)], False)
    session.update("", b"")
    assert not site.wire.take("UPDATE").has("content-type")


def test_our_update_that_is_refused_or_not_answered(site: Site, session: Session) -> None:
    session.update("", SDP)
    site.reply(site.wire.take("UPDATE"), 488)
    session.update("", SDP)
    site.wait(33)
    assert site.ledger.take() == [("reoffer failed", 488), ("reoffer failed", 408)]
    assert (session.state, session.has_offer_pending()) == (CONFIRMED, False)


# ---- other requests --------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["INFO", "MESSAGE", "OPTIONS"])
def test_requests_without_body_are_signs_of_life(site: Site, session: Session, method: str) -> None:
    site.inside(method, session)
    assert (site.wire.rest(), site.ledger.take()) == ([f"200 {method}"], [])


def test_options_tell_what_we_can(site: Site, session: Session) -> None:
    session.extra_2xx = "Allow: INVITE\r\n"
    site.inside("OPTIONS", session)
    site.inside("INFO", session)
    assert site.wire.take("200 OPTIONS").get("allow") == "INVITE"
    assert not site.wire.take("200 INFO").has("allow")


@pytest.mark.parametrize(("method", "body"), [("INFO", b"Signal=1"), ("MESSAGE", b"hello"), ("OPTIONS", b"x"),
                                              ("REFER", b""), ("NOTIFY", b""), ("SUBSCRIBE", b""), ("PUBLISH", b"")])
def test_others_are_the_users(site: Site, session: Session, method: str, body: bytes) -> None:
    site.inside(method, session, "Content-Type: a/b", body=body)
    assert (site.wire.rest(), site.ledger.take()) == ([], [("requested", method)])
    transaction = site.ledger.transactions.pop()
    session.respond_to(transaction, 202, "", "X-Note: 1\r\n")
    answer = site.wire.take(f"202 {method}")
    assert (answer.to_tag, answer.get("x-note")) == ("us", "1")


def test_one_that_is_never_answered_gets_100_and_is_forgotten(site: Site, session: Session) -> None:
    before = site.tables()[1]
    site.inside("REFER", session)
    site.wait(4)
    assert site.wire.rest() == ["100 REFER"]
    site.wait(33)
    assert (site.wire.rest(), site.tables()[1] <= before) == ([], True)


def test_an_answer_from_elsewhere_may_be_announced(site: Site, session: Session) -> None:
    site.inside("INFO", session, body=b"x")
    transaction = site.ledger.transactions.pop()
    assert isinstance(transaction, OtherServerTransaction)
    session.defer_response(transaction)
    site.wait(4)
    assert site.wire.rest() == ["100 INFO"]
    session.respond_to(transaction, 200)
    session.defer_response(transaction)
    site.wait(4)
    assert site.wire.rest() == ["200 INFO"]


def test_our_requests_and_their_answers(site: Site, session: Session) -> None:
    branches = []
    for answer in (200, 603, 0):
        branch = session.send_request("INFO", "Content-Type: a/b\r\n", b"x").request.branch
        branches.append(branch)
        info = site.wire.take("INFO")
        assert (info.body, info.via.branch) == (b"x", f"z9hG4bK{branch}")
        if answer:
            site.reply(info, 100, tag="")
            site.reply(info, answer)
    site.wait(33)
    assert site.ledger.take() == [("responded", branches[0], 200), ("responded", branches[1], 603),
                                  ("unanswered", branches[2], 408)]
    assert session.state == CONFIRMED


def test_the_target_follows_the_answers_to_our_offers_only(site: Site, session: Session) -> None:
    """RFC 3261 12.2.1.2: only target refresh requests."""
    before = session.target
    session.send_request("INFO")
    site.reply(site.wire.take("INFO"), 200, contact="<sip:x@192.0.2.44>")
    assert session.target == before
    session.reinvite("", SDP)
    site.reply(site.wire.take("INVITE"), 200, contact="<sip:x@192.0.2.44>")
    assert session.target == "sip:x@192.0.2.44"


def test_requests_over_a_lost_flow_take_another(site: Site, session: Session) -> None:
    site.wire.is_open = False
    other = site.office.other_flow = Wire(site, "TCP")
    session.leave("")
    bye = other.take("BYE")
    assert bye.via.transport == "TCP"
    site.feed(response(bye, 200), other)
    assert (site.wire.rest(), other.rest(), site.ledger.take()) == ([], [], [])


# ---- ends ---------------------------------------------------------------------------------------
def test_the_end_is_the_end(site: Site, session: Session) -> None:
    session.leave("")
    bye = site.wire.take("BYE")
    session.leave("")
    session.lose("late")
    session.refresh()
    site.reply(bye, 200)
    assert (site.wire.rest(), site.ledger.take(), session.state) == ([], [], ENDED)


def test_byes_that_cross(site: Site, session: Session) -> None:
    session.leave("")
    bye = site.wire.take("BYE")
    site.inside("BYE", session)
    assert site.wire.rest() == ["481 BYE"]
    site.reply(bye, 481)
    assert site.ledger.take() == []


def test_a_bye_that_is_not_answered(site: Site, session: Session) -> None:
    session.leave("")
    site.wait(33)
    assert (set(site.wire.rest()), site.ledger.take()) == ({"BYE"}, [])


def test_lost_for_another_reason(site: Site, session: Session) -> None:
    session.lose("media gone")
    assert site.wire.rest() == ["BYE"]
    assert site.ledger.take() == [("ended", "media gone")]


def test_a_user_may_ignore_everything(site: Site) -> None:
    """The defaults of SessionUser do nothing."""
    session = site.connect_caller()
    session.user = SessionUser()
    site.inside("INVITE", session, body=OFFER)
    session.refuse_offer(488)
    site.inside("REFER", session)
    session.update("", SDP)
    session.reinvite("", SDP)
    session.send_request("INFO")
    for sent in ("488 INVITE", "UPDATE", "INVITE", "INFO"):
        message = site.wire.take(sent)
        if message.method:
            site.reply(message, 200)
    session.send_request("INFO")
    site.wait(33)
    session.lose("x")
    called = site.place_call()
    called.user = SessionUser()
    called.tell_progressed(read(request("INVITE")))
    called.tell_cancelled(None)
    called.tell_answered(read(request("INVITE")))
    called.tell_acknowledged(read(request("ACK")))
    called.tell_reoffer_failed(488, None)
    called.tell_failed(486, None)
    assert site.ledger.take() == []


def test_the_halves_leave_the_rest_to_the_whole(site: Site) -> None:
    half = InviteClient(site.endpoint, site.wire, "c", "us")
    message = read(request("INVITE"))
    site.place_call()
    transaction = next(iter(site.endpoint.context.clients.values()))
    for do in (lambda: InviteServer.tell_cancelled(half, None), lambda: InviteServer.tell_acknowledged(half, message),
               lambda: InviteServer.leave(half, ""), lambda: half.receive_other_response(transaction, message),
               lambda: half.receive_other_failure(transaction, 408), lambda: half.tell_progressed(message),
               lambda: half.tell_answered(message), lambda: half.tell_failed(486, None),
               lambda: half.tell_reoffer_answered(message), lambda: half.tell_reoffer_failed(488, None)):
        with pytest.raises(NotImplementedError):
            do()
    assert not half.has_offer_pending()
