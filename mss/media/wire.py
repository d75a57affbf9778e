# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands and events as dictionaries that JSON can carry, for a gateway in another process or on another host."""
from __future__ import annotations

import re
from dataclasses import MISSING, fields
from typing import Any, Final, get_type_hints

from mss.media.messages import COMMANDS, EVENTS, Command, Event

#: Grows when an older peer would misunderstand; a field with a default may be added without.
VERSION: Final = 1


class MessageError(ValueError):
    """A dictionary that is no message of this version; the text names the place."""


def kind_of(message_class: type[Command] | type[Event]) -> str:
    """The name of a message class on the wire: ``play_done`` for ``PlayDone``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", message_class.__name__).lower()


_ALL: Final[tuple[type[Command] | type[Event], ...]] = (*COMMANDS, *EVENTS)
_CLASSES: Final = {kind_of(item): item for item in _ALL}
_HINTS: Final[dict[str, dict[str, Any]]] = {kind: get_type_hints(item) for kind, item in _CLASSES.items()}


def to_dict(message: Command | Event) -> dict[str, Any]:
    """The message as a dictionary with ``version`` and ``type``; fields that have their default are left out."""
    result: dict[str, Any] = {"version": VERSION, "type": kind_of(type(message))}
    for item in fields(message):
        value = getattr(message, item.name)
        if item.default is not MISSING and value == item.default:
            continue
        if isinstance(value, bytes):
            value = value.decode("utf-8", "surrogateescape")
        elif isinstance(value, tuple):
            value = list(value)
        result[item.name] = value
    return result


def from_dict(data: dict[str, Any]) -> Command | Event:
    """The message that ``to_dict`` made ``data`` of.

    Raises ``MessageError`` for another version, an unknown type or field, a field that is missing or has a
    value of the wrong type.
    """
    if data.get("version") != VERSION:
        raise MessageError(f"version {data.get('version')!r} is not {VERSION}")
    kind = data.get("type")
    message_class = _CLASSES.get(kind) if isinstance(kind, str) else None
    if message_class is None:
        raise MessageError(f"unknown type {kind!r}")
    hints = _HINTS[str(kind)]
    values: dict[str, Any] = {}
    for name, value in data.items():
        if name in ("version", "type"):
            continue
        if name not in hints:
            raise MessageError(f"{kind}: unknown field {name!r}")
        values[name] = _value(f"{kind}.{name}", hints[name], value)
    try:
        return message_class(**values)
    except TypeError:
        missing = [f.name for f in fields(message_class) if f.default is MISSING and f.name not in values]
        raise MessageError(f"{kind}: missing {', '.join(missing)}") from None


def _value(place: str, hint: Any, value: Any) -> Any:
    if value is None and hint in (bytes | None, str | None):
        return None
    if hint == tuple[str, ...]:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
    elif hint == bytes | None:
        if isinstance(value, str):
            return value.encode("utf-8", "surrogateescape")
    elif hint is float:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    elif isinstance(value, str if hint == str | None else hint) and (hint is bool or not isinstance(value, bool)):
        return value
    raise MessageError(f"{place}: {value!r} has the wrong type")
