# SPDX-License-Identifier: GPL-2.0-or-later
"""One option per field of a user, for ``user add`` and ``user set``; passwords and how they come in."""
from __future__ import annotations

import secrets
import string
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import click

from mss.cli.errors import CommandFailed
from mss.model.user_rules import USER_FIELDS, parse_user_field

F = TypeVar("F", bound=Callable[..., Any])

#: What each field means, as the help of its option.
FIELD_HELP: Final[dict[str, str]] = {
    "display_name": "Name that other phones show.",
    "description": "Note for administrators.",
    "enabled": "Whether the user may register and call.",
    "multi_device": "Whether several devices may be registered at the same time; all of them ring.",
    "max_devices": "How many devices, where several are allowed.",
    "ip_addresses": "Addresses or networks, with commas, whose requests are taken as this user's without a password.",
    "fixed_contact": "SIP address of a device that cannot register, as sip:100@192.0.2.7:5060.",
    "max_calls": "Calls at the same time, of all devices together; 0 = no limit.",
    "max_call_seconds": "Longest duration of a call; 0 = the system's limit.",
    "no_answer_seconds": "How long the devices ring; 0 = the system's time.",
    "forward_all": "Where every call goes; empty = off.",
    "forward_busy": "Where calls go while the user is busy; empty = off.",
    "forward_no_answer": "Where calls go that nobody answers; empty = off.",
    "forward_unreachable": "Where calls go when no device is registered; empty = off.",
    "media": "How media travels: direct, anchored, or empty for the system's way.",
    "session_expires": "Session timer (RFC 4028) in seconds; 0 = off.",
}

_METAVARS: Final = {"str": "TEXT", "bool": "yes|no", "int": "N", "list": "LIST"}

#: Without characters that are mistaken for each other on a phone's display.
_ALPHABET: Final = "".join(sorted(set(string.ascii_letters + string.digits) - set("0O1lIo")))
_PASSWORD_LENGTH: Final = 14


def user_options(function: F) -> F:
    """Add an option for each field except number and password."""
    for name in reversed(FIELD_HELP):
        option = click.option(f"--{name.replace('_', '-')}", name, metavar=_METAVARS[USER_FIELDS[name]],
                              help=FIELD_HELP[name])  # fmt: skip
        function = option(function)
    return function


def parse_options(number: str, options: Mapping[str, str | None]) -> dict[str, Any]:
    """The fields that were given.  Raises InvalidUser."""
    return {name: parse_user_field(number, name, text) for name, text in options.items() if text is not None}


def generate_password() -> str:
    """A new random password of 80 bits that can be typed on a phone."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_PASSWORD_LENGTH))


def read_password(given: str) -> str:
    """The password for ``--password GIVEN``; for ``-`` it is read, and a person at a terminal is asked for it twice."""
    if given != "-":
        return given
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise CommandFailed("no password on standard input; write it there, followed by a line end")
    return password
