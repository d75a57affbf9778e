# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.call.cause import COMPLETED_ELSEWHERE
from mss.call.commands import (
    Acknowledge,
    Answer,
    Cancel,
    Dial,
    End,
    FindRoute,
    HangUp,
    OpenRecord,
    Reject,
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
    Failed,
    HungUp,
    Routed,
    Rung,
    TimerFired,
)
from mss.call.target import Device, Route
from mss.testing.playbook import ANY, capture, containing, matching, wait

OFFER = b"offer of the caller"
DESK, MOBILE = Device("sip:101@192.0.2.11"), Device("sip:101@192.0.2.12")


def record(**wanted):
    """A WriteRecord whose record has these values."""
    words = ", ".join(f"{name} {value!r}" for name, value in wanted.items())
    return WriteRecord(matching(words, lambda found: all(getattr(found, name) == value
                                                         for name, value in wanted.items())))


def test_ring_answer_and_hang_up(ringing_call) -> None:
    play = ringing_call()
    assert (
        play
        >> wait(2.0)
        >> Rung(1, 180, "Ringing", b"", "Alert-Info: <x>\r\n")
        << Ring(0, 180, "Ringing", b"", "Alert-Info: <x>\r\n")
        >> wait(3.0)
        >> Answered(1, b"answer", "")
        << StopTimer("no answer")
        << Answer(0, b"answer", "")
        << OpenRecord(capture("opened"))
        >> wait(10.0)
        >> HungUp(1, 0, "", "")
        << record(started_at=1000.0, rang_at=1002.0, answered_at=1005.0, ended_at=1015.0, status=200, cause=16,
                  ended_by="callee", called_device=DESK.uri)
        << HangUp(0, containing("cause=16"))
        << End()
    )
    assert play.captured["opened"].answered_at == 1005.0
    assert play.machine.is_ended


def test_the_winner_takes_it_and_the_others_are_cancelled(ringing_call) -> None:
    assert (
        ringing_call((DESK, MOBILE))
        >> Answered(2, b"answer", "")
        << Cancel(1, COMPLETED_ELSEWHERE)
        << StopTimer("no answer")
        << Answer(0, b"answer", "")
        << OpenRecord(ANY)
        # The loser's 200 was on its way already, its 180 too.
        >> Rung(1, 180, "Ringing", b"", "")
        >> Answered(1, b"late", "")
        << HangUp(1, COMPLETED_ELSEWHERE)
        >> Failed(1, 487, "", 0, ())
    )


def test_an_answer_in_a_provisional_response_is_repeated(ringing_call) -> None:
    assert (
        ringing_call()
        >> Rung(1, 183, "", b"early", "")
        << Ring(0, 183, "", b"early", "")
        >> Answered(1, b"", "")
        << StopTimer("no answer")
        << Answer(0, b"early", "")
        << OpenRecord(ANY)
    )


def test_199_is_not_passed_on(ringing_call) -> None:
    assert ringing_call() >> Rung(1, 199, "", b"", "")


def test_without_an_offer_the_ack_brings_the_answer(ringing_call) -> None:
    assert (
        ringing_call(offer=b"")
        >> Rung(1, 183, "", b"no answer to anything", "")
        << Ring(0, 183, "", b"", "")
        >> Answered(1, b"offer of the callee", "")
        << StopTimer("no answer")
        << Answer(0, b"offer of the callee", "")
        << OpenRecord(ANY)
        >> Acknowledged(0, b"answer of the caller")
        << Acknowledge(1, b"answer of the caller")
        >> Acknowledged(0, b"again")
    )


def test_the_last_failure_decides(ringing_call) -> None:
    assert (
        ringing_call((DESK, MOBILE))
        >> Failed(1, 486, "Busy Here", 0, ())
        >> Failed(2, 480, "Gone", 0, ())
        << record(status=486, cause=17, ended_by="callee", cause_text="user busy")
        << StopTimer("no answer")
        << Reject(0, 486, "Busy Here", "")
        << End()
    )


@pytest.mark.parametrize(("statuses", "told"), [
    ((500, 404), 404), ((408, 480), 408), ((503, 415), 415), ((404, 486), 486), ((600,), 600), ((401,), 480),
    ((302,), 480), ((407,), 480),
])  # fmt: skip
def test_which_failure_is_told(ringing_call, statuses, told) -> None:
    play = ringing_call((DESK, MOBILE)[: len(statuses)])
    for leg, status in enumerate(statuses[:-1], 1):
        play = play >> Failed(leg, status, "", 0, ())
    assert (
        play
        >> Failed(len(statuses), statuses[-1], "", 0, ())
        << record(status=told)
        << StopTimer
        << Reject(0, told, "", "")
        << End
    )


def test_a_failure_for_everybody_cancels_the_others(ringing_call) -> None:
    assert (
        ringing_call((DESK, MOBILE))
        >> Failed(2, 603, "Decline", 21, ())
        << record(status=603, cause=21)
        << StopTimer("no answer")
        << Cancel(1, "")
        << Reject(0, 603, "Decline", containing("cause=21"))
        << End()
    )


def test_nobody_answers(ringing_call) -> None:
    assert (
        ringing_call((DESK, MOBILE))
        >> TimerFired("no answer")
        << record(status=480, cause=19, ended_by="server")
        << Cancel(1, "")
        << Cancel(2, "")
        << Reject(0, 480, "No Answer", containing("cause=19"))
        << End()
    )


def test_a_timer_after_the_answer_does_nothing(talking_call) -> None:
    assert talking_call() >> TimerFired("no answer")


