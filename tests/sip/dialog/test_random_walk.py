# SPDX-License-Identifier: GPL-2.0-or-later
"""Sessions of both roles under random messages, answers, waits and commands: in the end nothing is left."""
from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from mss.sip.dialog.session import Session
from mss.sip.dialog.uas import CONFIRMED, EARLY
from mss.sip.message import Message
from tests.sip.harness import SDP, SDP_TYPE, Site, kind, request

METHODS = ("INVITE", "ACK", "BYE", "UPDATE", "PRACK", "INFO", "OPTIONS", "REFER", "WATER")
STATUSES = (100, 180, 183, 200, 200, 200, 302, 408, 422, 481, 486, 487, 488, 491, 500, 603)


class Walk:
    """One session and everything that may happen to it."""

    def __init__(self, seed: int, role: str) -> None:
        self.random = Random(seed)
        choose = self.random.choice
        self.site = Site(choose(("UDP", "TCP")), choose((0, 0, 90)), choose((0, 30)))
        self.open: list[Message] = []
        body = choose((SDP, b""))
        if role == "caller":
            headers = ("Require: 100rel",) if self.random.random() < 0.5 else ()
            self.session: Session = self.site.take_call(*headers, body=body, branch="z9hG4bK-first")
            self.session.prepare_timer(self.site.office.requests[-1][1])
        else:
            self.session = self.site.place_call(body=body)
        self.steps: tuple[Callable[[], None], ...] = (
            self.ask, self.ask, self.reply, self.reply, self.reply, self.wait, self.command, self.command)
        if role == "caller":
            self.steps += (self.cancel, self.repeat)

    def collect(self) -> None:
        """What we sent and the phone may answer; a number for the next PRACK."""
        for _ in range(len(self.site.wire.sent) - self.site.wire._taken):
            message = self.site.wire.next()
            if message.method and message.method != "ACK":
                self.open.append(message)
            assert kind(message) != "500 INVITE" or message.reason != "Server Internal Error"

    def ask(self) -> None:
        body = self.random.choice((b"", SDP))
        cseq = self.random.choice((0, 0, 0, 1, 2))
        self.site.inside(self.random.choice(METHODS), self.session, f"RAck: {self.session._rseq} 1 INVITE",
                         body=body, cseq=cseq)

    def reply(self) -> None:
        if not self.open:
            return
        asked = self.random.choice(self.open)
        headers = [SDP_TYPE, f"Min-SE: {self.random.choice((1, 100))}"]
        if self.random.random() < 0.3:
            headers += ["Require: 100rel", f"RSeq: {self.random.randrange(1, 4)}"]
        if self.random.random() < 0.3:
            headers.append("Record-Route: <sip:p1;lr>")
        self.site.reply(asked, self.random.choice(STATUSES), *headers, tag=self.random.choice("aab"), body=SDP)

    def wait(self) -> None:
        self.site.wait(self.random.choice((0.1, 0.5, 3, 20, 35)))

    def cancel(self) -> None:
        if self.random.random() < 0.2:
            self.site.feed(request("CANCEL", branch="z9hG4bK-first"))

    def repeat(self) -> None:
        if "z9hG4bK-first|192.0.2.1:5060" in self.site.endpoint.context.servers:
            self.site.feed(request("INVITE", branch="z9hG4bK-first"))

    def command(self) -> None:
        session, choose = self.session, self.random.choice
        if session.state == EARLY and session.is_caller:
            choose((session.try_, lambda: session.ring(choose((180, 183)), "", "", choose((b"", SDP))),
                    lambda: session.answer("", SDP), lambda: session.reject(486), lambda: session.refuse_offer(488),
                    lambda: session.leave("")))()
        elif session.state == CONFIRMED:
            can_offer = not session.has_offer_pending() and session.invitation is None and not session.owes_ack()
            choose((lambda: session.accept_offer(SDP), lambda: session.refuse_offer(488), session.refresh,
                    lambda: session.acknowledge(SDP), lambda: session.start_keepalive(None),
                    lambda: can_offer and session.reinvite("", choose((b"", SDP))),
                    lambda: can_offer and session.update("", SDP), lambda: session.send_request("INFO"),
                    lambda: self.random.random() < 0.2 and session.leave("")))()
        elif self.random.random() < 0.3:
            session.leave("")

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.random.choice(self.steps)()
            self.collect()
        self.session.leave("")
        self.site.wait(300)
        if self.session.state == CONFIRMED:
            self.session.leave("")
            self.site.wait(120)


@pytest.mark.parametrize("role", ["caller", "callee"])
@pytest.mark.parametrize("seed", range(150))
def test_whatever_happens_nothing_is_left(seed: int, role: str) -> None:
    walk = Walk(seed, role)
    walk.run(40)
    site = walk.site
    assert site.tables() == (0, 0, 0, 0)
    assert site.wheel.pending() == 0
    assert site.office.malformed == []
    ends = [event for event in site.ledger.take() if event[0] in ("ended", "failed", "cancelled")]
    assert len(ends) <= 1
