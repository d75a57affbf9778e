# SPDX-License-Identifier: GPL-2.0-or-later
"""A network in memory with weather: loss, duplication, reordering and delay as plain function calls.

Messages are delivered in order and at once when the test calls ``settle`` or ``advance`` (the phones
and servers of this kit do it for the test).  What happened is kept in ``history``, and ``ladder``
draws it for people.
"""
from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Final

from mss.sip.flow import LocalAddress
from mss.testing.clock import FakeClock, FakeLoop, Scheduled
from mss.testing.wire import FakeFlow, FakeSocket, Station

#: Messages that ``history`` keeps.
HISTORY: Final = 2000

DELIVERED: Final = "delivered"
LOST: Final = "lost"
NOBODY: Final = "nobody there"


@dataclass(frozen=True)
class Packet:
    """One message on its way.  ``what`` is "INVITE" for a request and "200 INVITE" for a response."""

    at: float
    what: str
    source: str
    destination: str
    reliable: bool
    data: bytes


@dataclass
class Weather:
    """What happens to datagrams by chance; probabilities from 0 to 1, times in seconds.

    A reordered datagram is late by ``lateness`` at most.
    """

    loss: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0
    delay: float = 0.0
    lateness: float = 0.3


@dataclass
class Rule:
    """What to do with the next ``count`` packets that are ``what``: lose, duplicate or delay them."""

    what: str
    count: int
    source: str
    destination: str
    copies: int
    delay: float

    def applies(self, packet: Packet) -> bool:
        """Whether the rule is about this packet."""
        return (self.count > 0 and self.what in ("", packet.what) and self.source in ("", packet.source)
                and self.destination in ("", packet.destination))


def describe(data: bytes) -> str:
    """"INVITE" for a request, "200 INVITE" for a response; "?" for what is neither."""
    head, _, rest = data.partition(b"\r\n")
    words = head.decode("utf-8", "replace").split(" ")
    if words[0] != "SIP/2.0":
        return words[0] if len(words) == 3 else "?"
    for line in rest.split(b"\r\n"):
        if line.lower().startswith(b"cseq:"):
            return f"{words[1]} {line.decode('utf-8', 'replace').split()[-1]}"
    return words[1]


