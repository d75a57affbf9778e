# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.media.context import Context, PortPool, Refused, Termination


def test_pool_gives_even_ports_with_the_odd_one_above():
    pool = PortPool(range(10001, 10007))
    assert pool.size == 2
    assert pool.take(2) == [10002, 10004]
    with pytest.raises(Refused) as caught:
        pool.take(1)
    assert caught.value.status == 503
    pool.give_back([10004, 10002])
    assert pool.take(2) == [10004, 10002]


def test_pool_takes_all_or_none():
    pool = PortPool(range(10000, 10004))
    with pytest.raises(Refused):
        pool.take(3)
    assert pool.free == 2


@pytest.fixture
def context():
    context = Context("c")
    for number, name in enumerate("abs"):
        context.terminations[name] = Termination(name, "192.0.2.1", PortPool(range(10)), number)
    return context


def test_connections_of_the_services(context):
    context.connect("a", "b", "bothway")
    assert context.heard == {("a", "b"), ("b", "a")}
    # s listens to both, then whispers to a, then breaks in.
    context.connect("a", "s", "oneway")
    context.connect("b", "s", "oneway")
    assert context.heard == {("a", "b"), ("b", "a"), ("a", "s"), ("b", "s")}
    context.connect("s", "a", "bothway")
    assert ("s", "a") in context.heard and ("s", "b") not in context.heard
    context.connect("s", "b", "bothway")
    assert len(context.heard) == 6
    context.connect("a", "b", "isolate")
    context.connect("a", "s", "oneway")
    assert context.heard == {("a", "s"), ("b", "s"), ("s", "b")}
    context.remove("s")
    assert context.heard == set()


@pytest.mark.parametrize(
    ("source", "sink", "direction", "status"),
    [("a", "x", "bothway", 404), ("x", "a", "bothway", 404), ("a", "a", "bothway", 400), ("a", "b", "up", 400)],
)
def test_impossible_connections(context, source, sink, direction, status):
    with pytest.raises(Refused) as caught:
        context.connect(source, sink, direction)
    assert caught.value.status == status
    assert context.heard == set()
