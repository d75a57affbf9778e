# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from random import Random

import pytest

from mss.sip.timers import TICK_SECONDS, Timed, TimerValues, Wheel, to_ticks
from tests.sip.harness import Alarm, Clock

TURN = 1024


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.parametrize(("seconds", "ticks"), [(0.0, 1), (-1.0, 1), (0.01, 1), (0.05, 1), (0.5, 10), (32.0, 640)])
def test_seconds_to_ticks(seconds: float, ticks: int) -> None:
    assert to_ticks(seconds) == ticks


@pytest.mark.parametrize("ticks", [1, 10, TURN - 1, TURN, TURN + 1, 3 * TURN, 3 * TURN + 7, 72000])
def test_a_deadline_is_never_early_and_at_most_a_tick_late(clock: Clock, ticks: int) -> None:
    clock.wait(1.0)
    alarm = Alarm(clock)
    armed = clock.ticks
    clock.wheel.arm(alarm, ticks)
    clock.wait((ticks + 2) * TICK_SECONDS)
    assert alarm.rung == [armed + ticks + 1]
    assert alarm.due == -1
    clock.wait(TURN * TICK_SECONDS)
    assert len(alarm.rung) == 1


def test_arming_again_drops_the_earlier_deadline(clock: Clock) -> None:
    alarm = Alarm(clock)
    clock.wheel.arm(alarm, 5)
    clock.wheel.arm(alarm, 50)
    clock.wheel.arm(alarm, 20)
    clock.wait(10)
    assert alarm.rung == [21]


def test_arming_again_for_the_same_tick_or_a_turn_later_rings_once(clock: Clock) -> None:
    twice, later = Alarm(clock), Alarm(clock)
    for _ in range(2):
        clock.wheel.arm(twice, 5)
    clock.wheel.arm(later, 5)
    clock.wheel.arm(later, 5 + TURN)
    clock.wait(3 * TURN * TICK_SECONDS)
    assert twice.rung == [6]
    assert later.rung == [6 + TURN]


def test_a_cancelled_deadline_does_not_ring_and_may_be_armed_again(clock: Clock) -> None:
    alarm = Alarm(clock)
    clock.wheel.arm(alarm, 5)
    clock.wheel.cancel(alarm)
    assert clock.wheel.pending() == 0
    clock.wait(1)
    assert alarm.rung == []
    clock.wheel.cancel(alarm)
    clock.wheel.arm(alarm, 5)
    clock.wait(1)
    assert alarm.rung == [26]


def test_one_that_rings_may_arm_itself_also_for_a_whole_turn(clock: Clock) -> None:
    often, seldom = Alarm(clock, 3), Alarm(clock, TURN - 1)
    clock.wheel.arm(often, 3)
    clock.wheel.arm(seldom, TURN - 1)
    clock.wait(2.5 * TURN * TICK_SECONDS)
    assert often.rung[:4] == [4, 8, 12, 16]
    assert seldom.rung == [TURN, 2 * TURN]


def test_one_that_rings_may_cancel_another_of_the_same_tick(clock: Clock) -> None:
    class Stopper(Alarm):
        def expire(self) -> None:
            super().expire()
            clock.wheel.cancel(victim)

    stopper, victim = Stopper(clock), Alarm(clock)
    clock.wheel.arm(stopper, 5)
    clock.wheel.arm(victim, 5)
    clock.wait(1)
    assert (len(stopper.rung), len(victim.rung)) == (1, 0)


def test_many_ring_each_in_its_tick(clock: Clock) -> None:
    random = Random(7)
    alarms = [Alarm(clock) for _ in range(5000)]
    expected: list[list[int]] = []
    for alarm in alarms:
        ticks = random.randrange(1, 3 * TURN)
        clock.wheel.arm(alarm, ticks)
        if random.random() < 0.3:
            ticks = random.randrange(1, 3 * TURN)
            clock.wheel.arm(alarm, ticks)
        if random.random() < 0.2:
            clock.wheel.cancel(alarm)
            ticks = -1
        expected.append([] if ticks < 0 else [ticks + 1])
    assert clock.wheel.pending() >= sum(1 for due in expected if due)
    clock.wait((3 * TURN + 2) * TICK_SECONDS)
    assert [alarm.rung for alarm in alarms] == expected
    assert clock.wheel.pending() == 0


def test_a_late_call_catches_up_in_order() -> None:
    wheel = Wheel(1000.0)
    order: list[str] = []

    class Named(Timed):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

        def expire(self) -> None:
            order.append(self.name)

    for name, ticks in (("third", 300), ("first", 3), ("second", 100)):
        wheel.arm(Named(name), ticks)
    wheel.advance(999.0)
    assert order == []
    wheel.advance(1000.0 + 100.0)
    assert order == ["first", "second", "third"]
    assert wheel.current == 2000


def test_one_that_raises_costs_the_others_one_tick(clock: Clock) -> None:
    class Faulty(Alarm):
        def expire(self) -> None:
            raise ValueError("ours")

    before, faulty, after, other_turn, again = Alarm(clock), Faulty(clock), Alarm(clock), Alarm(clock), Alarm(clock, 2)
    clock.wheel.arm(other_turn, 5 + TURN)
    for alarm in (again, before, faulty, after):
        clock.wheel.arm(alarm, 5)
    clock.wait(5 * TICK_SECONDS)
    with pytest.raises(ValueError, match="ours"):
        clock.wait(TICK_SECONDS)
    again.again = 0
    clock.wait(2 * TURN * TICK_SECONDS)
    assert (before.rung, after.rung, other_turn.rung, again.rung) == ([6], [7], [6 + TURN], [6, 9])
    assert clock.wheel.pending() == 0


def test_a_thing_without_a_purpose_says_so() -> None:
    with pytest.raises(NotImplementedError):
        Timed().expire()


def test_values_of_rfc_3261_table_4() -> None:
    values = TimerValues()
    assert (values.t1, values.t2, values.t4, values.t64) == (10, 80, 100, 640)
    assert values.timer_c > to_ticks(180.0)
    assert values.timer_d == to_ticks(32.0)
    assert values.trying == to_ticks(3.5)


@pytest.mark.parametrize(("t1", "t64", "timer_d", "trying"), [(1.0, 64.0, 64.0, 3.0), (0.1, 6.4, 32.0, 6.3)])
def test_values_follow_t1(t1: float, t64: float, timer_d: float, trying: float) -> None:
    values = TimerValues(t1)
    assert (values.t64, values.timer_d, values.trying) == (to_ticks(t64), to_ticks(timer_d), to_ticks(trying))
