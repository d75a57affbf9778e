# SPDX-License-Identifier: GPL-2.0-or-later
"""Phones that do anything at any time over a bad network: the server raises nothing and keeps nothing."""
from __future__ import annotations

from random import Random

import pytest

from mss.config.settings import Settings, SipSettings
from mss.model.user import User
from mss.sip.dialog.session import Session
from mss.sip.dialog.uas import CONFIRMED, EARLY
from mss.testing.message import audio
from mss.testing.pytest_plugin import PASSWORD
from mss.testing.softphone import Softphone

NUMBERS = [str(number) for number in range(100, 108)]


class Crowd:
    """Softphones and what they get up to."""

    def __init__(self, network, chance: Random) -> None:
        self.network = network
        self.chance = chance
        # 106 and 107 have two devices each.
        self.phones = [Softphone(network, number, PASSWORD, host=f"192.0.2.{30 + index}")
                       for index, number in enumerate([*NUMBERS, "106", "107"])]
        for phone in self.phones:
            phone.register()
            assert phone.is_registered

    def act(self) -> None:
        """One of them does something."""
        chance = self.chance
        phone = chance.choice(self.phones)
        phone.ring_seconds = chance.choice([0.1, 1.0, 4.0, 70.0])
        sessions = [session for session in phone.endpoint.sessions.values() if isinstance(session, Session)]
        if not sessions or len(sessions) < 3 and chance.random() < 0.3:
            phone.call(chance.choice([*NUMBERS, "999"]), talk_seconds=chance.choice([1.0, 10.0, 60.0]))
            return
        session = chance.choice(sessions)
        if session.state == EARLY:
            self.act_early(session)
        elif session.state == CONFIRMED:
            self.act_confirmed(phone, session, sessions)
        self.network.settle()

    def act_early(self, session: Session) -> None:
        what = self.chance.random()
        if not session.is_caller:
            if what < 0.3:
                session.leave("")
        elif what < 0.2:
            session.reject(self.chance.choice([404, 480, 486, 488, 503, 603]))
        elif what < 0.3:
            session.reject(302, "", f"Contact: <sip:{self.chance.choice(NUMBERS)}@198.51.100.1>\r\n")
        elif what < 0.6:
            body = audio("192.0.2.99", 4000) if self.chance.random() < 0.5 else b""
            kind = "Content-Type: application/sdp\r\n" if body else ""
            session.ring(self.chance.choice([180, 183]), "", kind, body)
        elif what < 0.8:
            session.answer("", audio("192.0.2.99", 4002))

    def act_confirmed(self, phone: Softphone, session: Session, sessions: list[Session]) -> None:
        what = self.chance.random()
        body = audio("192.0.2.99", self.chance.randrange(4000, 6000, 2), direction=self.chance.choice(
            ["sendrecv", "sendonly", "inactive"]))
        is_free = not session.has_offer_pending() and session.invitation is None
        if what < 0.15:
            session.leave(self.chance.choice(["", "Reason: Q.850;cause=31\r\n"]))
        elif what < 0.35 and is_free:
            session.reinvite("", body)
        elif what < 0.45 and is_free:
            session.update("", body)
        elif what < 0.55:
            session.send_request(self.chance.choice(["INFO", "UPDATE", "OPTIONS", "MESSAGE"]))
        elif what < 0.60:
            session.send_request("INFO", "Content-Type: text/plain\r\n", b"x")
        elif what < 0.75:
            self.refer(phone, session, None)
        elif what < 0.90:
            self.refer(phone, session, self.chance.choice(sessions))

    def refer(self, phone: Softphone, session: Session, other: Session | None) -> None:
        uri = f"sip:{self.chance.choice(NUMBERS)}@198.51.100.1"
        if other is not None:
            uri += (f"?Replaces={other.call_id}%3Bto-tag%3D{other.remote_tag}%3Bfrom-tag%3D{other.local_tag}")
        session.send_request("REFER", f"{session.contact_line(phone.number)}Refer-To: <{uri}>\r\n")


@pytest.fixture
def sip_settings() -> Settings:
    return Settings(sip=SipSettings(probe_seconds=30, options_ping_seconds=20))


@pytest.mark.parametrize("media", ["direct", "anchored"])
@pytest.mark.parametrize("seed", range(4))
def test_chaos(sip_network, sip_server, seed: int, media: str) -> None:
    chance = Random(f"{media} {seed}")
    for index, number in enumerate(NUMBERS):
        sip_server.add_user(User(
            number, PASSWORD, multi_device=True, media=media, max_calls=chance.choice([0, 0, 2]),
            forward_busy=chance.choice(["", "", NUMBERS[index - 1]]), max_call_seconds=chance.choice([0, 45]),
            forward_no_answer=chance.choice(["", "", NUMBERS[index - 2]]), no_answer_seconds=20))
    sip_server.use_memory_gateway(range(10000, 10200))
    crowd = Crowd(sip_network, chance)
    sip_network.reseed(seed)
    weather = sip_network.weather
    weather.loss, weather.duplication, weather.reordering, weather.delay = 0.1, 0.05, 0.1, 0.02
    for _ in range(600):
        crowd.act()
        sip_network.advance(0.2)
    weather.loss = 0.0
    for phone in crowd.phones:
        for session in list(phone.endpoint.sessions.values()):
            if isinstance(session, Session):
                session.leave("")
    sip_network.advance(300)
    assert sip_server.runner.total > 50
    assert len(sip_server.records) == sip_server.runner.total
    assert len({record.id for record in sip_server.records}) == len(sip_server.records)
    assert any(record.transferred_by for record in sip_server.records)
    sip_server.expect_idle()
