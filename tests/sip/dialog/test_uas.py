# SPDX-License-Identifier: GPL-2.0-or-later
"""Sessions that were called: RFC 3261 13.3, RFC 3262 3, RFC 6026."""
from __future__ import annotations

import pytest

from mss.sip.dialog.session import Session
from mss.sip.dialog.uas import CONFIRMED, EARLY, ENDED
from mss.sip.message import Message
from tests.sip.harness import SDP, SDP_TYPE, Site, Wire, request

RELIABLE = "Require: 100rel"


@pytest.fixture(params=["UDP", "TCP"])
def site(request: pytest.FixtureRequest) -> Site:
    """Each test over both kinds of transport: repeating a 2xx is end to end and the same on both."""
    return Site(request.param)


# ---- setting up -----------------------------------------------------------
def test_a_call_that_is_answered(site: Site) -> None:
    session = site.take_call("Allow: INVITE, UPDATE", "Allow: BYE", "Record-Route: <sip:p1;lr>", "Timestamp: 9")
    assert (session.state, session.state_name(), session.is_caller) == (EARLY, "early", True)
    assert (session.call_id, session.local_tag, session.remote_tag) == ("call", "us", "phone")
    assert [session.allows(method) for method in ("UPDATE", "BYE", "INFO")] == [True, True, False]
    session.extra_2xx = "Allow: ALL\r\n"
    session.ring(180, "", "Alert-Info: <x>\r\n", b"")
    ringing = site.wire.take("180 INVITE")
    assert (ringing.reason, ringing.to_tag, ringing.get("alert-info")) == ("Ringing", "us", "<x>")
    assert ringing.contact().uri.startswith("sip:101@198.51.100.1:5060")
    assert ringing.get("record-route") == "<sip:p1;lr>"
    session.ring(183, "Look", "", SDP)
    assert site.wire.take("183 INVITE").reason == "Look"
    session.answer("X-Note: 1\r\n", SDP)
    answer = site.wire.take("200 INVITE")
    assert (answer.to_tag, answer.body, answer.get("content-type")) == ("us", SDP, "application/sdp")
    assert (answer.get("allow"), answer.get("x-note"), answer.get("timestamp")) == ("ALL", "1", "9")
    assert answer.contact().uri.startswith("sip:101@198.51.100.1:5060")
    assert (session.state, session.is_unacknowledged()) == (CONFIRMED, True)
    site.inside("ACK", session, cseq=1, body=SDP)
    assert site.ledger.take() == [("acknowledged", SDP)]
    assert (session.is_unacknowledged(), session.state_name()) == (False, "confirmed")
    site.wait(40)
    assert site.wire.rest() == []


def test_100_comes_when_nothing_better_does(site: Site) -> None:
    session = site.take_call()
    session.try_()
    site.wait(0.15)
    assert site.wire.rest() == []
    site.wait(0.1)
    assert site.wire.rest() == ["100 INVITE"]
    session.answer("", SDP)
    session.try_()
    site.wait(0.3)
    assert site.wire.rest() == ["200 INVITE"]


def test_never_a_180_after_a_200(site: Site) -> None:
    session = site.take_call()
    session.answer("", SDP)
    session.ring(180, "", "", b"")
    session.answer("", SDP)
    session.reject(486)
    assert site.wire.rest() == ["200 INVITE"]
    assert session.state == CONFIRMED


def test_a_call_that_is_refused(site: Site) -> None:
    session = site.take_call()
    session.reject(486, "Not Now", "Retry-After: 5\r\n")
    refusal = site.wire.take("486 INVITE")
    assert (refusal.reason, refusal.to_tag, refusal.get("retry-after")) == ("Not Now", "us", "5")
    assert (session.state, site.endpoint.sessions) == (ENDED, {})
    session.answer("", SDP)
    session.ring(180, "", "", b"")
    site.feed(request("ACK", to_tag="us"))
    site.wait(6)
    assert (site.wire.rest(), site.ledger.take(), site.tables()) == ([], [], (0, 0, 0, 0))


# ---- the 2xx and its ACK (RFC 3261 13.3.1.4) ---------------------------------
def test_a_2xx_is_repeated_until_its_ack(site: Site) -> None:
    session = site.take_call()
    session.answer("", SDP)
    site.wait(10)
    assert site.wire.intervals() == pytest.approx([0.5, 1, 2, 4], abs=0.06)
    assert len(set(site.wire.sent)) == 1
    site.inside("ACK", session, cseq=1)
    site.inside("ACK", session, cseq=1)
    assert site.ledger.take() == [("acknowledged", b"")]
    site.wait(40)
    assert len(site.wire.sent) == 5


