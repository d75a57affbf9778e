# SPDX-License-Identifier: GPL-2.0-or-later
"""Texts from the wire that a database cannot hold."""
from __future__ import annotations

from typing import Any


def storable(value: str) -> str:
    """Return the text with the bytes that were no UTF-8, and NUL characters, replaced by U+FFFD.

    Messages keep such bytes as lone surrogates (``surrogateescape``).
    """
    data = value.encode("utf-8", "surrogatepass")
    return data.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def storable_row(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the row with all its texts made storable."""
    return tuple(storable(value) if isinstance(value, str) else value for value in row)
