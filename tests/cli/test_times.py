# SPDX-License-Identifier: GPL-2.0-or-later
"""Times as people type them."""
from __future__ import annotations

import datetime
import time

import click
import pytest

from mss.cli.times import read_time

CONTEXT = click.Context(click.Command("x"))
PARAM = click.Option(["--since"])


def read(value: str | None) -> float:
    return read_time(CONTEXT, PARAM, value)


AGES = [("90s", 90), ("90m", 5400), ("2h", 7200), ("7d", 604800), ("1w", 604800)]


@pytest.mark.parametrize(("text", "seconds"), AGES)
def test_age(text: str, seconds: int) -> None:
    assert read(text) == pytest.approx(time.time() - seconds, abs=5)


@pytest.mark.parametrize("text", ["2026-03-01", "2026-03-01 12:30", "2026-03-01T12:30:15"])
def test_date(text: str) -> None:
    assert read(text) == datetime.datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize("text", ["9:05", "09:05", "09:05:00"])
def test_time_of_today(text: str) -> None:
    found = datetime.datetime.fromtimestamp(read(text))
    assert (found.hour, found.minute) == (9, 5)
    assert abs((found.date() - datetime.date.today()).days) <= 1


def test_none_is_open() -> None:
    assert read(None) == 0.0


@pytest.mark.parametrize("text", ["soon", "25:00", "2026-13-01", "2x", ""])
def test_nonsense_is_refused_with_examples(text: str) -> None:
    with pytest.raises(click.BadParameter, match="2026-03-01"):
        read(text)
