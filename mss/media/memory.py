# SPDX-License-Identifier: GPL-2.0-or-later
"""A gateway without media: it does all that messages can show, and refuses what a real one would.

Tests and trial set-ups use it; ``contexts`` is open to inspection, and methods named after what happens
in the world (``press``, ``finish``, ...) make its events.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from mss.media.context import Context, PortPool, Refused, Termination
from mss.media.gateway import MediaGateway, Post
from mss.media.messages import (
    ANSWER,
    COMPLETE,
    INTERRUPTED,
    OFFER,
    STOPPED,
    TERMINATOR,
    TIMEOUT,
    TONES,
    Add,
    Collect,
    Command,
    Connect,
    Detect,
    Digits,
    Done,
    Failed,
    Inactive,
    Lost,
    Modify,
    Play,
    PlayDone,
    Record,
    RecordDone,
    Release,
    Stats,
    Stop,
    Subtract,
    Tone,
)


class MemoryGateway(MediaGateway):
    """Answers every command within ``submit``."""

    def __init__(self, post: Post, address: str = "192.0.2.1", ports: range = range(10000, 20000)) -> None:
        """``address`` (no brackets) and ``ports`` are what parties are told to send to; nobody listens there."""
        super().__init__(post)
        self.contexts: dict[str, Context] = {}
        self.pool = PortPool(ports)
        self._address = address
        self._last_id = 0
        self._sessions = 0
        self._handlers: Final[dict[type[Command], Callable[[Any], None]]] = {
            Add: self._add, Modify: self._modify, Subtract: self._subtract, Connect: self._connect,
            Play: self._play, Tone: self._tone, Collect: self._collect, Record: self._record,
            Detect: self._detect, Stop: self._stop, Release: self._release,
        }  # fmt: skip

    def submit(self, command: Command) -> None:
        """Carry out ``command`` and post its answer, and before it what it has ended."""
        handler = self._handlers.get(type(command))
        try:
            if handler is None:
                raise Refused(400, f"No Command {type(command).__name__}")
            if command.id <= self._last_id:
                raise Refused(400, f"Id {command.id} Is Not Higher Than {self._last_id}")
            self._last_id = command.id
            handler(command)
        except Refused as refused:
            self._post(Failed(command.id, command.context, refused.status, refused.reason))

    def close(self) -> None:
        """Forget all contexts."""
        self.contexts.clear()

    # -- terminations -------------------------------------------------------------------------

    def _context(self, command: Command) -> Context:
        context = self.contexts.get(command.context)
        if context is None:
            raise Refused(404, f"No Context {command.context}")
        return context

    def _add(self, command: Add) -> None:
        context = self.contexts.get(command.context) or Context(command.context)
        if command.termination in context.terminations:
            raise Refused(409, f"Termination {command.termination} Exists")
        if not command.termination:
            raise Refused(400, "Termination Without a Name")
        self._sessions += 1
        termination = Termination(command.termination, command.address or self._address, self.pool, self._sessions)
        local = self._describe(context, termination, command)
        self.contexts[command.context] = context
        context.terminations[command.termination] = termination
        self._pair(context, termination, command)
        self._post(Done(command.id, command.context, command.termination, local))

    def _modify(self, command: Modify) -> None:
        context = self._context(command)
        termination = context.termination(command.termination)
        local = self._describe(context, termination, command)
        self._pair(context, termination, command)
        self._post(Done(command.id, command.context, command.termination, local))

    def _describe(self, context: Context, termination: Termination, command: Add | Modify) -> bytes | None:
        if command.role not in ("", OFFER, ANSWER):
            raise Refused(400, f"No Role {command.role}")
        if command.remote is not None:
            if command.peer is not None:
                raise Refused(400, "Both Remote and Peer")
            return termination.take_remote(command.remote, command.role)
        if command.peer is None:
            if command.role == ANSWER:
                raise Refused(400, "An Answer Needs a Remote or a Peer")
            return termination.offer_own()
        peer = context.termination(command.peer)
        if peer is termination:
            raise Refused(400, "A Termination Is Not Its Own Peer")
        if peer.remote is None:
            raise Refused(400, f"Peer {command.peer} Has No Remote")
        return termination.tell(peer.remote, command.role)

    def _pair(self, context: Context, termination: Termination, command: Add | Modify) -> None:
        if command.peer is not None:
            context.pair(termination, command.peer)

    def _subtract(self, command: Subtract) -> None:
        context = self._context(command)
        context.termination(command.termination)
        self._remove(context, command.termination, command.id)
        if not context.terminations:
            self._end_recordings(context)
            del self.contexts[command.context]
        self._post(Done(command.id, command.context, command.termination))

    def _release(self, command: Release) -> None:
        context = self._context(command)
        self._end_recordings(context)
        for name in list(context.terminations):
            self._remove(context, name, command.id)
        del self.contexts[command.context]
        self._post(Done(command.id, command.context))

    def _remove(self, context: Context, name: str, command_id: int) -> None:
        for running in list(context.running.values()):
            if getattr(running, "termination", None) == name:
                self._end(context, running, STOPPED)
        context.remove(name)
        self._post(Stats(command_id, context.name, name))

    def _end_recordings(self, context: Context) -> None:
        for running in list(context.running.values()):
            if isinstance(running, Record) and not running.termination:
                self._end(context, running, STOPPED)

    def _connect(self, command: Connect) -> None:
        self._context(command).connect(command.source, command.sink, command.direction)
        self._post(Done(command.id, command.context))

    # -- what takes time ----------------------------------------------------------------------

    def _start(self, context: Context, command: Play | Tone | Collect | Record | Detect) -> None:
        context.running[command.id] = command
        self._post(Done(command.id, command.context, command.termination))

    def _replace_sound(self, context: Context, termination: str) -> None:
        for running in list(context.running.values()):
            if isinstance(running, Play | Tone) and running.termination == termination:
                self._end(context, running, INTERRUPTED)

    def _refuse_second(self, context: Context, kind: type[Command], termination: str) -> None:
        for running in context.running.values():
            if isinstance(running, kind) and getattr(running, "termination", None) == termination:
                raise Refused(409, f"{kind.__name__} Is at Work Already")

    def _play(self, command: Play) -> None:
        context = self._context(command)
        context.termination(command.termination)
        if not command.files or command.repeat < 0:
            raise Refused(400, "Nothing to Play")
        self._replace_sound(context, command.termination)
        self._start(context, command)

    def _tone(self, command: Tone) -> None:
        context = self._context(command)
        context.termination(command.termination)
        if command.name not in TONES or command.seconds < 0:
            raise Refused(400, f"No Tone {command.name}")
        self._replace_sound(context, command.termination)
        self._start(context, command)

    def _collect(self, command: Collect) -> None:
        context = self._context(command)
        context.termination(command.termination)
        if command.max_digits < 1:
            raise Refused(400, "Nothing to Collect")
        self._refuse_second(context, Collect, command.termination)
        context.collected[command.id] = ""
        self._start(context, command)

    def _record(self, command: Record) -> None:
        context = self._context(command)
        if command.termination:
            context.termination(command.termination)
        if not command.file:
            raise Refused(400, "No File to Record To")
        self._refuse_second(context, Record, command.termination)
        self._start(context, command)

    def _detect(self, command: Detect) -> None:
        context = self._context(command)
        context.termination(command.termination)
        self._refuse_second(context, Detect, command.termination)
        self._start(context, command)

    def _stop(self, command: Stop) -> None:
        context = self._context(command)
        running = context.running.get(command.target)
        if running is None:
            raise Refused(404, f"Command {command.target} Is Not at Work")
        self._end(context, running, STOPPED)
        self._post(Done(command.id, command.context))

    def _end(self, context: Context, running: Command, reason: str) -> None:
        del context.running[running.id]
        if isinstance(running, Play | Tone):
            self._post(PlayDone(running.id, context.name, running.termination, reason))
        elif isinstance(running, Record):
            self._post(RecordDone(running.id, context.name, running.termination, running.file, 0.0, reason))
        elif isinstance(running, Collect):
            digits = context.collected.pop(running.id)
            self._post(Digits(running.id, context.name, running.termination, digits, reason))

    # -- what happens in the world --------------------------------------------------------------

    def finish(self, context: str, target: int, reason: str = COMPLETE) -> None:
        """What command ``target`` started comes to its end by itself: the file is over, time is up, ..."""
        held = self.contexts[context]
        self._end(held, held.running[target], reason)

    def time_out(self, context: str, target: int) -> None:
        """No (further) digit comes for the ``Collect`` with id ``target``."""
        self.finish(context, target, TIMEOUT)

    def press(self, context: str, termination: str, digits: str) -> None:
        """The party presses keys."""
        held = self.contexts[context]
        for digit in digits:
            for running in list(held.running.values()):
                if getattr(running, "termination", None) == termination:
                    self._feel(held, running, digit)

    def _feel(self, context: Context, running: Command, digit: str) -> None:
        if isinstance(running, Play) and running.barge_in:
            self._end(context, running, INTERRUPTED)
        elif isinstance(running, Detect) and running.digits:
            self._post(Digits(running.id, context.name, running.termination, digit))
        elif isinstance(running, Collect):
            if digit in running.terminators:
                self._end(context, running, TERMINATOR)
                return
            context.collected[running.id] += digit
            if len(context.collected[running.id]) == running.max_digits:
                self._end(context, running, COMPLETE)

    def go_silent(self, context: str, termination: str) -> None:
        """Packets of the party stop coming for as long as a ``Detect`` there waits."""
        for running in list(self.contexts[context].running.values()):
            if isinstance(running, Detect) and running.termination == termination and running.inactive_seconds:
                self._post(Inactive(running.id, context, termination, running.inactive_seconds))

    def lose(self, context: str = "", reason: str = "Gateway Down") -> None:
        """A context, or with "" the whole gateway, is lost with everything in it."""
        for name in [context] if context else list(self.contexts):
            for termination in self.contexts.pop(name).terminations.values():
                termination.close()
        self._post(Lost(0, context, reason))
