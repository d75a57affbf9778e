# SPDX-License-Identifier: GPL-2.0-or-later
"""What a hook may return, checked in the plugin's own thread before anybody relies on it."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import click

from mss.model.routing import Redirect, Refuse
from mss.plugin.types import Metric

#: Takes the value that an implementation returned, gives the value to use; raises ``TypeError``.
Checker = Callable[[object], object]


def _one_of(*types: type) -> Checker:
    names = ", ".join(known.__name__ for known in types)

    def check(value: object) -> object:
        if value is not None and not isinstance(value, types):
            raise TypeError(f"returned {type(value).__name__}, expected {names} or None")
        return value

    return check


def _list_of(item_type: type) -> Checker:
    """Also exhausts a generator, whose body is the plugin's code and must not run elsewhere."""

    def check(value: object) -> object:
        if value is None:
            return None
        if not isinstance(value, Iterable):
            raise TypeError(f"returned {type(value).__name__}, expected a list of {item_type.__name__}")
        items = list(value)
        for item in items:
            if not isinstance(item, item_type):
                raise TypeError(f"returned a list with {type(item).__name__}, expected {item_type.__name__}")
        return items

    return check


def _factory(value: object) -> object:
    if value is not None and not callable(value):
        raise TypeError(f"returned {type(value).__name__}, expected a factory or None")
    return value


def ignore(value: object) -> object:
    """The checker of hooks whose result nobody uses."""
    return None


CHECKERS: Final[dict[str, Checker]] = {
    "mss_media_gateway": _factory,
    "mss_screen_request": _one_of(Refuse),
    "mss_route_call": _one_of(Redirect, Refuse),
    "mss_metrics": _list_of(Metric),
    "mss_cli_commands": _list_of(click.Command),
}
