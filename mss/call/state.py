# SPDX-License-Identifier: GPL-2.0-or-later
"""The data of one call, and the few moves that all its rules share."""
from __future__ import annotations

from typing import Final

from mss.call.commands import CarryDescription, Command
from mss.call.events import Event
from mss.call.leg import GONE, Leg
from mss.call.target import Route

ROUTING: Final = 0
DIALLING: Final = 1
TALKING: Final = 2
ENDED: Final = 3

#: Who gets the answer to an ``Offer`` that the server made itself.
NOBODY: Final = -1


class CallSettings:
    """Rules that hold for every call; ``max_hops`` bounds forwards and redirections together."""

    __slots__ = ("max_hops", "send_181")

    def __init__(self, max_hops: int = 5, send_181: bool = True) -> None:
        self.max_hops = max_hops
        self.send_181 = send_181


class Transfer:
    """A transfer in progress.

    ``transferor`` asked for it (-1 for INVITE with Replaces), ``party`` stays, ``target`` is the new leg
    (-1 until it exists).  ``offered`` is the description the target was given.
    """

    __slots__ = ("offered", "party", "replacement", "step", "target", "targets", "transferor", "tries")

    def __init__(self, transferor: int, party: int) -> None:
        self.transferor = transferor
        self.party = party
        self.target = -1
        #: Legs still ringing for a blind transfer.
        self.targets: list[int] = []
        #: Leg whose INVITE carried Replaces, -1 otherwise.
        self.replacement = -1
        self.offered = b""
        self.step = 0
        self.tries = 0


class CallState:
    """Everything a call knows.  ``now`` is wall-clock seconds of the event being handled."""

    __slots__ = ("answered_at", "call_id", "called", "caller", "caller_device", "caller_type", "carrying",
                 "cause", "commands", "dialled", "ended_at", "ended_by", "forwarded_by", "headers", "hops", "id",
                 "legs", "max_seconds", "media", "now", "offer", "owes_ack", "pending_offer",
                 "rang_at", "route", "settings", "stage", "started_at", "status", "text", "token", "transfer",
                 "transferred_by", "visited", "waiting")

    def __init__(self, id: str, caller: str, dialled: str, call_id: str, settings: CallSettings, now: float,
                 caller_type: str = "user", caller_device: str = "") -> None:
        self.id = id
        self.caller = caller
        self.dialled = dialled
        self.called = dialled
        self.call_id = call_id
        self.caller_type = caller_type
        self.caller_device = caller_device
        self.settings = settings
        self.stage = ROUTING
        self.now = now
        self.started_at = now
        self.rang_at = 0.0
        self.answered_at = 0.0
        self.ended_at = 0.0
        self.status = 0
        self.cause = 0
        self.text = ""
        self.ended_by = ""
        self.forwarded_by = ""
        self.transferred_by = ""
        self.media = "direct"
        self.offer = b""
        self.headers = ""
        self.hops = 0
        self.max_seconds = 0
        self.visited: set[str] | None = None
        self.route: Route | None = None
        self.legs: dict[int, Leg] = {0: Leg(caller, caller_device)}
        self.commands: list[Command] = []
        #: Leg whose 2xx waits for our ACK, by the leg whose ACK brings the answer.
        self.owes_ack: dict[int, int] | None = None
        #: The one offer in flight: (leg that made it or NOBODY, leg that has to answer, whether it was empty).
        self.pending_offer: tuple[int, int, bool] | None = None
        self.transfer: Transfer | None = None
        self.token = 0
        #: Commands that wait for the media gateway, by token.
        self.carrying: dict[int, Command] | None = None
        #: Events that came meanwhile.
        self.waiting: list[Event] | None = None

    def emit(self, command: Command) -> None:
        """Put one command into the answer to the event being handled."""
        self.commands.append(command)

    def add_leg(self, number: str, device: str) -> int:
        """A new leg; returns its number."""
        leg = len(self.legs)
        self.legs[leg] = Leg(number, device)
        return leg

    def emit_described(self, command: Command, source: int, target: int, body: bytes) -> None:
        """Emit a command that brings the description of ``source`` to ``target``.

        Direct media: as it is.  Anchored: once the media gateway has answered ``CarryDescription``.
        """
        if self.media == "direct" or not body:
            self.commands.append(command)
            return
        self.token += 1
        if self.carrying is None:
            self.carrying = {}
        self.carrying[self.token] = command
        self.commands.append(CarryDescription(source, target, body, self.token))

    def link(self, first: int, second: int) -> None:
        """Let two legs talk with each other."""
        self.legs[first].peer = second
        self.legs[second].peer = first

    def drop(self, leg: int) -> None:
        """The leg is no longer of this call's concern."""
        gone = self.legs[leg]
        gone.state = GONE
        gone.body = b""
        peer = gone.peer
        gone.peer = -1
        if peer >= 0 and self.legs[peer].peer == leg:
            self.legs[peer].peer = -1
