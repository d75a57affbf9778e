# SPDX-License-Identifier: GPL-2.0-or-later
"""RFC 4028, and probes of established calls."""
from __future__ import annotations

import pytest

from mss.sip.dialog.session import Session
from mss.sip.dialog.session_timer import SessionTimer, minimum_interval, session_interval, supports_timer
from mss.sip.dialog.uas import CONFIRMED, ENDED
from mss.sip.message import Message
from tests.sip.harness import SDP, SDP_TYPE, Site, read, request

TIMER = "Supported: timer"


def caller(*headers: str, expires: int = 1800, min_se: int = 90) -> tuple[Site, Session, Message]:
    """A phone called; its session, started, and the 200 it got."""
    site = Site("TCP", session_expires=expires, min_se=min_se)
    session = site.take_call(*headers)
    session.prepare_timer(site.office.requests[-1][1])
    session.answer("", SDP)
    answer = site.wire.take("200 INVITE")
    site.inside("ACK", session, cseq=1)
    session.start_keepalive(None)
    site.ledger.take()
    return site, session, answer


def callee(*headers: str, expires: int = 1800, probe: int = 0) -> tuple[Site, Session]:
    """We called a phone; its session, started."""
    site = Site("TCP", session_expires=expires, probe_seconds=probe)
    session = site.place_call(f"{TIMER}\r\n")
    session.local_body = SDP
    invite = site.wire.take("INVITE")
    site.reply(invite, 200, SDP_TYPE, *headers, body=SDP)
    message = read(site.wire.sent[-1])
    assert message.method == "ACK"
    site.wire.take("ACK")
    reply = read(request("INVITE", *headers))
    session.start_keepalive(reply)
    site.ledger.take()
    return site, session


# ---- as answerer (RFC 4028 9) -------------------------------------------------
@pytest.mark.parametrize(("headers", "value", "is_required"), [
    ((TIMER,), "1800;refresher=uac", True),
    ((TIMER, "Session-Expires: 600"), "600;refresher=uac", True),
    ((TIMER, "Session-Expires: 600;refresher=uas"), "600;refresher=uas", False),
    ((TIMER, "x: 600 ; refresher=UAC"), "600;refresher=uac", True),
    ((TIMER, "Session-Expires: 7200"), "1800;refresher=uac", True),
    ((TIMER, "Session-Expires: 7200", "Min-SE: 3600"), "3600;refresher=uac", True),
    ((TIMER, "Session-Expires: 10"), "90;refresher=uac", True),
    ((TIMER, "Session-Expires: soon"), "1800;refresher=uac", True),
    (("Supported: 100rel", "Supported: path, Timer"), "1800;refresher=uac", True),
    (("Supported: timers",), "1800;refresher=uas", False),
    ((), "1800;refresher=uas", False),
])
def test_the_interval_chosen_for_a_call(headers: tuple[str, ...], value: str, is_required: bool) -> None:
    _, session, answer = caller(*headers)
    assert answer.get("session-expires") == value
    assert (answer.get("require") == "timer") == is_required
    assert session.timer is not None
    assert (session.timer.is_refresher, session.timer.interval) == (value.endswith("uas"), int(value.split(";")[0]))


def test_off_unless_switched_on() -> None:
    site, session, answer = caller(TIMER, "Session-Expires: 600", expires=0)
    assert (answer.has("session-expires"), session.timer) == (False, None)
    site.wait(1000)
    assert site.wire.rest() == []


def test_a_refresher_that_stays_away_ends_the_call() -> None:
    """RFC 4028 10: BYE shortly before the interval ends."""
    site, session, _ = caller(TIMER, "Session-Expires: 600")
    site.wait(567)
    assert site.wire.rest() == []
    site.wait(2)
    assert site.wire.rest() == ["BYE"]
    assert (site.ledger.take(), session.state) == ([("ended", "session timer expired")], ENDED)