def test_an_ack_with_another_number_is_not_the_one(site: Site) -> None:
    session = site.take_call(cseq=7)
    session.answer("", SDP)
    for number in (6, 8):
        site.inside("ACK", session, cseq=number)
    assert session.is_unacknowledged()
    site.inside("ACK", session, cseq=7)
    assert site.ledger.take() == [("acknowledged", b"")]


def test_without_an_ack_the_call_ends_with_bye(site: Site) -> None:
    session = site.take_call()
    session.answer("", SDP)
    site.wait(33)
    assert site.wire.rest() == ["200 INVITE"] * 11 + ["BYE"]
    assert site.wire.intervals()[:10] == pytest.approx([0.5, 1, 2, 4, 4, 4, 4, 4, 4, 4], abs=0.06)
    assert site.ledger.take() == [("ended", "no ACK")]
    assert (session.state, site.endpoint.sessions) == (ENDED, {})
    site.inside("ACK", session, cseq=1)
    assert site.ledger.take() == []


def test_a_repeated_invite_after_the_2xx_is_absorbed(site: Site) -> None:
    """RFC 6026: the session repeats the 2xx by itself."""
    session = site.take_call()
    session.answer("", SDP)
    site.feed(request("INVITE", SDP_TYPE, body=SDP))
    site.inside("ACK", session, cseq=1)
    site.feed(request("INVITE", SDP_TYPE, body=SDP))
    assert site.wire.rest() == ["200 INVITE"]





def test_responses_go_the_way_of_the_request_and_requests_that_of_the_contact() -> None:
    site = Site()
    elsewhere = Wire(site, host="192.0.2.99")
    site.office.hops["sip:100@192.0.2.99"] = elsewhere
    session = site.take_call(contact="<sip:100@192.0.2.99>")
    session.answer("", SDP)
    site.wait(2)
    assert (site.wire.rest(), elsewhere.rest()) == (["200 INVITE"] * 3, [])
    site.inside("ACK", session, cseq=1)
    session.leave("")
    assert (site.wire.rest(), elsewhere.rest()) == ([], ["BYE"])


# ---- CANCEL -----------------------------------------------------------------
def test_a_cancel_before_the_answer(site: Site) -> None:
    session = site.take_call()
    session.ring(180, "", "", b"")
    site.feed(request("CANCEL", "Reason: SIP;cause=200"))
    assert site.wire.rest() == ["180 INVITE", "200 CANCEL", "487 INVITE"]
    assert site.ledger.take() == [("cancelled", True)]
    session.answer("", SDP)
    session.leave("")
    assert (site.wire.rest(), session.state) == ([], ENDED)


def test_a_cancel_that_crosses_the_200(site: Site) -> None:
    session = site.take_call()
    session.answer("", SDP)
    site.feed(request("CANCEL"))
    assert site.wire.rest() == ["200 INVITE", "200 CANCEL"]
    session.receive_cancel(None)
    assert (site.ledger.take(), session.state) == ([], CONFIRMED)


def test_a_bye_instead_of_a_cancel(site: Site) -> None:
    """RFC 3261 15: the caller may also send BYE in the early dialog."""
    session = site.take_call()
    site.inside("BYE", session)
    assert site.wire.rest() == ["487 INVITE", "200 BYE"]
    assert site.ledger.take() == [("ended", "BYE")]
    assert site.endpoint.sessions == {}


# ---- hanging up ----------------------------------------------------------------
def test_leaving_before_the_answer_is_a_487(site: Site) -> None:
    session = site.take_call()
    session.leave("")
    assert (site.wire.rest(), session.state) == (["487 INVITE"], ENDED)
    session.leave("")
    assert site.wire.rest() == []


def test_a_bye_waits_for_the_ack(site: Site) -> None:
    """RFC 3261 15: not before the ACK."""
    session = site.take_call()
    session.answer("", SDP)
    site.wire.rest()
    session.leave("Reason: Q.850;cause=16\r\n")
    assert site.wire.rest() == []
    site.inside("ACK", session, cseq=1)
    bye = site.wire.take("BYE")
    assert (bye.get("reason"), bye.to_tag, session.state) == ("Q.850;cause=16", "phone", ENDED)
    site.reply(bye, 200)
    assert site.ledger.take() == [("acknowledged", b"")]


