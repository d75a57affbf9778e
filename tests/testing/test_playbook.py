# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from typing import NamedTuple

import pytest

from mss.testing.playbook import ANY, Playbook, capture, containing, matching, wait


class Pressed(NamedTuple):
    key: str


class Lit(NamedTuple):
    lamp: int
    colour: str


class Blown(NamedTuple):
    lamp: int
    colour: str


class Panel:
    """A key lights as many lamps as it says."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def handle(self, event: Pressed, now: float) -> list[object]:
        self.times.append(now)
        return [Lit(lamp, "red") for lamp in range(int(event.key))]


def failure(step) -> str:
    with pytest.raises(AssertionError) as caught:
        step()
    return str(caught.value)


def test_a_play_that_goes_as_written() -> None:
    panel = Panel()
    play = Playbook(panel, 10.0)
    assert play >> Pressed("2") << Lit(0, "red") << Lit(1, ANY) >> wait(2.5) >> Pressed("1") << Lit
    assert panel.times == [10.0, 12.5]


def test_captured_values_are_there_at_once() -> None:
    play = Playbook(Panel())
    assert play >> Pressed("1") << Lit(capture("lamp"), "red") >> Pressed(str(play.captured["lamp"]))
    assert play.captured == {"lamp": 0}


def test_conditions() -> None:
    play = Playbook(Panel())
    assert play >> Pressed("2") << Lit(matching("even", lambda n: n % 2 == 0), containing("re")) << Lit
    report = failure(lambda: play >> Pressed("1") << Lit(matching("odd", lambda n: n % 2), "red"))
    assert "0 is not <odd>" in report
    assert "'red' is not <with 'x'>" in failure(lambda: Playbook(Panel()) >> Pressed("1") << Lit(0, containing("x")))


def test_equal_tuples_of_different_classes_differ() -> None:
    assert Lit(0, "red") == Blown(0, "red")
    assert "Lit instead of Blown" in failure(lambda: Playbook(Panel()) >> Pressed("1") << Blown(0, "red"))
    assert "Lit is no Blown" in failure(lambda: Playbook(Panel()) >> Pressed("1") << Blown)


def test_the_report_shows_the_play_so_far() -> None:
    report = failure(lambda: Playbook(Panel()) >> Pressed("3") << Lit(0, "red") << Lit(1, "blue"))
    assert report.splitlines() == [
        "the play went another way:",
        "   >> Pressed(key='3')",
        "   << Lit(lamp=0, colour='red')",
        "-  Lit(lamp=1, colour='blue')",
        "+  Lit(lamp=1, colour='red')",
        "?  colour: 'red' instead of 'blue'",
        "   then Lit(lamp=2, colour='red')",
    ]


def test_a_missing_command() -> None:
    assert "+  no command" in failure(lambda: Playbook(Panel()) >> Pressed("0") << Lit)


def test_a_command_too_many() -> None:
    for step in (lambda: Playbook(Panel()) >> Pressed("1") >> Pressed("0"),
                 lambda: bool(Playbook(Panel()) >> Pressed("1"))):
        report = failure(step)
        assert report.startswith("commands that were not expected")
        assert report.endswith("+  Lit(lamp=0, colour='red')")
