# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.call.commands import (
    AcceptOffer,
    Acknowledge,
    End,
    HangUp,
    Offer,
    RefuseOffer,
    Reject,
    Ring,
    StopTimer,
    WriteRecord,
)
from mss.call.events import (
    Acknowledged,
    Failed,
    HangUpRequested,
    HungUp,
    OfferAnswered,
    OfferRefused,
    Reoffered,
    Rung,
    TimerFired,
)
from mss.call.target import Device
from mss.testing.playbook import containing, matching


def ended_by(who: str, cause: int):
    return WriteRecord(matching(f"ended by {who}, cause {cause}",
                                lambda record: (record.ended_by, record.cause) == (who, cause)))


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
@pytest.mark.parametrize(("leg", "peer"), [(0, 1), (1, 0)])
def test_a_change_is_for_the_peer_to_decide(talking_call, method: str, leg: int, peer: int) -> None:
    assert (
        talking_call()
        >> Reoffered(leg, b"hold", method)
        << Offer(peer, b"hold", method)
        >> OfferAnswered(peer, b"held")
        << AcceptOffer(leg, b"held")
    )


@pytest.mark.parametrize(("status", "told"), [(488, 488), (491, 491), (415, 415), (500, 500), (503, 503), (603, 603),
                                              (404, 488), (408, 488)])
def test_a_refusal_goes_back(talking_call, status: int, told: int) -> None:
    assert (
        talking_call()
        >> Reoffered(0, b"hold", "INVITE")
        << Offer(1, b"hold", "INVITE")
        >> OfferRefused(1, status)
        << RefuseOffer(0, told)
        # And the next one is taken.
        >> Reoffered(1, b"hold", "INVITE")
        << Offer(0, b"hold", "INVITE")
    )


def test_one_offer_at_a_time(talking_call) -> None:
    assert (
        talking_call()
        >> Reoffered(0, b"hold", "INVITE")
        << Offer(1, b"hold", "INVITE")
        >> Reoffered(1, b"hold too", "UPDATE")
        << RefuseOffer(1, 491)
        >> OfferAnswered(1, b"held")
        << AcceptOffer(0, b"held")
    )


def test_an_offerless_reinvite(talking_call) -> None:
    assert (
        talking_call()
        >> Reoffered(0, b"", "INVITE")
        << Offer(1, b"", "INVITE")
        >> OfferAnswered(1, b"offer of the callee")
        << AcceptOffer(0, b"offer of the callee")
        >> Acknowledged(0, b"answer of the caller")
        << Acknowledge(1, b"answer of the caller")
    )


def test_answers_that_nobody_waits_for(talking_call) -> None:
    assert talking_call() >> OfferAnswered(0, b"x") >> OfferRefused(1, 488) >> Acknowledged(0, b"x")


@pytest.mark.parametrize(("leg", "peer", "who"), [(0, 1, "caller"), (1, 0, "callee")])
def test_a_party_hangs_up(talking_call, leg: int, peer: int, who: str) -> None:
    assert (
        talking_call()
        >> HungUp(leg, 0, "", "")
        << ended_by(who, 16)
        << HangUp(peer, containing("Q.850;cause=16"))
        << End()
    )


def test_the_reason_of_a_bye_passes_and_counts(talking_call) -> None:
    assert (
        talking_call()
        >> HungUp(1, 31, "Reason: Q.850;cause=31\r\n", "")
        << ended_by("callee", 31)
        << HangUp(0, "Reason: Q.850;cause=31\r\n")
        << End()
    )


def test_a_party_is_lost(talking_call) -> None:
    assert (
        talking_call()
        >> HungUp(0, 0, "", "no response to keep-alive")
        << ended_by("server", 41)
        << HangUp(1, containing("cause=41"))
        << End()
    )


def test_both_hang_up(talking_call) -> None:
    assert talking_call() >> HungUp(0, 0, "", "") << WriteRecord << HangUp << End >> HungUp(1, 0, "", "")


def test_the_limit_of_its_duration(talking_call) -> None:
    assert (
        talking_call(max_seconds=100)
        >> TimerFired("duration")
        << ended_by("server", 31)
        << HangUp(0, containing("cause=31"))
        << HangUp(1, containing("cause=31"))
        << StopTimer("duration")
        << End()
    )


def test_the_limit_is_stopped_when_a_party_hangs_up(talking_call) -> None:
    assert (
        talking_call(max_seconds=100)
        >> HungUp(0, 0, "", "")
        << WriteRecord
        << HangUp(1, containing("cause=16"))
        << StopTimer("duration")
        << End()
    )


def test_somebody_else_ends_it(talking_call) -> None:
    assert (
        talking_call()
        >> HangUpRequested("maintenance")
        << WriteRecord(matching("the reason", lambda record: record.cause_text == "maintenance"))
        << HangUp(0, containing("cause=31"))
        << HangUp(1, containing("cause=31"))
        << StopTimer("duration")
        << End()
    )


class TestEarly:
    """UPDATE before the answer (RFC 3311 5.1)."""

    def test_between_the_caller_and_the_device_with_early_media(self, ringing_call) -> None:
        assert (
            ringing_call()
            >> Rung(1, 183, "", b"early", "")
            << Ring
            >> Reoffered(0, b"hold", "UPDATE")
            << Offer(1, b"hold", "UPDATE")
            >> OfferAnswered(1, b"held")
            << AcceptOffer(0, b"held")
            >> Reoffered(1, b"other", "UPDATE")
            << Offer(0, b"other", "UPDATE")
            >> OfferAnswered(0, b"fine")
            << AcceptOffer(1, b"fine")
        )

    def test_without_early_media_there_is_nobody_to_ask(self, ringing_call) -> None:
        play = ringing_call() >> Rung(1, 180, "", b"", "") << Ring
        assert play >> Reoffered(0, b"x", "UPDATE") << RefuseOffer(0, 491)

    def test_with_early_media_of_two_devices_it_is_not_certain_whom(self, ringing_call) -> None:
        play = ringing_call((Device("sip:1@192.0.2.1"), Device("sip:2@192.0.2.2")))
        for leg in (1, 2):
            play = play >> Rung(leg, 183, "", b"early", "") << Ring
        assert (
            play
            >> Reoffered(0, b"x", "UPDATE")
            << RefuseOffer(0, 491)
            >> Reoffered(2, b"x", "UPDATE")
            << RefuseOffer(2, 491)
        )

    def test_a_device_that_fails_leaves_no_offer_behind(self, ringing_call) -> None:
        assert (
            ringing_call()
            >> Rung(1, 183, "", b"early", "")
            << Ring
            >> Reoffered(0, b"hold", "UPDATE")
            << Offer
            >> Failed(1, 486, "", 0, ())
            << WriteRecord
            << RefuseOffer(0, 487)
            << StopTimer
            << Reject(0, 486, "", "")
            << End
        )
