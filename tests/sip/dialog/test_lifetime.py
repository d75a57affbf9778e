# SPDX-License-Identifier: GPL-2.0-or-later
"""What a call that is over still holds: transactions for their time, and nothing through them."""
from __future__ import annotations

import gc
import sys
from collections.abc import Callable

import pytest

from mss.sip.dialog.session import Session
from mss.sip.message import Message
from tests.sip.harness import SDP, SDP_TYPE, Site, request


@pytest.fixture(params=["UDP", "TCP"])
def site(request: pytest.FixtureRequest) -> Site:
    return Site(request.param, probe_seconds=30)


@pytest.fixture(autouse=True)
def no_collector() -> object:
    """Nothing may need the collector: reference counts alone let go of a call."""
    gc.collect()
    gc.disable()
    yield None
    gc.enable()


def by_bye(site: Site, session: Session) -> None:
    site.inside("BYE", session)


def by_us(site: Site, session: Session) -> None:
    session.leave("")
    site.reply(read_last(site, "BYE"), 200)


def read_last(site: Site, method: str) -> Message:
    """The newest request of ours, which must be ``method``."""
    while True:
        message = site.wire.next()
        if message.method == method:
            return message


def answered_caller(site: Site) -> Session:
    session = site.connect_caller()
    session.start_keepalive(None)
    return session


def answered_callee(site: Site) -> Session:
    session = site.connect_callee()
    session.start_keepalive(None)
    return session


def reinvited(site: Site) -> Session:
    session = answered_callee(site)
    session.reinvite("", SDP)
    site.reply(read_last(site, "INVITE"), 200, SDP_TYPE, body=SDP)
    site.inside("INVITE", session, body=SDP)
    session.accept_offer(SDP)
    site.inside("ACK", session, cseq=site.count)
    return session


def drop_office(site: Site) -> None:
    """What the tests themselves keep of requests and transactions."""
    site.office.requests.clear()
    site.office.admitted.clear()
    site.ledger.take()


@pytest.mark.parametrize("begin", [answered_caller, answered_callee, reinvited])
@pytest.mark.parametrize("end", [by_bye, by_us])
def test_a_session_is_free_soon_after_its_end(site: Site, begin: Callable[[Site], Session],
                                              end: Callable[[Site, Session], None]) -> None:
    """The INVITE transactions go on for 32 s; the session has gone once the wheel has passed its last repeat."""
    session = begin(site)
    end(site, session)
    drop_office(site)
    site.wait(2)
    clients, servers, _, sessions = site.tables()
    assert clients + servers > 0
    assert sessions == 0
    # The name here and the argument of getrefcount.
    assert sys.getrefcount(session) == 2
    site.wait(33)
    assert (site.tables(), site.wheel.pending()) == ((0, 0, 0, 0), 0)


@pytest.mark.parametrize("status", [408, 486])
def test_a_session_that_failed_is_free(site: Site, status: int) -> None:
    session = site.place_call()
    if status == 408:
        site.wait(33)
    else:
        site.reply(site.wire.take("INVITE"), status)
    drop_office(site)
    site.wait(1)
    assert sys.getrefcount(session) == 2


def test_a_session_that_was_cancelled_is_free(site: Site) -> None:
    session = site.place_call()
    invite = site.wire.take("INVITE")
    site.reply(invite, 180)
    session.cancel("")
    site.reply(site.wire.take("CANCEL"), 200)
    site.reply(invite, 487)
    drop_office(site)
    site.wait(1)
    assert sys.getrefcount(session) == 2


@pytest.mark.parametrize("ends", ["refused", "cancelled"])
def test_a_session_that_refused_is_free(site: Site, ends: str) -> None:
    session = site.take_call()
    site.endpoint.settings.session_expires = 90
    session.prepare_timer(site.office.requests[-1][1])
    session.ring(180, "", "", b"")
    site.inside("UPDATE", session)
    if ends == "refused":
        session.reject(486)
    else:
        site.feed(request("CANCEL"))
    drop_office(site)
    site.wait(1)
    assert sys.getrefcount(session) == 2


def test_an_established_session_holds_no_request_and_no_first_transaction(site: Site) -> None:
    for session in (answered_caller(site), answered_callee(site)):
        held = gc.get_referents(session)
        assert not [thing for thing in held if isinstance(thing, Message)]
        assert session.invitation is None
        site.wait(33)
        session.leave("")
    site.wait(33)
    assert site.tables()[:3] == (0, 0, 0)


def test_a_thousand_calls_leave_nothing(site: Site) -> None:
    for number in range(1000):
        name = f"c{number}"
        session = site.take_call(branch=f"z9hG4bK{name}", call_id=name)
        if number % 3 == 0:
            session.reject(486)
            site.feed(request("ACK", branch=f"z9hG4bK{name}", call_id=name, to_tag="us"))
        else:
            session.ring(180, "", "", b"")
            session.answer("", SDP)
            site.inside("ACK", session, cseq=1)
            site.inside("BYE", session)
        drop_office(site)
    site.wait(60)
    context = site.endpoint.context
    assert (context.clients, context.servers, context.merged, site.endpoint.sessions) == ({}, {}, {}, {})
    assert site.wheel.pending() == 0