def test_a_bye_waits_for_the_ack_or_its_time_out(site: Site) -> None:
    session = site.take_call()
    session.answer("", SDP)
    session.leave("Reason: Q.850;cause=16\r\n")
    site.wait(33)
    assert set(site.wire.rest()[:-1]) == {"200 INVITE"}
    assert b"Reason: Q.850;cause=16\r\n" in site.wire.sent[-1]
    assert (site.ledger.take(), session.state) == ([], ENDED)


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_a_bye_waits_no_longer_when_the_peer_goes_on(site: Site, method: str) -> None:
    """The ACK was lost, but whoever sends this has the 2xx."""
    session = site.take_call()
    session.answer("", SDP)
    session.leave("")
    site.wire.rest()
    site.inside(method, session, body=SDP)
    assert site.wire.rest() == [f"481 {method}", "BYE"]
    assert (site.ledger.take(), session.state) == ([], ENDED)


def test_a_bye_of_the_peer_while_ours_waits(site: Site) -> None:
    session = site.take_call()
    session.answer("", SDP)
    session.leave("")
    site.wire.rest()
    site.inside("BYE", session)
    assert site.wire.rest() == ["200 BYE"]
    assert (site.ledger.take(), session.state) == ([], ENDED)
    site.wait(40)
    assert site.wire.rest() == []


def test_hang_up_by_the_caller(site: Site) -> None:
    session = site.connect_caller()
    site.inside("BYE", session)
    assert site.wire.rest() == ["200 BYE"]
    assert site.ledger.take() == [("ended", "BYE")]
    assert session.state == ENDED


def test_the_user_hears_of_a_bye_before_it_is_answered(site: Site) -> None:
    """So that the record of the call is safe by then."""
    seen: list[int] = []
    session = site.connect_caller()

    class Recorder(type(site.ledger)):  # type: ignore[misc]
        def session_ended(self, session: Session, request: Message | None, cause: str) -> None:
            seen.append(len(site.wire.sent))

    session.user = Recorder()
    before = len(site.wire.sent)
    site.inside("BYE", session)
    assert (seen, len(site.wire.sent)) == ([before], before + 1)


# ---- reliable provisional responses (RFC 3262 3) -----------------------------------
def rseq(message: Message) -> int:
    """RSeq of a reliable provisional response."""
    assert message.get("require") == "100rel"
    return int(message.get("rseq") or "")


def prack(site: Site, session: Session, number: int, cseq: int = 1, text: str = "") -> None:
    site.inside("PRACK", session, f"RAck: {text or f'{number} {cseq} INVITE'}")


def test_a_demanded_reliable_response_is_repeated_until_its_prack(site: Site) -> None:
    session = site.take_call(RELIABLE)
    session.ring(180, "", "", b"")
    first = rseq(site.wire.take("180 INVITE"))
    assert 0 < first < 2**31
    site.wait(8)
    assert site.wire.rest() == ["180 INVITE"] * 4
    assert site.wire.intervals() == pytest.approx([0.5, 1, 2, 4], abs=0.06)
    prack(site, session, first)
    assert site.wire.rest() == ["200 PRACK"]
    site.wait(60)
    assert site.wire.rest() == []
    session.ring(183, "", "", b"")
    assert rseq(site.wire.take("183 INVITE")) == first + 1


def test_without_the_demand_nothing_is_reliable(site: Site) -> None:
    session = site.take_call("Supported: 100rel")
    session.ring(180, "", "", b"")
    assert not site.wire.take("180 INVITE").has("rseq")
    site.wait(10)
    assert site.wire.rest() == []


def test_the_demand_may_stand_anywhere_in_require(site: Site) -> None:
    session = site.take_call("Require: timer", "Require: replaces, 100REL")
    session.ring(180, "", "", b"")
    assert site.wire.take("180 INVITE").has("rseq")


def test_a_second_one_waits_for_the_prack_of_the_first(site: Site) -> None:
    session = site.take_call(RELIABLE)
    for status in (180, 183, 181):
        session.ring(status, "", "", b"")
    first = rseq(site.wire.take("180 INVITE"))
    assert site.wire.rest() == []
    prack(site, session, first)
    site.wire.take("200 PRACK")
    assert rseq(site.wire.take("183 INVITE")) == first + 1
    prack(site, session, first + 1)
    site.wire.take("200 PRACK")
    assert rseq(site.wire.take("181 INVITE")) == first + 2


