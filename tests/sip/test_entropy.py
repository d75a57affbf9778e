# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from random import Random

from mss.sip.entropy import TokenSource


class Fill:
    """Random bytes that count how often they were asked for."""

    def __init__(self) -> None:
        self.random = Random(3)
        self.asked: list[int] = []

    def __call__(self, count: int) -> bytes:
        self.asked.append(count)
        return self.random.randbytes(count)


def test_tokens_are_cut_from_the_blocks_without_gap_or_overlap() -> None:
    fill = Fill()
    source = TokenSource(fill)
    assert fill.asked == []
    tokens = [source.token() for _ in range(1024)]
    assert fill.asked == [4096, 4096]
    assert "".join(tokens) == Random(3).randbytes(8192).hex()
    assert len(set(tokens)) == 1024
    assert all(len(token) == 16 for token in tokens)
    source.token()
    assert len(fill.asked) == 3


def test_numbers_are_below_their_bound_and_reach_all_of_it() -> None:
    source = TokenSource(Fill())
    assert {source.number(10) for _ in range(500)} == set(range(10))
    assert source.number(1) == 0
