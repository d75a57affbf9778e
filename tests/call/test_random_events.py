# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever happens in whatever order: a call raises nothing, ends, leaves one record and no party behind.

``World`` plays everybody else: it carries out commands as a server does and lets happen, by chance, what
may happen next.
"""
from __future__ import annotations

from random import Random

import hypothesis
import pytest
from hypothesis import strategies

from mss.call.call import Call, CallSettings
from mss.call.commands import (
    AcceptOffer,
    Acknowledge,
    AdoptPeer,
    Answer,
    Cancel,
    CarryDescription,
    Dial,
    End,
    FindRoute,
    HangUp,
    Notify,
    Offer,
    OpenRecord,
    RefuseOffer,
    Reject,
    Respond,
    Ring,
    StartTimer,
    StopTimer,
    WriteRecord,
)
from mss.call.events import (
    Acknowledged,
    AdoptionFailed,
    Answered,
    CallReceived,
    Cancelled,
    CarryFailed,
    DescriptionCarried,
    Failed,
    HangUpRequested,
    HungUp,
    LegAdopted,
    OfferAnswered,
    OfferRefused,
    PeerTaken,
    Reoffered,
    ReplacementRequested,
    Routed,
    Rung,
    TimerFired,
    TransferRequested,
)
from mss.call.target import Device, Route

#: States of a party as it sees itself.
INVITING, INVITED, UP, GONE = "inviting", "invited", "up", "gone"


class World:
    """The parties, timers, routes and media gateway of one call."""

    def __init__(self, chance: Random, media: str) -> None:
        self.chance = chance
        self.media = media
        self.call = Call("c1", "100", "101", "id", CallSettings(), 0.0)
        self.now = 0.0
        self.parties: dict[int, str] = {0: INVITING}
        self.offered: set[int] = set()
        self.offering: set[int] = set()
        self.timers: set[str] = set()
        self.tokens: list[int] = []
        self.requests: set[int] = set()
        self.routing: list[FindRoute] = []
        self.adopting = 0
        self.records = 0
        self.is_ended = False
        self.log: list[str] = []
        self._serial = 0

    def live(self) -> None:
        """Let things happen until the call is over."""
        self.feed(CallReceived(self.body(), ""))
        for _ in range(200):
            possible = self.possible()
            if self.is_ended or not possible:
                break
            self.chance.choice(possible)()
        if not self.is_ended:
            self.feed(HangUpRequested("the test is over"))

    # ---- carrying out commands ---------------------------------------------
    def feed(self, event) -> None:
        """Let something happen, and do what the call wants done."""
        self.now += 0.1
        self.log.append(f">> {event}")
        for command in self.call.handle(event, self.now):
            self.log.append(f"<< {command}")
            assert not self.is_ended, "a command after the end"
            getattr(self, f"do_{type(command).__name__}")(command)

    def do_FindRoute(self, command: FindRoute) -> None:
        self.routing.append(command)

    def do_Dial(self, command: Dial) -> None:
        assert command.leg not in self.parties
        self.parties[command.leg] = INVITED

    def do_Ring(self, command: Ring) -> None:
        assert self.parties[command.leg] == INVITING

    def do_Answer(self, command: Answer) -> None:
        if self.parties[command.leg] == GONE and command.leg:
            return
        assert self.parties[command.leg] == INVITING
        self.parties[command.leg] = UP

    def do_Reject(self, command: Reject) -> None:
        # The CANCEL of a newcomer (Replaces) may wait behind the media gateway; the caller's never does.
        assert self.parties[command.leg] == INVITING or self.parties[command.leg] == GONE and command.leg
        self.parties[command.leg] = GONE

    def do_Cancel(self, command: Cancel) -> None:
        # A device whose description is still with the media gateway was never called.
        if command.leg in self.parties:
            self.parties[command.leg] = GONE

    def do_HangUp(self, command: HangUp) -> None:
        # As a session does: an INVITE of the party that has no answer yet gets 487.
        if self.parties.get(command.leg) in (UP, INVITING, INVITED):
            self.parties[command.leg] = GONE
        self.offered.discard(command.leg)
        self.offering.discard(command.leg)

    def do_Acknowledge(self, command: Acknowledge) -> None:
        pass

    def do_Offer(self, command: Offer) -> None:
        if self.parties.get(command.leg) == GONE:
            return
        self.offered.add(command.leg)

    def do_AcceptOffer(self, command: AcceptOffer) -> None:
        if self.parties[command.leg] != GONE:
            assert command.leg in self.offering
        self.offering.discard(command.leg)

    def do_RefuseOffer(self, command: RefuseOffer) -> None:
        if self.parties[command.leg] != GONE:
            assert command.leg in self.offering
        self.offering.discard(command.leg)

    def do_Respond(self, command: Respond) -> None:
        self.requests.remove(command.token)

    def do_Notify(self, command: Notify) -> None:
        pass

    def do_AdoptPeer(self, command: AdoptPeer) -> None:
        self.adopting += 1

    def do_StartTimer(self, command: StartTimer) -> None:
        self.timers.add(command.name)

    def do_StopTimer(self, command: StopTimer) -> None:
        self.timers.discard(command.name)

    def do_CarryDescription(self, command: CarryDescription) -> None:
        self.tokens.append(command.token)

    def do_OpenRecord(self, command: OpenRecord) -> None:
        assert self.records == 0

    def do_WriteRecord(self, command: WriteRecord) -> None:
        self.records += 1
        record = command.record
        assert record.status and record.cause and record.ended_by and record.ended_at >= record.started_at

    def do_End(self, command: End) -> None:
        self.is_ended = True
        self.timers.clear()

    # ---- what may happen next ----------------------------------------------
    def serial(self) -> int:
        self._serial += 1
        return self._serial

    def body(self) -> bytes:
        return b"description %d" % self.serial() if self.chance.random() < 0.9 else b""

    def route(self, number: str) -> Route:
        chance = self.chance
        forwards = {name: "105" for name in ("forward_busy", "forward_no_answer", "forward_unreachable")
                    if chance.random() < 0.2}
        if chance.random() < 0.2:
            status, condition = chance.choice([(404, ""), (486, "busy"), (480, "unreachable")])
            return Route(number, (), status, "", condition, **forwards)
        devices = tuple(Device(f"sip:{number}@{index}") for index in range(chance.randint(1, 3)))
        return Route(number, devices, no_answer_seconds=60, max_seconds=chance.choice([0, 0, 100]), media=self.media,
                     **forwards)

    def possible(self) -> list:
        """Things that may happen now, each as a function."""
        found = [self.answer_route] * 3 if self.routing else []
        found += [self.answer_gateway] * 3 if self.tokens else []
        found += [self.answer_adoption] * 3 if self.adopting else []
        found += [self.fire_timer] if self.timers and self.chance.random() < 0.2 else []
        for leg, state in self.parties.items():
            found += [lambda leg=leg, state=state: getattr(self, f"be_{state}")(leg)] if state != GONE else []
        if self.chance.random() < 0.1:
            found.append(self.replace)
        return found

    def answer_route(self) -> None:
        self.feed(Routed(self.route(self.routing.pop(0).number)))

    def answer_gateway(self) -> None:
        token = self.tokens.pop(self.chance.randrange(len(self.tokens)))
        fails = self.chance.random() < 0.1
        self.feed(CarryFailed(token, "no ports", 503) if fails else DescriptionCarried(token, self.body() or b"x"))

    def answer_adoption(self) -> None:
        self.adopting -= 1
        if self.chance.random() < 0.3:
            self.feed(AdoptionFailed(self.chance.choice(["", "102"])))
            return
        leg = self.call.state.add_leg("102", "sip:102")
        self.parties[leg] = UP
        self.feed(LegAdopted(leg, "102", self.body() or b"x"))

    def fire_timer(self) -> None:
        name = self.chance.choice(sorted(self.timers))
        self.timers.discard(name)
        self.feed(TimerFired(name))

    def replace(self) -> None:
        up = [leg for leg, state in self.parties.items() if state == UP]
        if up:
            leg = self.call.state.add_leg("107", "sip:107")
            self.parties[leg] = INVITING
            self.feed(ReplacementRequested(leg, self.chance.choice(up), "107", self.body() or b"x"))

    def be_inviting(self, leg: int) -> None:
        if self.chance.random() < 0.1:
            self.parties[leg] = GONE
            self.feed(Cancelled(leg))

    def be_invited(self, leg: int) -> None:
        what = self.chance.random()
        if leg in self.offered:
            self.answer_offer(leg)
        elif what < 0.4:
            self.feed(Rung(leg, self.chance.choice([180, 183, 199]), "", self.body(), ""))
        elif what < 0.7:
            self.parties[leg] = UP
            self.feed(Answered(leg, self.body(), ""))
        elif what < 0.95:
            self.parties[leg] = GONE
            status = self.chance.choice([302, 404, 408, 480, 486, 487, 503, 603])
            self.feed(Failed(leg, status, "", 0, ("106",) if status == 302 else ()))
        else:
            self.parties[leg] = GONE
            self.feed(HungUp(leg, 0, "", ""))

    def answer_offer(self, leg: int) -> None:
        self.offered.discard(leg)
        if self.chance.random() < 0.7:
            self.feed(OfferAnswered(leg, self.body()))
        else:
            self.feed(OfferRefused(leg, self.chance.choice([488, 491, 500, 408])))

    def be_up(self, leg: int) -> None:
        what = self.chance.random()
        if leg in self.offered and what < 0.7:
            self.answer_offer(leg)
        elif what < 0.04:
            self.parties[leg] = GONE
            self.offered.discard(leg)
            self.offering.discard(leg)
            self.feed(HungUp(leg, 0, "", self.chance.choice(["", "lost"])))
        elif what < 0.4:
            self.feed(Acknowledged(leg, self.body()))
        elif what < 0.7 and leg not in self.offered and leg not in self.offering:
            self.offering.add(leg)
            self.feed(Reoffered(leg, self.body(), self.chance.choice(["INVITE", "UPDATE"])))
        elif what < 0.80:
            token = self.serial()
            self.requests.add(token)
            attended = self.chance.random() < 0.5
            self.feed(TransferRequested(leg, token, "102", "c2" if attended else "", 0 if attended else -1))
        elif what < 0.81:
            # Another call takes the peer over: the executor has moved it already.
            peer = self.call.state.legs[leg].peer
            if peer >= 0 and self.parties.get(peer) == UP:
                self.parties[peer] = GONE
                self.feed(PeerTaken(leg))


def play(seed: int, media: str) -> World:
    """One life of a call, ended by hand if it does not end by itself."""
    world = World(Random(seed), media)
    try:
        world.live()
    except Exception as error:
        error.add_note("\n".join(world.log))
        raise
    return world


@pytest.mark.parametrize("media", ["direct", "anchored"])
@hypothesis.settings(max_examples=400)
@hypothesis.given(seed=strategies.integers(0, 2**32))
def test_it_ends_with_one_record_and_nobody_left_behind(media: str, seed: int) -> None:
    world = play(seed, media)
    story = "\n".join(world.log)
    assert world.is_ended and world.call.is_ended, story
    assert world.records == 1, story
    assert set(world.parties.values()) == {GONE}, f"{world.parties}\n{story}"
