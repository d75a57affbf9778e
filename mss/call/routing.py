# SPDX-License-Identifier: GPL-2.0-or-later
"""Routing: one pure function over loaded data, which also explains itself."""
from __future__ import annotations

from typing import NamedTuple

from mypy_extensions import mypyc_attr

from mss.call.target import Device, Route
from mss.model.user import User

_SEPARATORS = str.maketrans("", "", "-.() ")


@mypyc_attr(allow_interpreted_subclasses=True)
class Directory:
    """What routing may look at; all of it in memory."""

    __slots__ = ()

    def user(self, number: str) -> User | None:
        """The local user with this number."""
        raise NotImplementedError

    def devices(self, number: str, now: float) -> tuple[Device, ...]:
        """Where this user's devices are reached now, best first."""
        raise NotImplementedError

    def active_calls(self, number: str) -> int:
        """Calls this number is in, as caller or called."""
        raise NotImplementedError


class RouteLimits(NamedTuple):
    """Values that hold for every route; seconds, 0 = none."""

    no_answer_seconds: int = 60
    max_call_seconds: int = 0
    max_hops: int = 5
    media: str = "direct"


def normalise_number(number: str) -> str:
    """A dialled number without visual separators (RFC 3966 5.1.1); names are left as they are."""
    if number.isdigit():
        return number
    bare = number.translate(_SEPARATORS)
    return bare if bare.lstrip("+*#").replace("*", "").replace("#", "").isdigit() else number


def find_route(caller: User | None, number: str, by: str, directory: Directory, limits: RouteLimits,
               now: float, steps: list[str] | None = None) -> Route:
    """Where a call of ``caller`` to ``number`` goes; ``by`` is who forwards or transfers it ("" = nobody).

    The caller's own limit counts only for what the caller dialled.  Each step taken is put into ``steps``
    in words, where that is given.
    """
    number = normalise_number(number)
    if steps is not None:
        who = f"user {caller.number}" if caller is not None else "an outside caller"
        steps.append(f"{who} calls {number}" + (f", sent there by {by}" if by else ""))
    if not by and caller is not None and caller.max_calls and directory.active_calls(caller.number) > caller.max_calls:
        if steps is not None:
            steps.append(f"{caller.number} is in {caller.max_calls} calls already, as many as allowed")
        return Route(number, (), 403, "Too Many Calls")
    user = directory.user(number)
    if user is None or not user.forward_all:
        return _ring_user(user, number, (), caller, directory, limits, now, steps)
    return _follow_forwards(user, caller, directory, limits, now, steps)


def _follow_forwards(user: User | None, caller: User | None, directory: Directory, limits: RouteLimits, now: float,
                     steps: list[str] | None) -> Route:
    forwards: list[tuple[str, str]] = []
    number = ""
    while user is not None and user.forward_all:
        number = normalise_number(user.forward_all)
        if steps is not None:
            steps.append(f"{user.number} forwards every call to {number}")
        forwards.append((user.number, number))
        if any(passed == number for passed, _ in forwards):
            return Route(number, (), 482, "Loop Detected", forwards=tuple(forwards))
        if len(forwards) > limits.max_hops:
            return Route(number, (), 483, "Too Many Hops", forwards=tuple(forwards))
        user = directory.user(number)
    return _ring_user(user, number, tuple(forwards), caller, directory, limits, now, steps)


def _ring_user(user: User | None, number: str, forwards: tuple[tuple[str, str], ...], caller: User | None,
               directory: Directory, limits: RouteLimits, now: float, steps: list[str] | None) -> Route:
    if user is None or not user.enabled:
        if steps is not None:
            steps.append(f"{number} is no user here" if user is None else f"{number} is switched off")
        return Route(number, (), 404, "Not Found", forwards=forwards)
    status, reason, condition = 0, "", ""
    devices = directory.devices(number, now)
    if user.max_calls and directory.active_calls(number) >= user.max_calls:
        status, reason, condition = 486, "Busy Here", "busy"
        if steps is not None:
            steps.append(f"{number} is in {user.max_calls} calls already: busy")
    elif not devices:
        status, reason, condition = 480, "Temporarily Unavailable", "unreachable"
        if steps is not None:
            steps.append(f"{number} has no registered device: unreachable")
    elif steps is not None:
        steps.append(f"ring {len(devices)} device(s) of {number}: " + ", ".join([device.uri for device in devices]))
    return Route(number, devices, status, reason, condition, forwards, user.forward_busy, user.forward_no_answer,
                 user.forward_unreachable, user.no_answer_seconds or limits.no_answer_seconds,
                 _shortest(user, caller, limits), _media_of(user, caller, limits))


def _shortest(user: User, caller: User | None, limits: RouteLimits) -> int:
    """The smallest duration limit that applies, 0 when none does."""
    shortest = user.max_call_seconds
    for seconds in (caller.max_call_seconds if caller is not None else 0, limits.max_call_seconds):
        if seconds and (not shortest or seconds < shortest):
            shortest = seconds
    return shortest


def _media_of(user: User, caller: User | None, limits: RouteLimits) -> str:
    """"anchored" if one side wants it, else what the called side, the caller or the system says."""
    wanted = caller.media if caller is not None else ""
    if user.media == "anchored" or wanted == "anchored":
        return "anchored"
    return user.media or wanted or limits.media