@pytest.mark.parametrize("text", ["{wrong} 1 INVITE", "{right} 2 INVITE", "{right} 1 BYE", "{right} 1", "x", "",
                                  "{right} 1 INVITE x"])
def test_a_prack_that_does_not_match_is_481(site: Site, text: str) -> None:
    session = site.take_call(RELIABLE)
    session.ring(180, "", "", b"")
    right = rseq(site.wire.take("180 INVITE"))
    site.inside("PRACK", session, "RAck: " + text.format(right=right, wrong=right + 1))
    assert site.wire.rest() == ["481 PRACK"]
    site.wait(1)
    assert site.wire.rest() == ["180 INVITE"]


def test_a_prack_for_nothing_is_481(site: Site) -> None:
    session = site.take_call()
    site.inside("PRACK", session, "RAck: 1 1 INVITE")
    session.answer("", SDP)
    site.inside("PRACK", session)
    assert site.wire.rest() == ["481 PRACK", "200 INVITE", "481 PRACK"]


def test_a_second_prack_for_the_same_is_481(site: Site) -> None:
    session = site.take_call(RELIABLE)
    session.ring(180, "", "", b"")
    number = rseq(site.wire.take("180 INVITE"))
    prack(site, session, number)
    prack(site, session, number)
    assert site.wire.rest() == ["200 PRACK", "481 PRACK"]


def test_without_a_prack_the_call_is_refused(site: Site) -> None:
    session = site.take_call(RELIABLE)
    session.ring(183, "", "", SDP)
    site.wait(33)
    kinds = site.wire.rest()
    assert kinds[:7] == ["183 INVITE"] * 7
    assert kinds[7] == "504 INVITE"
    assert site.wire.intervals()[:6] == pytest.approx([0.5, 1, 2, 4, 8, 16], abs=0.06)
    assert site.ledger.take() == [("cancelled", False)]
    assert (session.state, site.endpoint.sessions) == (ENDED, {})


def test_the_2xx_waits_for_the_prack_of_a_description(site: Site) -> None:
    session = site.take_call(RELIABLE)
    session.ring(183, "", "", SDP)
    number = rseq(site.wire.take("183 INVITE"))
    session.answer("X-Note: 1\r\n", b"")
    session.ring(180, "", "", b"")
    session.answer("", SDP)
    assert (site.wire.rest(), session.state) == ([], EARLY)
    prack(site, session, number)
    site.wire.take("200 PRACK")
    assert site.wire.take("200 INVITE").get("x-note") == "1"
    assert session.state == CONFIRMED
    site.inside("ACK", session, cseq=1)
    site.wait(5)
    assert site.wire.rest() == []


def test_a_cancel_while_the_2xx_waits(site: Site) -> None:
    session = site.take_call(RELIABLE)
    session.ring(183, "", "", SDP)
    session.answer("", b"")
    site.feed(request("CANCEL"))
    assert site.wire.rest() == ["183 INVITE", "200 CANCEL", "487 INVITE"]
    site.feed(request("ACK", to_tag="us"))
    site.wait(33)
    assert (site.wire.rest(), site.ledger.take()) == ([], [("cancelled", True)])


def test_the_2xx_waits_for_no_other_prack_and_that_is_answered_later(site: Site) -> None:
    """RFC 3262 3: a PRACK for what was sent is good after the 2xx, too, and the 2xx goes on waiting for its ACK."""
    session = site.take_call(RELIABLE)
    session.ring(180, "", "", b"")
    session.ring(183, "", "", b"")
    number = rseq(site.wire.take("180 INVITE"))
    session.answer("", SDP)
    assert site.wire.rest() == ["200 INVITE"]
    prack(site, session, number)
    assert site.wire.rest() == ["200 PRACK"]
    prack(site, session, number + 1)
    assert site.wire.rest() == ["481 PRACK"]
    site.wait(0.6)
    assert (site.wire.rest(), session.is_unacknowledged()) == (["200 INVITE"], True)
    site.inside("ACK", session, cseq=1)
    site.wait(40)
    assert site.wire.rest() == []


def test_a_refusal_ends_the_waiting(site: Site) -> None:
    session = site.take_call(RELIABLE)
    session.ring(183, "", "", SDP)
    session.ring(180, "", "", b"")
    session.reject(480)
    site.feed(request("ACK", to_tag="us"))
    site.wait(40)
    assert site.wire.rest() == ["183 INVITE", "480 INVITE"]
    assert site.ledger.take() == []
