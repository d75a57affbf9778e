# SPDX-License-Identifier: GPL-2.0-or-later
"""What can go wrong with the store.  No text here holds a password or a database URL with one."""
from __future__ import annotations

from collections.abc import Sequence

from mss.model.user_rules import InvalidUser


class StoreError(Exception):
    """Base of all errors of the store.  ``remedy`` says what to do."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(f"{problem}; {remedy}" if remedy else problem)
        self.problem = problem
        self.remedy = remedy


class StoreUnavailable(StoreError):
    """The database cannot be reached, or does not answer now; trying again later may help."""


class RowRefused(StoreError):
    """The database refused a row for what is in it; trying again does not help."""


class SchemaTooNew(StoreError):
    """The database was written by a newer version of the server."""


class UserExists(StoreError):
    """A user with this number is there already."""


class UserNotFound(StoreError):
    """There is no user with this number."""


class InvalidRows(StoreError):
    """An import was refused as a whole; ``faults`` holds (line in the file, what is wrong in it)."""

    def __init__(self, faults: Sequence[tuple[int, InvalidUser]]) -> None:
        lines = "\n".join(f"line {line}: {fault}" for line, fault in faults)
        super().__init__(f"{len(faults)} wrong lines, nothing was imported:\n{lines}")
        self.faults = tuple(faults)


class JournalInUse(StoreError):
    """Another process writes this journal."""