def test_a_short_interval_ends_a_third_early() -> None:
    site, _, _ = caller(TIMER, "Session-Expires: 60", min_se=30)
    site.wait(39.8)
    assert site.wire.rest() == []
    site.wait(0.5)
    assert site.wire.rest() == ["BYE"]


@pytest.mark.parametrize("method", ["UPDATE", "INVITE"])
def test_each_refresh_of_the_peer_begins_a_new_interval(method: str) -> None:
    site, session, _ = caller(TIMER, "Session-Expires: 600")
    for _ in range(3):
        site.wait(500)
        site.inside(method, session, TIMER, "Session-Expires: 600;refresher=uac")
        if method == "INVITE":
            session.accept_offer(SDP)
            site.inside("ACK", session, cseq=site.count)
        answer = site.wire.take(f"200 {method}")
        assert answer.get_all("session-expires") == ["600;refresher=uac"]
        assert answer.get_all("require") == ["timer"]
    assert session.state == CONFIRMED
    site.wait(570)
    assert site.wire.rest() == ["BYE"]


def test_a_refresh_with_an_offer_has_the_interval_in_its_answer() -> None:
    site, session, _ = caller(TIMER, "Session-Expires: 600")
    site.inside("UPDATE", session, TIMER, "Session-Expires: 600;refresher=uac", body=SDP)
    session.accept_offer(SDP)
    assert site.wire.take("200 UPDATE").get("session-expires") == "600;refresher=uac"


def test_a_refresh_may_change_interval_and_refresher() -> None:
    site, session, _ = caller(TIMER, "Session-Expires: 600", "Allow: UPDATE")
    site.inside("UPDATE", session, TIMER, "Session-Expires: 900;refresher=uas")
    assert site.wire.take("200 UPDATE").get("session-expires") == "900;refresher=uas"
    site.wait(451)
    assert site.wire.take("UPDATE").get("session-expires") == "900;refresher=uac"


def test_a_refresh_that_names_no_refresher_leaves_it() -> None:
    for refresher in ("uac", "uas"):
        site, session, _ = caller(TIMER, f"Session-Expires: 600;refresher={refresher}")
        site.inside("UPDATE", session, TIMER, "Session-Expires: 600")
        assert site.wire.take("200 UPDATE").get("session-expires") == f"600;refresher={refresher}"


# ---- as requester (RFC 4028 7) -------------------------------------------------------
def test_our_invite_asks_for_a_timer() -> None:
    site = Site(session_expires=1800, min_se=120)
    site.place_call()
    invite = site.wire.take("INVITE")
    assert (invite.get("session-expires"), invite.get("min-se")) == ("1800", "120")
    site = Site()
    site.place_call()
    assert not site.wire.take("INVITE").has("session-expires")


@pytest.mark.parametrize("headers", [("Session-Expires: 600;refresher=uac", "Require: timer"),
                                     ("Session-Expires: 600",)])
def test_as_refresher_we_send_update_at_half_the_interval(headers: tuple[str, ...]) -> None:
    site, session = callee(*headers, "Allow: INVITE, UPDATE")
    session.peer_allow = "INVITE,UPDATE"
    for _ in range(3):
        site.wait(299.8)
        assert site.wire.rest() == []
        site.wait(0.3)
        update = site.wire.take("UPDATE")
        assert (update.get("session-expires"), update.get("supported"), update.body) == \
            ("600;refresher=uac", "timer", b"")
        assert update.contact() is not None
        site.reply(update, 200, "Session-Expires: 600;refresher=uac")
    assert (site.ledger.take(), session.state) == ([], CONFIRMED)


def test_as_refresher_we_send_a_reinvite_where_update_is_not_allowed() -> None:
    site, session = callee("Session-Expires: 600;refresher=uac")
    site.wait(301)
    invite = site.wire.take("INVITE")
    assert (invite.body, invite.get("session-expires")) == (SDP, "600;refresher=uac")
    site.reply(invite, 200, SDP_TYPE, "Session-Expires: 600;refresher=uac", body=SDP)
    assert site.wire.rest() == ["ACK"]
    site.wait(299.8)
    assert site.wire.rest() == []
    site.wait(0.5)
    assert site.wire.rest() == ["INVITE"]
    assert session.state == CONFIRMED