def test_the_caller_gives_up(ringing_call) -> None:
    assert (
        ringing_call()
        >> Cancelled(0)
        << record(status=487, ended_by="caller")
        << Cancel(1, "")
        << StopTimer("no answer")
        << End()
        # All is over: what comes now changes nothing.
        >> Answered(1, b"late", "")
        >> Failed(1, 487, "", 0, ())
    )


def test_the_caller_gives_up_before_the_route_is_known(new_call) -> None:
    assert (
        new_call()
        >> CallReceived(OFFER, "")
        << FindRoute("101", "")
        >> Cancelled(0)
        << record(status=487)
        << StopTimer("no answer")
        << End()
        >> Routed(Route("101", (DESK,)))
    )


@pytest.mark.parametrize(("status", "cause"), [(404, 1), (480, 18), (403, 21)])
def test_a_route_that_refuses(new_call, status: int, cause: int) -> None:
    assert (
        new_call()
        >> CallReceived(OFFER, "")
        << FindRoute("101", "")
        >> Routed(Route("101", (), status, "Because"))
        << record(status=status, cause=cause, ended_by="server")
        << Reject(0, status, "Because", "")
        << End()
    )


class TestForwards:
    """Each forward is a new route, announced by 181."""

    @pytest.mark.parametrize(("status", "option"), [(486, "forward_busy"), (600, "forward_busy"),
                                                    (480, "forward_unreachable"), (408, "forward_unreachable"),
                                                    (503, "forward_unreachable"), (430, "forward_unreachable")])
    def test_after_a_failure(self, ringing_call, status: int, option: str) -> None:
        assert (
            ringing_call(**{option: "102"})
            >> Failed(1, status, "", 0, ())
            << StopTimer("no answer")
            << Ring(0, 181, "", b"", containing("username=101;contact=102"))
            << FindRoute("102", "101")
            >> Routed(Route("102", (DESK,)))
            << Dial(2, "102", DESK, OFFER, ANY)
        )

    def test_after_no_answer(self, ringing_call) -> None:
        assert (
            ringing_call(forward_no_answer="102")
            >> TimerFired("no answer")
            << Cancel(1, "")
            << StopTimer("no answer")
            << Ring(0, 181, "", b"", ANY)
            << FindRoute("102", "101")
        )

    @pytest.mark.parametrize("condition", ["busy", "unreachable"])
    def test_at_once(self, new_call, condition: str) -> None:
        assert (
            new_call()
            >> CallReceived(OFFER, "")
            << FindRoute("101", "")
            >> Routed(Route("101", (), 480, "", condition, (), **{f"forward_{condition}": "102"}))
            << StopTimer("no answer")
            << Ring(0, 181, "", b"", ANY)
            << FindRoute("102", "101")
        )

    def test_unconditional_ones_were_followed_by_routing(self, new_call) -> None:
        assert (
            new_call()
            >> CallReceived(OFFER, "")
            << FindRoute("101", "")
            >> Routed(Route("103", (DESK,), forwards=(("101", "102"), ("102", "103"))))
            << Ring(0, 181, "", b"", containing("username=101;contact=102"))
            << Ring(0, 181, "", b"", containing("username=102;contact=103"))
            << Dial(1, "103", DESK, OFFER, "")
        )

    def test_without_181(self, new_call) -> None:
        assert (
            new_call(send_181=False)
            >> CallReceived(OFFER, "")
            << FindRoute("101", "")
            >> Routed(Route("102", (DESK,), forwards=(("101", "102"),)))
            << Dial(1, "102", DESK, OFFER, "")
        )

    def test_a_redirection(self, ringing_call) -> None:
        assert (
            ringing_call((DESK, MOBILE))
            >> Failed(1, 302, "", 0, ("102", "103"))
            << Cancel(2, "")
            << StopTimer("no answer")
            << Ring(0, 181, "", b"", ANY)
            << FindRoute("102", "101")
        )

    def test_a_loop(self, ringing_call) -> None:
        assert (
            ringing_call(forward_busy="101")
            >> Failed(1, 486, "", 0, ())
            << record(status=482, cause=25)
            << StopTimer("no answer")
            << Reject(0, 482, "Loop Detected", "")
            << End()
        )

    def test_too_many(self, new_call) -> None:
        play = new_call(max_hops=2) >> CallReceived(OFFER, "") << FindRoute("101", "")
        for hop in range(2):
            play = (
                play
                >> Routed(Route(str(101 + hop), (), 486, "", "busy", (), str(102 + hop)))
                << StopTimer("no answer")
                << Ring(0, 181, "", b"", ANY)
                << FindRoute(str(102 + hop), str(101 + hop))
            )
        assert (
            play
            >> Routed(Route("103", (), 486, "", "busy", (), "104"))
            << record(status=483)
            << StopTimer("no answer")
            << Reject(0, 483, "Too Many Hops", "")
            << End()
        )

    def test_the_strictest_duration_limit_of_all_counts(self, new_call) -> None:
        assert (
            new_call()
            >> CallReceived(OFFER, "")
            << FindRoute("101", "")
            >> Routed(Route("101", (DESK,), max_seconds=100, forward_busy="102"))
            << Dial
            >> Failed(1, 486, "", 0, ())
            << StopTimer
            << Ring
            << FindRoute
            >> Routed(Route("102", (MOBILE,), max_seconds=300))
            << Dial
            >> Answered(2, b"answer", "")
            << StopTimer("no answer")
            << Answer
            << StartTimer("duration", 100)
            << OpenRecord
        )
