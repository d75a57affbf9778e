# SPDX-License-Identifier: GPL-2.0-or-later
"""One line of the call record journal: a kind and the fields of a ``CallRecord``, with tabs between them.

Times have milliseconds.  A line that was cut off by a crash does not decode.
"""
from __future__ import annotations

from typing import Any, Final

from mss.model.call_record import CallRecord

#: A call that is going on, with what is known of it; the last such line counts.
OPEN: Final = "open"
#: A call that has ended.
CDR: Final = "cdr"

_TIMES: Final = tuple(
    CallRecord._fields.index(name) for name in ("started_at", "rang_at", "answered_at", "ended_at")
)
_NUMBERS: Final = tuple(CallRecord._fields.index(name) for name in ("status", "cause"))
_FIELDS: Final = len(CallRecord._fields)


def _format_of(index: int) -> str:
    if index in _TIMES:
        return "%.3f"
    return "%d" if index in _NUMBERS else "%s"


#: One formatting of all fields is half the cost of one for each.
_FORMAT: Final = "\t" + "\t".join(_format_of(index) for index in range(_FIELDS)) + "\n"
_FORMATS: Final = {OPEN: OPEN + _FORMAT, CDR: CDR + _FORMAT}


def encode(kind: str, record: CallRecord) -> bytes:
    """Return the line, with its line feed.  Tabs and line feeds within texts become blanks."""
    line = _FORMATS[kind] % record
    if line.count("\t") != _FIELDS or line.find("\n") != len(line) - 1:
        line = _FORMATS[kind] % tuple(" ".join(value.split()) if isinstance(value, str) else value for value in record)
    try:
        return line.encode()
    except UnicodeEncodeError:
        return line.encode("utf-8", "surrogatepass").decode("utf-8", "replace").encode()


def decode(line: bytes) -> tuple[str, CallRecord] | None:
    """Return kind and record of a line without its line feed, or None for one that was not written whole."""
    kind, *fields = line.decode("utf-8", "replace").split("\t")
    if len(fields) != _FIELDS or kind not in (OPEN, CDR):
        return None
    values: list[Any] = fields
    try:
        for index in _TIMES:
            values[index] = float(fields[index])
        for index in _NUMBERS:
            values[index] = int(fields[index])
    except ValueError:
        return None
    return kind, CallRecord._make(values)


def is_cdr(line: bytes) -> bool:
    """Tell, without decoding it, whether a line is of the kind ``CDR``."""
    return line.startswith(b"cdr\t")
