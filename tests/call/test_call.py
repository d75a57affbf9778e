# SPDX-License-Identifier: GPL-2.0-or-later
"""Anchored media: what a call does while the media gateway works on a description."""
from __future__ import annotations

import pytest

from mss.call.commands import (
    AcceptOffer,
    Acknowledge,
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
    Answered,
    CallReceived,
    Cancelled,
    CarryFailed,
    DescriptionCarried,
    HangUpRequested,
    HungUp,
    OfferAnswered,
    Reoffered,
    ReplacementRequested,
    Routed,
    Rung,
    TransferRequested,
)
from mss.call.target import Device, Route
from mss.testing.playbook import ANY, Playbook, containing, matching

DESK, MOBILE = Device("sip:101@192.0.2.11"), Device("sip:101@192.0.2.12")
CAROL = Device("sip:102@192.0.2.13")


@pytest.fixture
def dialling(new_call) -> Playbook:
    return (
        new_call()
        >> CallReceived(b"offer", "")
        << FindRoute("101", "")
        >> Routed(Route("101", (DESK,), no_answer_seconds=60, media="anchored"))
        << CarryDescription(0, 1, b"offer", 1)
        << StartTimer("no answer", 60)
    )


@pytest.fixture
def talking(dialling) -> Playbook:
    return (
        dialling
        >> DescriptionCarried(1, b"OFFER")
        << Dial(1, "101", DESK, b"OFFER", "")
        >> Answered(1, b"answer", "")
        << StopTimer("no answer")
        << CarryDescription(1, 0, b"answer", 2)
        << OpenRecord(matching("anchored", lambda record: record.media == "anchored"))
        >> DescriptionCarried(2, b"ANSWER")
        << Answer(0, b"ANSWER", "")
    )


def test_every_description_passes_the_gateway(talking) -> None:
    assert (
        talking
        >> Reoffered(0, b"hold", "INVITE")
        << CarryDescription(0, 1, b"hold", 3)
        >> DescriptionCarried(3, b"HOLD")
        << Offer(1, b"HOLD", "INVITE")
        >> OfferAnswered(1, b"held")
        << CarryDescription(1, 0, b"held", 4)
        >> DescriptionCarried(4, b"HELD")
        << AcceptOffer(0, b"HELD")
    )


def test_early_media_too(dialling) -> None:
    assert (
        dialling
        >> DescriptionCarried(1, b"OFFER")
        << Dial
        >> Rung(1, 183, "", b"early", "")
        << CarryDescription(1, 0, b"early", 2)
        >> DescriptionCarried(2, b"EARLY")
        << Ring(0, 183, "", b"EARLY", "")
        >> Rung(1, 180, "", b"", "")
        # Without a description there is nothing to wait for.
        << Ring(0, 180, "", b"", "")
    )


def test_the_answer_in_an_ack_too(new_call) -> None:
    assert (
        new_call()
        >> CallReceived(b"", "")
        << FindRoute("101", "")
        >> Routed(Route("101", (DESK,), media="anchored"))
        << Dial(1, "101", DESK, b"", "")
        >> Answered(1, b"offer", "")
        << StopTimer
        << CarryDescription(1, 0, b"offer", 1)
        << OpenRecord
        >> DescriptionCarried(1, b"OFFER")
        << Answer(0, b"OFFER", "")
        >> Acknowledged(0, b"answer")
        << CarryDescription(0, 1, b"answer", 2)
        >> DescriptionCarried(2, b"ANSWER")
        << Acknowledge(1, b"ANSWER")
    )


def test_several_devices_at_once(new_call) -> None:
    assert (
        new_call()
        >> CallReceived(b"offer", "")
        << FindRoute("101", "")
        >> Routed(Route("101", (DESK, MOBILE), media="anchored"))
        << CarryDescription(0, 1, b"offer", 1)
        << CarryDescription(0, 2, b"offer", 2)
        >> DescriptionCarried(2, b"TWO")
        << Dial(2, "101", MOBILE, b"TWO", "")
        >> DescriptionCarried(1, b"ONE")
        << Dial(1, "101", DESK, b"ONE", "")
    )