@pytest.mark.parametrize("busy", ["ours", "theirs"])
def test_no_refreshing_reinvite_while_another_offer_is_open(busy: str) -> None:
    site, session = callee("Session-Expires: 600;refresher=uac")
    if busy == "theirs":
        site.inside("INVITE", session, body=SDP)
    else:
        session.update("", SDP)
        site.reply(site.wire.take("UPDATE"), 100, tag="")
        site.wait(1)
    session.refresh()
    assert site.wire.rest() == ["INFO"]


def test_a_callee_that_is_refresher_and_stays_away_ends_the_call() -> None:
    site, session = callee("Session-Expires: 600;refresher=uas", "Require: timer")
    site.wait(400)
    site.inside("UPDATE", session, TIMER, "Session-Expires: 600;refresher=uac")
    assert site.wire.take("200 UPDATE").get("session-expires") == "600;refresher=uac"
    site.wait(567)
    assert site.wire.rest() == []
    site.wait(2)
    assert site.wire.rest() == ["BYE"]


def test_without_a_timer_in_the_2xx_we_refresh_on_our_own() -> None:
    site, session = callee(expires=200)
    session.peer_allow = "UPDATE"
    site.wait(101)
    assert site.wire.rest() == ["UPDATE"]


def test_the_answer_to_a_refresh_decides_what_follows() -> None:
    """RFC 4028 7.2: interval and refresher are those of the last 2xx."""
    site, session = callee("Session-Expires: 600;refresher=uac")
    session.peer_allow = "UPDATE"
    site.wait(301)
    site.reply(site.wire.take("UPDATE"), 200, "Session-Expires: 300;refresher=uas")
    assert session.timer is not None
    assert (session.timer.interval, session.timer.is_refresher) == (300, False)
    site.wait(267)
    assert site.wire.rest() == []
    site.wait(2)
    assert site.wire.rest() == ["BYE"]


def test_our_offers_refresh_as_well() -> None:
    site, session = callee("Session-Expires: 600;refresher=uas")
    site.wait(400)
    session.reinvite("", SDP)
    invite = site.wire.take("INVITE")
    assert invite.get("session-expires") == "600;refresher=uas"
    site.reply(invite, 200, SDP_TYPE, "Session-Expires: 600;refresher=uas", body=SDP)
    site.wait(500)
    session.update("", SDP)
    update = site.wire.take("ACK") and site.wire.take("UPDATE")
    assert update.get("session-expires") == "600;refresher=uas"
    site.reply(update, 200, SDP_TYPE, "Session-Expires: 600;refresher=uas", body=SDP)
    site.wait(500)
    assert (site.wire.rest(), session.state) == ([], CONFIRMED)


def test_an_interval_too_small_is_raised() -> None:
    """RFC 4028 7.3: the call is tried again, with To as at first."""
    site = Site(session_expires=90)
    session = site.place_call(f"{TIMER}\r\n")
    invite = site.wire.take("INVITE")
    site.reply(invite, 180, tag="early")
    site.reply(invite, 422, "Min-SE: 300", tag="early")
    site.wire.take("ACK")
    again = site.wire.take("INVITE")
    assert (again.cseq, again.call_id, again.from_tag, again.to_tag) == (2, "c@mss", "us", None)
    assert (again.get_all("session-expires"), again.get_all("min-se")) == (["300"], ["300"])
    assert (again.body, again.get("supported")) == (SDP, "timer")
    site.reply(again, 422, "Min-SE: 600")
    assert site.wire.rest() == ["ACK"]
    assert (site.ledger.take(), session.state) == ([("progressed", 180), ("failed", 422)], ENDED)


@pytest.mark.parametrize("expires", [0, 90])
def test_a_422_that_names_no_interval_is_a_failure(expires: int) -> None:
    site = Site(session_expires=expires)
    site.place_call()
    site.reply(site.wire.take("INVITE"), 422)
    assert (site.wire.rest(), site.ledger.take()) == (["ACK"], [("failed", 422)])


