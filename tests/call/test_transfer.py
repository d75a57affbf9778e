# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.call.commands import (
    AcceptOffer,
    AdoptPeer,
    Answer,
    Cancel,
    Dial,
    End,
    FindRoute,
    HangUp,
    Notify,
    Offer,
    RefuseOffer,
    Reject,
    Respond,
    StartTimer,
    StopTimer,
    WriteRecord,
)
from mss.call.events import (
    AdoptionFailed,
    Answered,
    Cancelled,
    Failed,
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
from mss.testing.playbook import ANY, Playbook, containing, matching

CAROL = Device("sip:102@192.0.2.12")
OFFER = b"offer of the caller"
ANSWER = b"answer of the callee"


@pytest.fixture
def referred(talking_call) -> Playbook:
    """The callee (leg 1) has sent the caller to 102."""
    return (
        talking_call()
        >> TransferRequested(1, 7, "102", "", -1)
        << Respond(1, 7, 202)
        << Notify(1, 100, "Trying", False)
        << FindRoute("102", "101")
    )


@pytest.fixture
def target_rings(referred) -> Playbook:
    return (
        referred
        >> Routed(Route("102", (CAROL,), no_answer_seconds=30))
        << Dial(2, "102", CAROL, OFFER, ANY)
        << StartTimer("transfer", 30)
        >> Rung(2, 180, "Ringing", b"", "")
        << Notify(1, 180, "Ringing", False)
    )


@pytest.fixture
def target_answered(target_rings) -> Playbook:
    return (
        target_rings
        >> Answered(2, b"carol", "")
        << StopTimer("transfer")
        << Offer(0, b"carol", "INVITE")
    )


class TestBlind:
    def test_success(self, target_answered) -> None:
        assert (
            target_answered
            >> OfferAnswered(0, OFFER)
            << Notify(1, 200, "OK", True)
            << HangUp(1, containing("cause=16"))
            # The caller and carol go on.
            >> Reoffered(2, b"hold", "INVITE")
            << Offer(0, b"hold", "INVITE")
            >> OfferAnswered(0, b"held")
            << AcceptOffer(2, b"held")
            >> HungUp(2, 0, "", "")
            << WriteRecord(matching("called 102, transferred by 101", lambda record: (
                record.called, record.transferred_by, record.called_device, record.ended_by) == (
                "102", "101", CAROL.uri, "callee")))
            << HangUp(0, ANY)
            << End()
        )

    def test_the_target_is_told_of_other_codecs(self, target_answered) -> None:
        assert (
            target_answered
            >> OfferAnswered(0, b"other codecs")
            << Offer(2, b"other codecs", "INVITE")
            >> OfferAnswered(2, b"carol")
            << Notify(1, 200, "OK", True)
            << HangUp(1, ANY)
        )

    def test_the_target_does_not_like_the_other_codecs(self, target_answered) -> None:
        # Both know each other by now: good enough.
        assert (
            target_answered
            >> OfferAnswered(0, b"other codecs")
            << Offer(2, b"other codecs", "INVITE")
            >> OfferRefused(2, 488)
            << Notify(1, 200, "OK", True)
            << HangUp(1, ANY)
        )

    def test_the_first_of_several_devices_takes_it(self, referred) -> None:
        assert (
            referred
            >> Routed(Route("102", (CAROL, CAROL)))
            << Dial(2, "102", CAROL, OFFER, ANY)
            << Dial(3, "102", CAROL, OFFER, ANY)
            << StartTimer("transfer", 60)
            >> Failed(2, 486, "Busy Here", 0, ())
            >> Answered(3, b"carol", "")
            << StopTimer("transfer")
            << Offer(0, b"carol", "INVITE")
        )

    @pytest.mark.parametrize(("status", "told"), [(486, 486), (302, 480), (603, 603)])
    def test_the_target_refuses(self, target_rings, status: int, told: int) -> None:
        assert (
            target_rings
            >> Failed(2, status, "Why", 0, ())
            << StopTimer("transfer")
            << Notify(1, told, "Why", True)
            # The old call is as it was.
            >> Reoffered(0, b"hold", "INVITE")
            << Offer(1, b"hold", "INVITE")
        )

    def test_the_caller_sends_the_callee_away(self, talking_call) -> None:
        assert (
            talking_call()
            >> TransferRequested(0, 7, "102", "", -1)
            << Respond(0, 7, 202)
            << Notify(0, 100, "Trying", False)
            << FindRoute("102", "100")
            >> Routed(Route("102", (CAROL,)))
            # Carol sees the one that she will talk with.
            << Dial(2, "102", CAROL, ANSWER, ANY, "101")
            << StartTimer("transfer", 60)
            >> Answered(2, b"carol", "")
            << StopTimer("transfer")
            << Offer(1, b"carol", "INVITE")
            >> OfferAnswered(1, ANSWER)
            << Notify(0, 200, "OK", True)
            << HangUp(0, ANY)
            >> HungUp(1, 0, "", "")
            << WriteRecord(matching("called 101, transferred by 100", lambda record: (
                record.called, record.transferred_by, record.ended_by) == ("101", "100", "callee")))
            << HangUp(2, ANY)
            << End()
        )

    def test_there_is_no_such_number(self, referred) -> None:
        assert (
            referred
            >> Routed(Route("102", (), 404, "Not Found"))
            << StopTimer("transfer")
            << Notify(1, 404, "Not Found", True)
        )

    def test_the_target_does_not_answer(self, target_rings) -> None:
        assert (
            target_rings
            >> TimerFired("transfer")
            << StopTimer("transfer")
            << Cancel(2, "")
            << Notify(1, 480, "No Answer", True)
            >> Answered(2, b"late", "")
            << HangUp(2, ANY)
        )

    def test_the_transferor_leaves_early_and_it_succeeds(self, target_rings) -> None:
        assert (
            target_rings
            >> HungUp(1, 0, "", "")
            >> Answered(2, b"carol", "")
            << StopTimer("transfer")
            << Offer(0, b"carol", "INVITE")
            >> OfferAnswered(0, OFFER)
            >> HungUp(0, 0, "", "")
            << WriteRecord
            << HangUp(2, ANY)
            << End()
        )

    def test_the_transferor_leaves_early_and_it_fails(self, target_rings) -> None:
        assert (
            target_rings
            >> HungUp(1, 0, "", "")
            >> Failed(2, 486, "Busy Here", 0, ())
            << WriteRecord(matching("the cause", lambda record: record.cause_text == "transfer failed"))
            << StopTimer("transfer")
            << HangUp(0, containing("cause=31"))
            << StopTimer("duration")
            << End()
        )

    def test_the_party_that_stays_leaves(self, target_rings) -> None:
        assert (
            target_rings
            >> HungUp(0, 0, "", "")
            << WriteRecord(matching("ended by the caller", lambda record: record.ended_by == "caller"))
            << HangUp(1, ANY)
            << Cancel(2, "")
            << End()
        )

    def test_the_target_leaves_while_the_party_considers(self, target_answered) -> None:
        assert (
            target_answered
            >> HungUp(2, 0, "", "")
            << StopTimer("transfer")
            << Notify(1, 480, ANY, True)
            >> OfferAnswered(0, OFFER)
            << Offer(0, ANSWER, "INVITE")
            # Until that is done nothing else is.
            >> TransferRequested(1, 8, "103", "", -1)
            << Respond(1, 8, 491)
            >> OfferAnswered(0, OFFER)
            >> Reoffered(0, b"hold", "INVITE")
            << Offer(1, b"hold", "INVITE")
        )

    def test_the_target_leaves_and_the_party_refuses_it(self, target_answered) -> None:
        assert (
            target_answered
            >> HungUp(2, 0, "", "")
            << StopTimer("transfer")
            << Notify(1, 480, ANY, True)
            >> OfferRefused(0, 488)
            >> Reoffered(0, b"hold", "INVITE")
            << Offer(1, b"hold", "INVITE")
        )

    def test_the_target_and_then_the_transferor_leave(self, target_answered) -> None:
        assert (
            target_answered
            >> HungUp(2, 0, "", "")
            << StopTimer
            << Notify
            >> HungUp(1, 0, "", "")
            << WriteRecord
            << HangUp(0, ANY)
            << StopTimer
            << End()
        )

    def test_491_is_tried_again_and_again_but_not_for_ever(self, target_answered) -> None:
        play = target_answered
        for _ in range(3):
            play = (
                play
                >> OfferRefused(0, 491)
                << StartTimer("transfer retry", 2.5)
                >> TimerFired("transfer retry")
                << Offer(0, b"carol", "INVITE")
            )
        assert (
            play
            >> OfferRefused(0, 491)
            << HangUp(2, containing("cause=88"))
            << StopTimer("transfer")
            << Notify(1, 488, ANY, True)
        )

    def test_a_second_transfer_meanwhile(self, target_rings) -> None:
        assert (
            target_rings
            >> TransferRequested(1, 8, "103", "", -1)
            << Respond(1, 8, 491)
            >> Reoffered(0, b"hold", "INVITE")
            << RefuseOffer(0, 491)
        )

    def test_a_transfer_while_an_offer_is_open(self, talking_call) -> None:
        assert (
            talking_call()
            >> Reoffered(0, b"hold", "INVITE")
            << Offer(1, b"hold", "INVITE")
            >> TransferRequested(1, 7, "102", "", -1)
            << Respond(1, 7, 491)
        )

    def test_a_transfer_of_a_call_that_rings(self, ringing_call) -> None:
        assert ringing_call() >> TransferRequested(0, 7, "102", "", -1) << Respond(0, 7, 481)


class TestAttended:
    @pytest.fixture
    def adopting(self, talking_call) -> Playbook:
        return (
            talking_call()
            >> TransferRequested(1, 7, "102", "c2", 0)
            << Respond(1, 7, 202)
            << Notify(1, 100, "Trying", False)
            << AdoptPeer("c2", 0)
        )

    def adopt(self, play: Playbook) -> Playbook:
        """The executor moves the leg into the call before it says so."""
        leg = play.machine.state.add_leg("102", CAROL.uri)
        return play >> LegAdopted(leg, "102", b"carol") << Offer(0, b"carol", "INVITE")

    def test_success(self, adopting) -> None:
        assert (
            self.adopt(adopting)
            >> OfferAnswered(0, b"caller")
            # Carol knew the transferor's description.
            << Offer(2, b"caller", "INVITE")
            >> OfferAnswered(2, b"carol")
            << Notify(1, 200, "OK", True)
            << HangUp(1, ANY)
            >> HungUp(0, 0, "", "")
            << WriteRecord(matching("102", lambda record: record.called == "102" and record.transferred_by == "101"))
            << HangUp(2, ANY)
            << End()
        )

    def test_nobody_has_answered_yet(self, adopting) -> None:
        assert (
            adopting
            >> AdoptionFailed("102")
            << FindRoute("102", "101")
            >> Routed(Route("102", (CAROL,)))
            << Dial(2, "102", CAROL, OFFER, ANY)
            << StartTimer("transfer", 60)
        )

    def test_the_other_call_is_gone(self, adopting) -> None:
        assert adopting >> AdoptionFailed("") << StopTimer("transfer") << Notify(1, 481, ANY, True)

    def test_the_transfer_was_over_before_the_leg_came(self, adopting) -> None:
        play = adopting >> HungUp(0, 0, "", "") << WriteRecord << HangUp(1, ANY) << End()
        assert play

    def test_the_consultation_call_gives_its_party_away(self, talking_call) -> None:
        assert (
            talking_call()
            >> PeerTaken(0)
            << WriteRecord(matching("transferred", lambda record: (
                record.status, record.cause_text, record.transferred_by, record.ended_by) == (
                200, "transferred", "100", "caller")))
            << HangUp(0, containing("cause=16"))
            << End()
        )


    def test_the_consultation_call_gives_its_party_away_during_a_transfer_of_its_own(self, target_rings) -> None:
        assert (
            target_rings
            >> PeerTaken(1)
            << WriteRecord
            << HangUp(1, ANY)
            << Cancel(2, ANY)
            << End()
        )


class TestReplaces:
    @pytest.fixture
    def replacing(self, talking_call) -> Playbook:
        """Carol wants the place of the callee (leg 1)."""
        play = talking_call()
        leg = play.machine.state.add_leg("102", "udp:192.0.2.12:5060")
        return play >> ReplacementRequested(leg, 1, "102", b"carol") << Offer(0, b"carol", "INVITE")

    def test_success(self, replacing) -> None:
        assert (
            replacing
            >> OfferAnswered(0, b"caller")
            << Answer(2, b"caller", "")
            << HangUp(1, ANY)
            >> HungUp(2, 0, "", "")
            << WriteRecord(matching("102", lambda record: (record.called, record.transferred_by) == ("102", "101")))
            << HangUp(0, ANY)
            << End()
        )

    def test_the_party_that_stays_refuses(self, replacing) -> None:
        assert replacing >> OfferRefused(0, 488) << Reject(2, 488, "", "") << StopTimer("transfer")

    def test_the_newcomer_gives_up(self, replacing) -> None:
        assert (
            replacing
            >> Cancelled(2)
            >> OfferAnswered(0, b"caller")
            << Offer(0, ANSWER, "INVITE")
            >> OfferAnswered(0, b"caller")
            >> Reoffered(1, b"hold", "INVITE")
            << Offer(0, b"hold", "INVITE")
        )

    def test_the_newcomer_gives_up_while_its_offer_waits_for_another_try(self, replacing) -> None:
        assert (
            replacing
            >> OfferRefused(0, 491)
            << StartTimer("transfer retry", 2.5)
            >> Cancelled(2)
            >> TimerFired("transfer retry")
            << StopTimer("transfer")
            >> Reoffered(1, b"hold", "INVITE")
            << Offer(0, b"hold", "INVITE")
        )

    def test_the_replaced_party_leaves_meanwhile(self, replacing) -> None:
        assert (
            replacing
            >> HungUp(1, 0, "", "")
            >> OfferAnswered(0, b"caller")
            << Answer(2, b"caller", "")
            >> HungUp(0, 0, "", "")
            << WriteRecord
            << HangUp(2, ANY)
            << End()
        )

    def test_the_replaced_party_leaves_and_the_other_one_refuses(self, replacing) -> None:
        assert (
            replacing
            >> HungUp(1, 0, "", "")
            >> OfferRefused(0, 488)
            << WriteRecord
            << Reject(2, 488, "", "")
            << StopTimer("transfer")
            << HangUp(0, ANY)
            << StopTimer("duration")
            << End()
        )

    @pytest.mark.parametrize("make", ["ringing", "offering"])
    def test_not_now(self, ringing_call, talking_call, make: str) -> None:
        if make == "ringing":
            play, status = ringing_call(), 481
        else:
            play = talking_call() >> Reoffered(0, b"hold", "INVITE") << Offer
            status = 491
        leg = play.machine.state.add_leg("102", "")
        assert play >> ReplacementRequested(leg, 1, "102", b"carol") << Reject(leg, status, "", "")
