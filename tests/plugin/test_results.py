# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.plugin.api import Metric, Redirect, Refuse
from mss.plugin.results import CHECKERS, ignore

METRIC = Metric("mss_a", 1.0)


@pytest.mark.parametrize(
    ("hook", "value", "expected"),
    [
        ("mss_route_call", None, None),
        ("mss_route_call", Redirect("1"), Redirect("1")),
        ("mss_route_call", Refuse(486), Refuse(486)),
        ("mss_screen_request", Refuse(403), Refuse(403)),
        ("mss_metrics", (METRIC,), [METRIC]),
        ("mss_metrics", None, None),
        ("mss_media_gateway", dict, dict),
        ("mss_media_gateway", None, None),
    ],
)
def test_right_values(hook, value, expected):
    assert CHECKERS[hook](value) == expected


@pytest.mark.parametrize(
    ("hook", "value"),
    [
        ("mss_route_call", "100"),
        ("mss_screen_request", Redirect("1")),
        ("mss_metrics", 3),
        ("mss_metrics", ["a"]),
        ("mss_media_gateway", 3),
        ("mss_cli_commands", [print]),
    ],
)
def test_wrong_values(hook, value):
    with pytest.raises(TypeError, match="expected"):
        CHECKERS[hook](value)


def test_nobody_uses_the_rest():
    assert ignore("anything") is None