def test_what_happens_meanwhile_waits(dialling) -> None:
    assert (
        dialling
        >> DescriptionCarried(1, b"OFFER")
        << Dial
        >> Rung(1, 183, "", b"early", "")
        << CarryDescription(1, 0, b"early", 2)
        >> Answered(1, b"answer", "")
        >> DescriptionCarried(2, b"EARLY")
        << Ring(0, 183, "", b"EARLY", "")
        << StopTimer("no answer")
        << CarryDescription(1, 0, b"answer", 3)
        << OpenRecord
        >> DescriptionCarried(3, b"ANSWER")
        << Answer(0, b"ANSWER", "")
    )


class TestEndings:
    """The end of a call does not wait for the gateway."""

    def test_cancel(self, dialling) -> None:
        assert (
            dialling
            >> Cancelled(0)
            << WriteRecord
            << Cancel(1, "")
            << StopTimer("no answer")
            << End()
            >> DescriptionCarried(1, b"late")
        )

    def test_cancel_while_the_answer_is_with_the_gateway(self, dialling) -> None:
        assert (
            dialling
            >> DescriptionCarried(1, b"OFFER")
            << Dial
            >> Answered(1, b"answer", "")
            << StopTimer
            << CarryDescription
            << OpenRecord
            >> Cancelled(0)
            << WriteRecord(matching("not answered", lambda record: (record.status, record.answered_at) == (487, 0.0)))
            << HangUp(1, "")
            << StopTimer
            << End()
            >> DescriptionCarried(2, b"late")
        )

    def test_a_newcomer_gives_up_while_its_answer_is_with_the_gateway(self, talking) -> None:
        play = talking
        leg = play.machine.state.add_leg("107", "")
        assert (
            play
            >> ReplacementRequested(leg, 1, "107", b"new")
            << CarryDescription(leg, 0, b"new", 3)
            >> DescriptionCarried(3, b"NEW")
            << Offer(0, b"NEW", "INVITE")
            >> OfferAnswered(0, b"caller")
            << CarryDescription(0, leg, b"caller", 4)
            << HangUp(1, ANY)
            >> Cancelled(leg)
            >> DescriptionCarried(4, b"CALLER")
            << WriteRecord
            << Answer(leg, b"CALLER", "")
            << HangUp(0, ANY)
            << End()
        )

    def test_an_answer_that_waited_and_its_hang_up_leave_one_record(self, new_call) -> None:
        assert (
            new_call()
            >> CallReceived(b"offer", "")
            << FindRoute("101", "")
            >> Routed(Route("101", (DESK, MOBILE), media="anchored"))
            << CarryDescription(0, 1, b"offer", 1)
            << CarryDescription(0, 2, b"offer", 2)
            >> DescriptionCarried(2, b"TWO")
            << Dial(2, "101", MOBILE, b"TWO", "")
            >> Answered(2, b"", "")
            >> HungUp(2, 0, "", "")
            >> DescriptionCarried(1, b"ONE")
            # Nothing is opened after it was closed.
            << WriteRecord
            << Dial(1, "101", DESK, b"ONE", "")
            << Cancel(1, ANY)
            << StopTimer("no answer")
            << Answer(0, b"", "")
            << HangUp(0, ANY)
            << End()
        )

    def test_hang_up(self, talking) -> None:
        assert (
            talking
            >> Reoffered(0, b"hold", "INVITE")
            << CarryDescription
            >> HungUp(0, 0, "", "")
            << WriteRecord
            << HangUp(1, ANY)
            << End()
            >> CarryFailed(3, "late")
        )

    def test_an_administrator(self, dialling) -> None:
        assert (
            dialling
            >> HangUpRequested("stop")
            << WriteRecord
            << Reject(0, 480, "", ANY)
            << Cancel(1, ANY)
            << End()
        )

    def test_the_gateway_is_lost(self, talking) -> None:
        assert (
            talking
            >> HangUpRequested("gateway down", 38)
            << WriteRecord(matching("cause 38", lambda record: (record.cause, record.cause_text) == (
                38, "gateway down")))
            << HangUp(0, containing("cause=38"))
            << HangUp(1, containing("cause=38"))
            << StopTimer("duration")
            << End()
        )


