# SPDX-License-Identifier: GPL-2.0-or-later
"""What is wrong with a configuration, where, and what to do about it."""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class ConfigError(NamedTuple):
    """One mistake.  ``file`` may also be ``environment``; ``line`` 0 means that no line is to blame.

    ``key`` is the setting as in ``sip.realm`` (empty for a whole file), ``problem`` and ``remedy`` are phrases.
    """

    file: str
    line: int
    key: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        """Return the mistake in one line: ``FILE:LINE: KEY: PROBLEM; REMEDY``."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        subject = f"{self.key}: " if self.key else ""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{place}: {subject}{self.problem}{remedy}"


class InvalidConfig(Exception):
    """The configuration has mistakes; all of them are in ``errors``."""

    def __init__(self, errors: Sequence[ConfigError]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = tuple(errors)
