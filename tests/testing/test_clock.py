# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.testing.clock import FakeClock, FakeLoop


def test_time_stands_still_until_it_is_moved() -> None:
    clock = FakeClock(5.0, 100.0)
    assert (clock.now(), clock.wall()) == (5.0, 105.0)
    clock.advance(1.5)
    assert (clock.now(), clock.wall()) == (6.5, 106.5)
    with pytest.raises(ValueError, match="back"):
        clock.advance(-1)


def test_a_server_sees_the_same_time() -> None:
    clock = FakeClock(5.0, 100.0)
    server = clock.server_clock()
    clock.advance(2)
    assert (server.now(), server.wall()) == (7.0, 107.0)


def test_everything_runs_at_its_own_time() -> None:
    loop = FakeLoop(FakeClock(0.0))
    seen: list[tuple[str, float]] = []
    loop.call_later(0.3, lambda: seen.append(("third", loop.now)))
    loop.call_later(0.1, lambda: seen.append(("first", loop.now)))
    loop.call_later(0.1, lambda: seen.append(("second", loop.now)))
    loop.call_later(0.2, lambda: seen.append(("never", loop.now))).cancel()
    loop.call_later(5.0, lambda: seen.append(("later", loop.now)))
    loop.advance(1.0)
    assert [name for name, _ in seen] == ["first", "second", "third"]
    assert [time for _, time in seen] == pytest.approx([0.1, 0.1, 0.3])
    assert loop.now == 1.0


def test_what_is_due_now_runs_without_time_passing() -> None:
    loop = FakeLoop(FakeClock(0.0))
    seen: list[str] = []
    loop.call_soon(lambda: (seen.append("one"), loop.call_soon(seen.append, "two")))
    assert seen == []
    loop.settle()
    assert seen == ["one", "two"]
    assert loop.now == 0.0


def test_tickers_are_called_every_fifty_milliseconds() -> None:
    loop = FakeLoop(FakeClock(0.0))
    seen: list[float] = []
    loop.add_ticker(seen.append)
    loop.advance(0.06)
    loop.advance(0.06)
    loop.advance(0.90)
    assert len(seen) == 20
    assert seen == pytest.approx([0.05 * (tick + 1) + 0.001 for tick in range(20)])


def test_inside_a_run_nobody_moves_time() -> None:
    loop = FakeLoop()
    loop.call_soon(loop.settle)
    loop.settle()
    loop.call_soon(loop.advance, 1.0)
    with pytest.raises(RuntimeError):
        loop.settle()
