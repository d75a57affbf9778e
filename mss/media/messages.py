# SPDX-License-Identifier: GPL-2.0-or-later
"""What call control and a media gateway say to each other: commands and events, plain data only.

The vocabulary is that of H.248: a *context* holds *terminations*, each towards one party.  Every
command carries an ``id`` chosen by the sender, higher than the one before; ``Done`` or ``Failed``
with that id answers it.  Names of contexts and terminations are chosen by the sender too.  Times
are seconds.  ``docs/media-gateway.md`` describes how they play together.
"""
from __future__ import annotations

from dataclasses import dataclass

#: Roles of a session description (RFC 3264); "" where a field allows it = as the state suggests.
OFFER = "offer"
ANSWER = "answer"

#: Directions of ``Connect``.
BOTHWAY = "bothway"
ONEWAY = "oneway"
ISOLATE = "isolate"

#: Tones of ``Tone``; how they sound is the gateway's locale.
TONES = ("dial", "ringback", "busy", "congestion", "waiting", "beep")

#: Why something that took time ended.
COMPLETE = "complete"
TERMINATOR = "terminator"
TIMEOUT = "timeout"
INTERRUPTED = "interrupted"
SILENCE = "silence"
STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Command:
    """What all commands have: their ``id`` and the ``context`` they are about."""

    id: int
    context: str


@dataclass(frozen=True, slots=True)
class Add(Command):
    """Add a termination; the first one makes the context.  Answered by ``Done`` with ``local``.

    ``remote`` is the party's session description.  ``peer`` names the termination whose ``remote`` is
    passed on to this party; the two are connected both ways.  With neither, ``local`` is an offer of the
    gateway's own codecs; with ``remote`` alone an answer of them, or None where they have none in common
    (the description can still be passed on).  Not both.  ``role`` says what ``remote``, or with ``peer``
    what ``local``, is.  ``address`` is shown in ``local`` instead of the gateway's own (server behind NAT).
    """

    termination: str
    remote: bytes | None = None
    peer: str | None = None
    role: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Modify(Command):
    """Change a termination: a new ``remote`` from its party, or what to tell the party from ``peer``.

    ``Done.local`` and ``role`` as in ``Add``; ``local`` is None when ``remote`` was an answer.  Passing
    from another peer than before moves the connection to that one.
    """

    termination: str
    remote: bytes | None = None
    peer: str | None = None
    role: str = ""


@dataclass(frozen=True, slots=True)
class Subtract(Command):
    """Remove a termination with all that runs on it; ``Stats`` precedes ``Done``.  The last one ends the context."""

    termination: str


@dataclass(frozen=True, slots=True)
class Connect(Command):
    """Set who hears whom: ``oneway`` = ``sink`` hears ``source``, ``bothway`` each other, ``isolate`` neither.

    Conference, listening, whispering and break-in are made of this.
    """

    source: str
    sink: str
    direction: str = BOTHWAY


@dataclass(frozen=True, slots=True)
class Play(Command):
    """Play files to the party, one after another, ``repeat`` times (0 = until stopped); ends with ``PlayDone``.

    ``barge_in`` lets the party's first digit end it.  A new ``Play`` or ``Tone`` there replaces it.
    """

    termination: str
    files: tuple[str, ...]
    repeat: int = 1
    barge_in: bool = False


@dataclass(frozen=True, slots=True)
class Tone(Command):
    """Play one of ``TONES`` for ``seconds`` (0 = until stopped); ends with ``PlayDone``."""

    termination: str
    name: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Collect(Command):
    """Collect digits; ends with one ``Digits``.  One collection at a time per termination.

    It is over after ``max_digits``, at a digit of ``terminators`` (not part of the result), after
    ``first_timeout`` without any or ``next_timeout`` without a further digit.
    """

    termination: str
    max_digits: int
    terminators: str = "#"
    first_timeout: float = 10.0
    next_timeout: float = 4.0


@dataclass(frozen=True, slots=True)
class Record(Command):
    """Record what the party says, or with ``termination`` "" all of the context, to ``file``; ends with ``RecordDone``.

    It is over after ``max_seconds`` or ``silence_seconds`` of silence; 0 = no such limit.
    """

    termination: str
    file: str
    max_seconds: float = 0.0
    silence_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Detect(Command):
    """Watch a party until stopped: each digit comes as ``Digits``, silence on the wire as ``Inactive``.

    ``inactive_seconds`` without a packet count as silence; 0 = do not watch for it.
    """

    termination: str
    digits: bool = True
    inactive_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Stop(Command):
    """End what the command with id ``target`` started (Play, Tone, Collect, Record, Detect) as ``stopped``."""

    target: int


@dataclass(frozen=True, slots=True)
class Release(Command):
    """End the context with all terminations; a ``Stats`` for each precedes ``Done``."""


@dataclass(frozen=True, slots=True)
class Event:
    """What all events have: the ``id`` of the command they belong to (0 = none) and the ``context``."""

    id: int
    context: str


@dataclass(frozen=True, slots=True)
class Done(Event):
    """The command was carried out; ``local`` is the session description for the termination's party, if any."""

    termination: str = ""
    local: bytes | None = None


@dataclass(frozen=True, slots=True)
class Failed(Event):
    """The command was refused and has changed nothing.

    ``status`` speaks SIP: 400 misuse, 404 no such context or termination, 409 exists already, 488 session
    description not usable, 503 out of resources.
    """

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Digits(Event):
    """Digits of a ``Collect`` with the ``reason`` of its end, or one digit for a ``Detect``."""

    termination: str
    digits: str
    reason: str = COMPLETE


@dataclass(frozen=True, slots=True)
class PlayDone(Event):
    """A ``Play`` or ``Tone`` has ended: complete, interrupted (by a digit or another sound) or stopped."""

    termination: str
    reason: str = COMPLETE


@dataclass(frozen=True, slots=True)
class RecordDone(Event):
    """A ``Record`` has ended; ``file`` is complete and has ``seconds`` of sound."""

    termination: str
    file: str
    seconds: float
    reason: str = STOPPED


@dataclass(frozen=True, slots=True)
class Inactive(Event):
    """Nothing came from the party for ``seconds``; said once per silence."""

    termination: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Stats(Event):
    """What passed through a termination, when it goes; counts from its beginning, jitter in milliseconds."""

    termination: str
    packets_in: int = 0
    packets_out: int = 0
    octets_in: int = 0
    octets_out: int = 0
    lost: int = 0
    jitter: float = 0.0


@dataclass(frozen=True, slots=True)
class Lost(Event):
    """The ``context`` is gone, or with "" all of them: the gateway went down or lost its connection."""

    reason: str


COMMANDS: tuple[type[Command], ...] = (
    Add, Modify, Subtract, Connect, Play, Tone, Collect, Record, Detect, Stop, Release,
)  # fmt: skip
EVENTS: tuple[type[Event], ...] = (Done, Failed, Digits, PlayDone, RecordDone, Inactive, Stats, Lost)
