# SPDX-License-Identifier: GPL-2.0-or-later
"""Contexts and terminations as a gateway keeps them, without media: descriptions, ports, who hears whom."""
from __future__ import annotations

from collections import deque

from mss.media.messages import ANSWER, BOTHWAY, ISOLATE, OFFER, ONEWAY, Command
from mss.media.relay import active_streams, own_answer, own_offer, relay_answer, relay_offer
from mss.sdp.addresses import SessionOrigin
from mss.sdp.description import Description, SdpError, parse_description
from mss.sdp.offer_answer import narrow_directions, problem_of


class Refused(Exception):
    """A command that cannot be carried out; ``status`` as in ``Failed``."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.reason = reason


class PortPool:
    """Even ports of a range, each with the odd one above it; a freed one is used again as late as possible."""

    def __init__(self, ports: range) -> None:
        self._free = deque(port for port in ports if port % 2 == 0 and port + 1 in ports)
        self.size = len(self._free)

    @property
    def free(self) -> int:
        """How many are left."""
        return len(self._free)

    def take(self, count: int) -> list[int]:
        """``count`` ports, or ``Refused`` 503 and none taken."""
        if count > len(self._free):
            raise Refused(503, "No Media Ports Left")
        return [self._free.popleft() for _ in range(count)]

    def give_back(self, ports: list[int]) -> None:
        """Make ports free again."""
        self._free.extend(ports)


class Termination:
    """Our end towards one party.

    ``remote`` is the party's latest description, ``local`` what it was told last.  ``pending`` says whose
    offer is unanswered: "" nobody's, "local" ours, "remote" the party's.
    """

    def __init__(self, name: str, address: str, pool: PortPool, session_id: int) -> None:
        self.name = name
        self.address = address
        self.peer = ""
        self.pending = ""
        self.remote: bytes | None = None
        self.local: bytes | None = None
        self.remote_offer: bytes | None = None
        self.local_offer: bytes | None = None
        #: Port by index of the stream.
        self.ports: dict[int, int] = {}
        self._pool = pool
        self._origin = SessionOrigin(session_id, address)

    def take_remote(self, body: bytes, role: str) -> bytes | None:
        """Take the party's offer (answers ours of our own codecs, if any fits) or answer (answers None)."""
        description = parse(body)
        if (role or (ANSWER if self.pending == "local" else OFFER)) == ANSWER:
            if self.local_offer is None:
                raise Refused(400, "No Offer to Answer")
            offer = parse(self.local_offer)
            if narrow_directions(offer, description):
                body = description.to_bytes()
            problem = problem_of(offer, description)
            if problem:
                raise Refused(488, f"Answer Does Not Fit: {problem}")
            self.pending = ""
            self.remote = body
            return None
        ports = self._ports_for(description)
        self.pending = "remote"
        self.remote = self.remote_offer = body
        answer = own_answer(description, ports, self.address)
        if answer is None:
            return None
        self.local = self._origin.apply(answer.to_bytes())
        return self.local

    def tell(self, remote: bytes, role: str) -> bytes:
        """What to tell the party of the ``remote`` description of its peer."""
        source = parse(remote)
        if (role or (ANSWER if self.pending == "remote" else OFFER)) == ANSWER:
            if self.remote_offer is None:
                raise Refused(400, "No Offer to Answer")
            relay_answer(source, parse(self.remote_offer), self._ports_for(source), self.address)
            self.pending = ""
            self.local = self._origin.apply(source.to_bytes())
            return self.local
        previous = parse(self.local) if self.local is not None else None
        relay_offer(source, previous, self._ports_for(source), self.address)
        return self._offer(source)

    def offer_own(self) -> bytes:
        """An offer of our own codecs."""
        if 0 not in self.ports:
            self.ports[0] = self._pool.take(1)[0]
        return self._offer(own_offer(self.ports[0], self.address))

    def _offer(self, description: Description) -> bytes:
        self.pending = "local"
        self.local = self.local_offer = self._origin.apply(description.to_bytes())
        return self.local

    def _ports_for(self, description: Description) -> list[int]:
        """A port for each stream, 0 for those switched off; raises ``Refused`` 503."""
        missing = [index for index in active_streams(description) if index not in self.ports]
        self.ports.update(zip(missing, self._pool.take(len(missing)), strict=True))
        return [self.ports.get(index, 0) for index in range(len(description.media))]

    def close(self) -> None:
        """Give the ports back."""
        self._pool.give_back(list(self.ports.values()))
        self.ports.clear()


class Context:
    """Terminations, who hears whom, and the commands that are still at work."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.terminations: dict[str, Termination] = {}
        #: (source, sink): sink hears source.
        self.heard: set[tuple[str, str]] = set()
        self.running: dict[int, Command] = {}
        #: Digits so far, by the id of their Collect.
        self.collected: dict[int, str] = {}

    def termination(self, name: str) -> Termination:
        """The termination of this name; raises ``Refused`` 404."""
        found = self.terminations.get(name)
        if found is None:
            raise Refused(404, f"No Termination {name}")
        return found

    def connect(self, source: str, sink: str, direction: str) -> None:
        """Set who hears whom between two terminations; raises ``Refused``."""
        self.termination(source)
        self.termination(sink)
        if source == sink:
            raise Refused(400, "Source and Sink Are the Same")
        if direction not in (BOTHWAY, ONEWAY, ISOLATE):
            raise Refused(400, f"No Direction {direction}")
        forth, back = (source, sink), (sink, source)
        self.heard -= {forth, back}
        if direction != ISOLATE:
            self.heard.add(forth)
        if direction == BOTHWAY:
            self.heard.add(back)

    def pair(self, termination: Termination, peer: str) -> None:
        """Connect ``termination`` with the peer whose description it was told, and no longer with the one before."""
        if termination.peer == peer:
            return
        if termination.peer in self.terminations:
            self.connect(termination.peer, termination.name, ISOLATE)
        termination.peer = peer
        if self.terminations[peer].peer != termination.name:
            self.connect(peer, termination.name, BOTHWAY)

    def remove(self, name: str) -> None:
        """Remove a termination and its connections; what runs on it is ended before."""
        self.terminations.pop(name).close()
        self.heard = {pair for pair in self.heard if name not in pair}


def parse(body: bytes) -> Description:
    """Parse a description; raises ``Refused`` 488 naming the line."""
    try:
        return parse_description(body)
    except SdpError as error:
        raise Refused(488, f"Bad SDP: {error}") from error
