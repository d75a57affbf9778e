# SPDX-License-Identifier: GPL-2.0-or-later
"""Points in time as people type them."""
from __future__ import annotations

import datetime
import re
import time
from typing import Final

import click

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_EXAMPLES: Final = "write 2026-03-01, '2026-03-01 12:30', 12:30, or an age as 2h or 7d"


def read_time(context: click.Context, param: click.Parameter, value: str | None) -> float:
    """Callback of an option: ``2026-03-01 12:30``, ``12:30`` (today) or an age as ``90m``, ``2h``, ``7d``; local time.

    The result is in seconds since the epoch, 0.0 where the option is not given.
    """
    if value is None:
        return 0.0
    age = re.fullmatch(r"(\d{1,9})([smhdw])", value)
    if age:
        return time.time() - int(age[1]) * _UNITS[age[2]]
    text = value
    if re.fullmatch(r"\d\d?:\d\d(:\d\d)?", value):
        text = f"{datetime.date.today().isoformat()}T{value.zfill(len(value) + 1) if value[1] == ':' else value}"
    try:
        return datetime.datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        raise click.BadParameter(f"{value!r} is no time; {_EXAMPLES}", context, param) from None
