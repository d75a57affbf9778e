# SPDX-License-Identifier: GPL-2.0-or-later
"""In which line of a TOML text a key stands; ``tomllib`` does not tell.

The scanner takes a text that ``tomllib`` has accepted, so it need not judge the syntax.
"""
from __future__ import annotations

import re

_KEY_PART = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")
#: What matters inside a value: strings of all four kinds, comments, brackets, the rest.
_TOKEN = re.compile(
    r'''"""|\'\'\'|"(?:[^"\\]|\\.)*"|'[^']*'|\#.*|[\[\]{}]|[^"'\#\[\]{}]+'''
)

Path = tuple[str, ...]


class TomlLines:
    """The line numbers (from 1) of the keys and tables of one TOML text."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._where: dict[Path, int] = {}
        self._table: Path = ()
        #: Brackets still open, and the delimiter of the multi-line string still open.
        self._depth = 0
        self._delimiter = ""
        for number, line in enumerate(self._lines, 1):
            self._scan(number, line)

    def line_of(self, path: Path, item: str | None = None) -> int:
        """Return the line of a key, or of the nearest table around it; 0 if there is none.

        ``item`` is a text within the key's value: its own line is returned where the value spans several.
        """
        while path and path not in self._where:
            path, item = path[:-1], None
        if not path:
            return 0
        start = self._where[path]
        if item is None:
            return start
        end = min((line for line in self._where.values() if line > start), default=len(self._lines) + 1)
        for number in range(start, end):
            line = self._lines[number - 1]
            if f'"{item}"' in line or f"'{item}'" in line:
                return number
        return start

    def _scan(self, number: int, line: str) -> None:
        if self._delimiter or self._depth:
            self._skip_value(line)
            return
        content = line.strip()
        if content.startswith("["):
            self._table, _ = _read_key(content.lstrip("["))
            self._where.setdefault(self._table, number)
        elif content and not content.startswith("#"):
            key, rest = _read_key(content)
            path = self._table + key
            # Dotted keys open tables on their way.
            for length in range(len(self._table) + 1, len(path) + 1):
                self._where.setdefault(path[:length], number)
            self._skip_value(rest.lstrip().removeprefix("="))

    def _skip_value(self, text: str) -> None:
        """Follow brackets and multi-line strings through (a further line of) a value."""
        position = 0
        while position < len(text):
            if self._delimiter:
                end = _end_of_string(text, position, self._delimiter)
                if end < 0:
                    return
                position, self._delimiter = end, ""
                continue
            match = _TOKEN.match(text, position)
            if match is None:
                return
            token = match.group()
            position = match.end()
            if token in ('"""', "'''"):
                self._delimiter = token
            elif token in "[{":
                self._depth += 1
            elif token in "]}":
                self._depth -= 1


def _end_of_string(text: str, position: int, delimiter: str) -> int:
    """Return the place behind the closing delimiter of a multi-line string, or -1."""
    while True:
        found = text.find(delimiter, position)
        if found < 0:
            return -1
        slashes = len(text[:found]) - len(text[:found].rstrip("\\"))
        if delimiter == "'''" or slashes % 2 == 0:
            return found + 3
        position = found + 1


def _read_key(text: str) -> tuple[Path, str]:
    """Read a dotted key; return its parts and what follows."""
    parts: list[str] = []
    position = 0
    while (match := _KEY_PART.match(text, position)) is not None:
        parts.append(next(group for group in match.groups() if group is not None))
        position = match.end()
        if not text.startswith(".", position):
            break
        position += 1
    return tuple(parts), text[position:]
