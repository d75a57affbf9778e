# SPDX-License-Identifier: GPL-2.0-or-later
"""Playbooks: a scenario of call control that reads from top to bottom.

``>>`` is an event that happens to the call, ``<<`` a command that it must answer with::

    play = Playbook(Call("1", "100", "101", "id", CallSettings(), 0.0))
    assert (
        play
        >> CallReceived(offer, "")
        << FindRoute("101", "")
        >> Routed(route)
        << Dial(1, "101", device, offer, "")
        << StartTimer("no answer", 60)
    )

Each step is carried out as it is read.  A command that differs, is missing or is too many raises
``AssertionError`` with the whole play so far; ``assert`` at the end finds commands that are too many.
Fields that do not matter are ``ANY``; ``capture(name)`` keeps a value in ``play.captured``; a class
instead of a command stands for any command of that class.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol


class Machine(Protocol):
    """What can be played with: ``mss.call.call.Call``, or anything else that answers events with commands."""

    def handle(self, event: Any, now: float) -> Sequence[object]:
        """Take one event at time ``now``."""


class _Any:
    def __repr__(self) -> str:
        return "ANY"


#: Stands for any value.
ANY: Final[Any] = _Any()


class _Capture:
    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"capture({self.name!r})"


class _Matching:
    def __init__(self, words: str, test: Callable[[Any], bool]) -> None:
        self.words = words
        self.test = test

    def __repr__(self) -> str:
        return f"<{self.words}>"


class _Wait:
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


def capture(name: str) -> Any:
    """Stands for any value, and keeps it in ``Playbook.captured`` under ``name``."""
    return _Capture(name)


def matching(words: str, test: Callable[[Any], bool]) -> Any:
    """Stands for a value that passes ``test``; ``words`` say which in a failure report."""
    return _Matching(words, test)


def containing(part: str | bytes) -> Any:
    """Stands for a text or body with ``part`` in it."""
    return _Matching(f"with {part!r}", lambda value: isinstance(value, str | bytes) and _contains(value, part))


def _contains(value: str | bytes, part: str | bytes) -> bool:
    if isinstance(value, str):
        return isinstance(part, str) and part in value
    return isinstance(part, bytes) and part in value


def wait(seconds: float) -> Any:
    """A step for ``>>``: the next event comes so much later."""
    return _Wait(seconds)


class Playbook:
    """Plays a scenario on ``machine``, whose first event comes at time ``now``."""

    def __init__(self, machine: Machine, now: float = 0.0) -> None:
        self.machine = machine
        self.now = now
        #: Values kept by ``capture``.
        self.captured: dict[str, Any] = {}
        self._got: list[object] = []
        self._script: list[str] = []

    def __rshift__(self, event: Any) -> Playbook:
        """Let an event happen; raises AssertionError when a command of the one before was not expected."""
        self.finish()
        if isinstance(event, _Wait):
            self.now += event.seconds
            self._script.append(f"   .. {event.seconds:g} s pass")
            return self
        self._script.append(f">> {_show(event)}")
        self._got = list(self.machine.handle(event, self.now))
        return self

    def __lshift__(self, command: Any) -> Playbook:
        """Expect the next command; raises AssertionError when it is another one."""
        if not self._got:
            self._fail(command, "no command")
        got = self._got.pop(0)
        found: dict[str, Any] = {}
        problem = _compare(command, got, found)
        if problem:
            self._fail(command, _show(got), problem)
        self.captured.update(found)
        self._script.append(f"<< {_show(got)}")
        return self

    def __bool__(self) -> bool:
        """True at the end of a play; raises AssertionError when commands are left over."""
        self.finish()
        return True

    def finish(self) -> None:
        """Raise AssertionError when commands are left that nobody expected."""
        if self._got:
            left = "\n".join(f"+  {_show(command)}" for command in self._got)
            raise AssertionError(f"commands that were not expected:\n{self._past()}\n{left}")

    def _past(self) -> str:
        return "\n".join(f"   {line}" for line in self._script)

    def _fail(self, wanted: Any, got: str, problem: str = "") -> None:
        rest = "".join(f"\n   then {_show(command)}" for command in self._got)
        why = f"\n?  {problem}" if problem else ""
        raise AssertionError(f"the play went another way:\n{self._past()}\n-  {_show(wanted)}\n+  {got}{why}{rest}")


def _show(value: Any) -> str:
    if isinstance(value, type):
        return f"{value.__name__}(...)"
    fields = getattr(value, "_fields", None)
    if fields is None:
        return repr(value)
    shown = ", ".join(f"{name}={_shorten(getattr(value, name))}" for name in fields)
    return f"{type(value).__name__}({shown})"


def _shorten(value: Any) -> str:
    text = _show(value)
    return text if len(text) <= 300 else f"{text[:290]}...({len(text)})"


def _compare(wanted: Any, got: Any, found: dict[str, Any]) -> str:
    """What is different, in words; "" when ``got`` is what is wanted."""
    if isinstance(wanted, type):
        return "" if isinstance(got, wanted) else f"{type(got).__name__} is no {wanted.__name__}"
    if isinstance(wanted, _Any):
        return ""
    if isinstance(wanted, _Capture):
        found[wanted.name] = got
        return ""
    if isinstance(wanted, _Matching):
        return "" if wanted.test(got) else f"{_shorten(got)} is not {wanted!r}"
    # Commands are tuples: two of different classes with the same fields are equal to Python.
    if type(wanted) is not type(got):
        return f"{type(got).__name__} instead of {type(wanted).__name__}"
    fields = getattr(wanted, "_fields", None)
    if fields is None:
        return "" if wanted == got else f"{_shorten(got)} instead of {_shorten(wanted)}"
    problems = [(name, _compare(getattr(wanted, name), getattr(got, name), found)) for name in fields]
    return "; ".join(f"{name}: {problem}" for name, problem in problems if problem)