def test_a_refresh_that_is_too_small_is_raised_for_the_next() -> None:
    site, session = callee("Session-Expires: 600;refresher=uac")
    session.peer_allow = "UPDATE"
    site.wait(301)
    site.reply(site.wire.take("UPDATE"), 422, "Min-SE: 800")
    site.wait(300)
    assert site.wire.take("UPDATE").get("session-expires") == "800;refresher=uac"


# ---- probes -----------------------------------------------------------------------------
@pytest.mark.parametrize(("allow", "method"), [("INVITE,UPDATE", "UPDATE"), ("INVITE,INFO", "INFO"), ("", "INFO")])
def test_probes(allow: str, method: str) -> None:
    site, session = callee(expires=0, probe=30)
    session.peer_allow = allow
    for _ in range(3):
        site.wait(29.95)
        assert site.wire.rest() == []
        site.wait(0.1)
        probe = site.wire.take(method)
        assert (probe.body, probe.has("session-expires")) == (b"", False)
        site.reply(probe, 405)
    assert (site.ledger.take(), session.state) == ([], CONFIRMED)


@pytest.mark.parametrize("status", [408, 481])
def test_a_peer_that_lost_the_dialog_ends_it(status: int) -> None:
    site, session = callee(expires=0, probe=30)
    site.wait(31)
    site.reply(site.wire.take("INFO"), status)
    assert site.wire.rest() == ["BYE"]
    assert (site.ledger.take(), session.state) == ([("ended", f"{status} to keep-alive")], ENDED)


def test_a_peer_that_does_not_respond_is_gone() -> None:
    site, session = callee(expires=0, probe=20)
    site.wait(20 + 33)
    kinds = site.wire.rest()
    assert (set(kinds[:-1]), kinds[-1]) == ({"INFO"}, "BYE")
    assert (site.ledger.take(), session.state) == ([("ended", "no response to keep-alive")], ENDED)


def test_one_probe_at_a_time() -> None:
    site, session = callee(expires=0, probe=30)
    session.refresh()
    session.refresh()
    assert site.wire.rest() == ["INFO"]


@pytest.mark.parametrize("who", ["we", "peer"])
def test_nothing_is_kept_alive_after_the_end(who: str) -> None:
    site, session = callee(expires=0, probe=30)
    timer = session.timer
    assert timer is not None
    if who == "we":
        session.leave("")
        site.reply(site.wire.take("BYE"), 200)
    else:
        site.inside("BYE", session)
        site.wire.take("200 BYE")
    assert (session.timer, timer.dialog, timer.due) == (None, None, -1)
    timer.start()
    timer.expire()
    site.wait(100)
    assert site.wire.rest() == []


# ---- parts --------------------------------------------------------------------------------
@pytest.mark.parametrize(("headers", "interval"), [
    ((), (0, "")), (("Session-Expires: 90",), (90, "")), (("Session-Expires: 90;refresher=UAS;x=y",), (90, "uas")),
    (("Session-Expires: x",), (0, "")), (("Session-Expires:",), (0, "")), (("x: 5;refresher=uac",), (5, "uac")),
])
def test_session_expires_is_read(headers: tuple[str, ...], interval: tuple[int, str]) -> None:
    assert session_interval(read(request("INVITE", *headers))) == interval


def test_min_se_and_supported_are_read() -> None:
    assert minimum_interval(read(request("INVITE", "Min-SE: 120;x=y"))) == 120
    assert minimum_interval(read(request("INVITE", "Min-SE: x"))) == 0
    assert minimum_interval(read(request("INVITE"))) == 0
    assert supports_timer(read(request("INVITE", "k: timer")))
    assert not supports_timer(read(request("INVITE")))


def test_a_timer_by_itself() -> None:
    site = Site()
    session = site.connect_caller()
    timer = SessionTimer(session, 100, True)
    timer.start()
    assert timer.due == site.wheel.current + 1000 + 1
