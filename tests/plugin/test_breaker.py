# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from mss.plugin.breaker import TIMEOUT_LIMIT, Breaker


def opened() -> Breaker:
    breaker = Breaker()
    assert [breaker.timed_out() for _ in range(TIMEOUT_LIMIT)] == [False] * (TIMEOUT_LIMIT - 1) + [True]
    return breaker


def test_opens_after_time_outs_in_a_row():
    assert opened().is_open


def test_answer_breaks_the_row():
    breaker = Breaker()
    for _ in range(5):
        for _ in range(TIMEOUT_LIMIT - 1):
            assert not breaker.timed_out()
        breaker.answered()
    assert not breaker.is_open


def test_opens_once():
    breaker = opened()
    assert not breaker.timed_out()


def test_closes_when_hold_is_over_and_nothing_is_outstanding():
    breaker = opened()
    assert not breaker.try_to_close(0)
    breaker.end_hold()
    assert not breaker.try_to_close(1)
    assert breaker.try_to_close(0)
    assert not breaker.is_open
    assert not breaker.try_to_close(0)


def test_on_trial_one_time_out_opens_it_again():
    breaker = opened()
    breaker.end_hold()
    breaker.try_to_close(0)
    assert breaker.timed_out()


def test_on_trial_one_answer_clears_it():
    breaker = opened()
    breaker.end_hold()
    breaker.try_to_close(0)
    breaker.answered()
    assert not breaker.timed_out()
