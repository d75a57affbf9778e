# SPDX-License-Identifier: GPL-2.0-or-later
"""What a user's fields may be, and how they are read from text (command line, CSV)."""
from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any, Final

from mss.model.user import User

#: Field name -> "str", "bool", "int" or "list", in the order in which the fields are stored and shown.
USER_FIELDS: Final[dict[str, str]] = {
    "number": "str",
    "password": "str",
    "display_name": "str",
    "description": "str",
    "enabled": "bool",
    "multi_device": "bool",
    "max_devices": "int",
    "ip_addresses": "list",
    "fixed_contact": "str",
    "max_calls": "int",
    "max_call_seconds": "int",
    "no_answer_seconds": "int",
    "forward_all": "str",
    "forward_busy": "str",
    "forward_no_answer": "str",
    "forward_unreachable": "str",
    "media": "str",
    "session_expires": "int",
}

#: What the user part of a SIP address takes unescaped and no service code begins with.
_NUMBER: Final = re.compile(r"\+?[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_DIALLED: Final = re.compile(r"[+*#A-Za-z0-9][*#A-Za-z0-9._-]{0,62}")
_SIP_URI: Final = re.compile(
    r"sips?:(?:[^\s<>\"@]+@)?(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?(?:;[^\s<>\"]*)?"
)
_TEL_URI: Final = re.compile(r"tel:\+?[0-9A-Fa-f*#().-]+(?:;[^\s<>\"]*)?")

_LIMITS: Final[dict[str, tuple[int, int]]] = {
    "max_devices": (1, 100),
    "max_calls": (0, 10000),
    "max_call_seconds": (0, 604800),
    "no_answer_seconds": (0, 3600),
    "session_expires": (0, 86400),
}
_TRUE: Final = ("1", "true", "yes", "on")
_FALSE: Final = ("0", "false", "no", "off")


class InvalidUser(ValueError):
    """A user with a field that cannot be.  The guilty value is not in the text: it may be a password."""

    def __init__(self, number: str, field: str, problem: str, remedy: str) -> None:
        super().__init__(f"user {number or '?'}: {field} {problem}; {remedy}")
        self.number = number
        self.field = field
        self.problem = problem
        self.remedy = remedy


def check_user(user: User) -> None:
    """Raise InvalidUser for the first field that is wrong."""
    for field in USER_FIELDS:
        check = _CHECKS.get(field)
        fault = check(field, getattr(user, field)) if check is not None else None
        if fault is not None:
            raise InvalidUser(user.number, field, fault[0], fault[1])
    if user.session_expires and user.session_expires < 90:
        raise InvalidUser(user.number, "session_expires", "is less than 90", "use 0, or 90 seconds or more")


def parse_user_field(number: str, field: str, text: str) -> object:
    """Return the value of a field for its text: yes/no, a whole number, a list with commas or blanks, or the text.

    Raises InvalidUser for an unknown field or a text of the wrong kind.
    """
    kind = USER_FIELDS.get(field)
    if kind is None:
        raise InvalidUser(number, field, "is not a field of a user", f"known fields: {', '.join(USER_FIELDS)}")
    if kind == "str":
        return text
    if kind == "list":
        return tuple(text.replace(",", " ").split())
    word = text.strip().lower()
    if kind == "bool":
        if word not in _TRUE + _FALSE:
            raise InvalidUser(number, field, "is neither yes nor no", "use yes or no")
        return word in _TRUE
    if not re.fullmatch(r"[0-9]{1,9}", word):
        raise InvalidUser(number, field, "is not a whole number", "use digits only")
    return int(word)


Fault = tuple[str, str] | None


def _check_number(field: str, value: str) -> Fault:
    if _NUMBER.fullmatch(value):
        return None
    return "is not a number or name", "use 1 to 63 letters, digits, '.', '_' and '-', beginning with a letter or digit"


def _check_password(field: str, value: str) -> Fault:
    if not value:
        return "is empty", "choose a password"
    if len(value) > 128 or not value.isprintable():
        return "is too long or has control characters", "use 1 to 128 printable characters"
    return None


def _check_text(field: str, value: str) -> Fault:
    if len(value) > 200 or not value.isprintable():
        return "is too long or has control characters", "use up to 200 printable characters"
    return None


def _check_limit(field: str, value: int) -> Fault:
    low, high = _LIMITS[field]
    return None if low <= value <= high else ("is out of range", f"use {low} to {high}")


def _check_networks(field: str, value: tuple[str, ...]) -> Fault:
    for text in value:
        try:
            ipaddress.ip_network(text)
        except ValueError:
            return f"{text!r} is not an address or network", "as in 192.0.2.7, 192.0.2.0/24 or 2001:db8::/64"
    return None


def _check_contact(field: str, value: str) -> Fault:
    if not value or _SIP_URI.fullmatch(value):
        return None
    return "is not a SIP address", "as in sip:100@192.0.2.7:5060"


def _check_target(field: str, value: str) -> Fault:
    if not value or _DIALLED.fullmatch(value) or _SIP_URI.fullmatch(value) or _TEL_URI.fullmatch(value):
        return None
    return "is not something to dial", "use a number, a name or a SIP address; empty switches it off"


def _check_media(field: str, value: str) -> Fault:
    return None if value in ("", "direct", "anchored") else ("is not known", "use direct, anchored or nothing")


_CHECKS: Final[dict[str, Callable[[str, Any], Fault]]] = {
    "number": _check_number,
    "password": _check_password,
    "display_name": _check_text,
    "description": _check_text,
    "max_devices": _check_limit,
    "ip_addresses": _check_networks,
    "fixed_contact": _check_contact,
    "max_calls": _check_limit,
    "max_call_seconds": _check_limit,
    "no_answer_seconds": _check_limit,
    "forward_all": _check_target,
    "forward_busy": _check_target,
    "forward_no_answer": _check_target,
    "forward_unreachable": _check_target,
    "media": _check_media,
    "session_expires": _check_limit,
}
