# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from types import SimpleNamespace

import pytest

from mss.plugin.record import PluginRecord
from mss.plugin.step import Step


def make_step(function, argnames, is_inline=True) -> Step:
    impl = SimpleNamespace(function=function, argnames=argnames)
    return Step("mss_route_call", PluginRecord("a", "1", "a"), impl, ("x", "y"), is_inline)


@pytest.mark.parametrize(
    ("argnames", "given"), [(("x", "y"), (1, 2)), (("y", "x"), (2, 1)), (("y",), (2,)), ((), ())]
)
def test_arguments_are_handed_over_by_name(argnames, given):
    assert make_step(lambda *args: args, argnames).call((1, 2)) == given


def test_coroutine_functions_are_not_inline():
    async def hook(x):
        return x

    assert not make_step(hook, ("x",)).is_inline
    assert make_step(lambda x: x, ("x",)).is_inline
    assert not make_step(lambda x: x, ("x",), is_inline=False).is_inline