class FakeNetwork:
    """Carries messages between stations.

    ``seed`` makes its chances repeatable.  Stations are named in ``history`` and in rules by their
    address as the others see it, "host:port".
    """

    def __init__(self, clock: FakeClock | None = None, seed: int = 1) -> None:
        self.loop = FakeLoop(clock)
        self.weather = Weather()
        self.history: deque[tuple[Packet, str]] = deque(maxlen=HISTORY)
        self._random = Random(seed)
        self._sockets: dict[tuple[str, str, int], FakeSocket] = {}
        self._rules: list[Rule] = []
        self._held: list[Callable[[], object]] | None = None

    @property
    def now(self) -> float:
        """The time of the network's clock."""
        return self.loop.now

    # ---- stations ------------------------------------------------------
    def bind(self, station: Station, local: LocalAddress, host: str = "", port: int = 0,
             seen_as: tuple[str, int] | None = None) -> FakeSocket:
        """Give a station an address; behind NAT it is reached at ``seen_as`` only.

        ``local`` is how it presents itself, ``host`` and ``port`` where it is (as presented, if not given).
        Raises ValueError when the address is taken.
        """
        host = host or local.host.strip("[]")
        port = port or local.port
        public = seen_as or (host, port)
        key = (local.transport, *public)
        if key in self._sockets:
            raise ValueError(f"{key} is taken")
        socket = self._sockets[key] = FakeSocket(station, local, host, port, public, self._carry)
        return socket

    def unbind(self, socket: FakeSocket) -> None:
        """Take a station off the network: what is sent there gets lost."""
        socket.is_bound = False
        self._sockets.pop((socket.transport, *socket.seen_as), None)

    def connect(self, socket: FakeSocket, host: str, port: int) -> FakeFlow | None:
        """A connection from ``socket`` to whoever listens at an address, None where nobody does."""
        listener = self._sockets.get((socket.transport, host, port))
        if listener is None:
            return None
        near = socket.accept(host, port)
        far = listener.accept(*socket.seen_as)
        near.far, far.far = far, near
        return near

    # ---- carrying ------------------------------------------------------
    def _carry(self, flow: FakeFlow, data: bytes) -> None:
        owner = flow.owner
        if owner is None:
            return
        source = f"{owner.seen_as[0]}:{owner.seen_as[1]}"
        packet = Packet(self.now, describe(data), source, f"{flow.host}:{flow.port}", flow.reliable, data)
        deliver = partial(self._send, packet, flow, owner)
        if self._held is not None:
            self._held.append(deliver)
        else:
            deliver()

    def _send(self, packet: Packet, flow: FakeFlow, owner: FakeSocket) -> None:
        copies, delay = self._fate_of(packet)
        if not copies:
            self.history.append((packet, LOST))
        for _ in range(copies):
            self.loop.call_later(delay, partial(self._deliver, packet, flow, owner))

    def _fate_of(self, packet: Packet) -> tuple[int, float]:
        """How many copies arrive, and how late."""
        for rule in self._rules:
            if rule.applies(packet):
                rule.count -= 1
                return rule.copies, rule.delay + self.weather.delay
        weather = self.weather
        if packet.reliable:
            return 1, weather.delay
        if weather.loss and self._random.random() < weather.loss:
            return 0, 0.0
        copies = 2 if weather.duplication and self._random.random() < weather.duplication else 1
        late = 0.0
        if weather.reordering and self._random.random() < weather.reordering:
            late = self._random.random() * weather.lateness
        return copies, weather.delay + late

    def _deliver(self, packet: Packet, flow: FakeFlow, owner: FakeSocket) -> None:
        if flow.reliable:
            far = flow.far
            if far is None or not far.is_open or far.owner is None:
                self.history.append((packet, NOBODY))
                return
            self.history.append((packet, DELIVERED))
            far.owner.station.receive(packet.data, far, self.now)
            return
        socket = self._sockets.get((flow.transport, flow.host, flow.port))
        if socket is None:
            self.history.append((packet, NOBODY))
            return
        self.history.append((packet, DELIVERED))
        socket.station.receive(packet.data, socket.flow_to(*owner.seen_as), self.now)

    # ---- what a test does to it ------------------------------------------
    def reseed(self, seed: int) -> None:
        """Begin another sequence of chances."""
        self._random.seed(seed)

    def lose(self, what: str = "", count: int = 1, source: str = "", destination: str = "") -> None:
        """Lose the next packets that are ``what`` (as in ``Packet.what``; "" = anything)."""
        self._rules.append(Rule(what, count, source, destination, 0, 0.0))

    def duplicate(self, what: str = "", count: int = 1, source: str = "", destination: str = "") -> None:
        """Deliver the next packets that are ``what`` twice."""
        self._rules.append(Rule(what, count, source, destination, 2, 0.0))

    def delay(self, what: str, seconds: float, count: int = 1, source: str = "", destination: str = "") -> None:
        """Deliver the next packets that are ``what`` later than those sent after them."""
        self._rules.append(Rule(what, count, source, destination, 1, seconds))

    def clear_rules(self) -> None:
        """Forget what ``lose``, ``duplicate`` and ``delay`` have not used up."""
        self._rules.clear()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold back what is sent inside the block, then deliver it in the order it was sent: messages cross."""
        self._held = []
        try:
            yield
        finally:
            held, self._held = self._held, None
            for deliver in held:
                deliver()
            self.settle()

    def settle(self) -> None:
        """Deliver all that is due now; nothing while messages are held back."""
        if self._held is None:
            self.loop.settle()

    def advance(self, seconds: float) -> None:
        """Let time pass, with everything that it brings."""
        self.loop.advance(seconds)

    def call_later(self, seconds: float, function: Callable[[], object]) -> Scheduled:
        """Run ``function`` after a time."""
        return self.loop.call_later(seconds, function)

    # ---- what a test looks at ----------------------------------------------
    def packets(self, what: str = "", source: str = "", destination: str = "") -> list[Packet]:
        """What was sent, delivered or not, oldest first."""
        rule = Rule(what, 1, source, destination, 1, 0.0)
        return [packet for packet, _ in self.history if rule.applies(packet)]

    def ladder(self, last: int = 40) -> str:
        """The last messages, one a line, for failure reports."""
        lines = [f"{packet.at:10.2f}  {packet.source:>21} -> {packet.destination:<21} {packet.what}"
                 + ("" if fate == DELIVERED else f"   ({fate})") for packet, fate in list(self.history)[-last:]]
        return "\n".join(lines) or "(nothing was sent)"