class TestFailures:
    """The gateway cannot do it."""

    @pytest.mark.parametrize("status", [503, 488])
    def test_for_the_first_offer(self, dialling, status: int) -> None:
        assert (
            dialling
            >> CarryFailed(1, "no ports", status)
            << WriteRecord(matching("why", lambda record: (record.status, record.cause_text) == (status, "no ports")))
            << Cancel(1, "")
            << Reject(0, status, "", "")
            << End()
        )

    def test_for_the_answer(self, dialling) -> None:
        assert (
            dialling
            >> DescriptionCarried(1, b"OFFER")
            << Dial
            >> Answered(1, b"answer", "")
            << StopTimer
            << CarryDescription
            << OpenRecord
            >> CarryFailed(2, "does not fit", 488)
            << WriteRecord(matching("not answered", lambda record: (record.status, record.answered_at) == (488, 0.0)))
            << Reject(0, 488, "", "")
            << HangUp(1, containing("cause=88"))
            << End()
        )

    def test_for_a_change(self, talking) -> None:
        assert (
            talking
            >> Reoffered(0, b"hold", "INVITE")
            << CarryDescription
            >> CarryFailed(3, "bad", 488)
            << RefuseOffer(0, 488)
            >> Reoffered(1, b"hold", "INVITE")
            << CarryDescription(1, 0, b"hold", 4)
        )

    def test_for_the_answer_to_a_change(self, talking) -> None:
        assert (
            talking
            >> Reoffered(0, b"hold", "INVITE")
            << CarryDescription
            >> DescriptionCarried(3, b"HOLD")
            << Offer
            >> OfferAnswered(1, b"held")
            << CarryDescription
            >> CarryFailed(4, "bad", 488)
            << WriteRecord(matching("cause 47", lambda record: record.cause == 47))
            << HangUp(0, ANY)
            << HangUp(1, ANY)
            << StopTimer
            << End()
        )

    def test_for_the_target_of_a_transfer(self, talking) -> None:
        assert (
            talking
            >> TransferRequested(1, 7, "102", "", -1)
            << Respond
            << Notify
            << FindRoute
            >> Routed(Route("102", (CAROL,)))
            << CarryDescription(0, 2, b"offer", 3)
            << StartTimer("transfer", 60)
            >> CarryFailed(3, "no ports", 503)
            << StopTimer("transfer")
            << Notify(1, 503, "no ports", True)
            >> Reoffered(0, b"hold", "INVITE")
            << CarryDescription(0, 1, b"hold", 4)
        )

    def test_for_the_party_of_a_transfer(self, talking) -> None:
        assert (
            talking
            >> TransferRequested(1, 7, "102", "", -1)
            << Respond
            << Notify
            << FindRoute
            >> Routed(Route("102", (CAROL,)))
            << CarryDescription
            << StartTimer
            >> DescriptionCarried(3, b"OFFER")
            << Dial
            >> Answered(2, b"carol", "")
            << StopTimer
            << CarryDescription(2, 0, b"carol", 4)
            >> CarryFailed(4, "bad", 488)
            << HangUp(2, ANY)
            << StopTimer("transfer")
            << Notify(1, 488, ANY, True)
        )


def test_an_ended_call_takes_nothing_more(dialling) -> None:
    play = dialling >> Cancelled(0) << WriteRecord << Cancel << StopTimer << End
    for event in (Answered(1, b"x", ""), HungUp(0, 0, "", ""), CarryFailed(1, "x"), HangUpRequested("x"),
                  Reoffered(0, b"x", "INVITE"), Routed(Route("101", (DESK,)))):
        play = play >> event
    assert play
    assert play.machine.is_ended
    assert play.machine.id == "c1"
