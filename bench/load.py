# SPDX-License-Identifier: GPL-2.0-or-later
"""The loads: registrations, and calls between registered users."""
from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.peers import Peer, PeerError, User
from bench.sipp import Place, Sipp, SippResult, credentials, write_rows

SCENARIOS = Path(__file__).resolve().parent / "scenarios"
_REGISTER_RATE = 250
#: Ports above the base port: SIPp that registers, that calls, that answers; media ports of the last two.
_REGISTRAR, _CALLER, _CALLEE, _CALLER_MEDIA, _CALLEE_MEDIA = 0, 2, 4, 40, 60


class Load:
    """SIPp against one peer.  The first half of its users call, the second half are called."""

    def __init__(
        self, peer: Peer, base_port: int, scenarios: Path = SCENARIOS, options: Sequence[str] = ()
    ) -> None:
        """Uses the ports ``base_port`` to ``base_port + 99`` of the peer's address.

        ``scenarios`` is the directory of ``call.xml`` and ``answer.xml``; ``options`` are given to both SIPps.
        """
        self.peer = peer
        self._scenarios = scenarios
        self._options = list(options)
        self._base = base_port
        self._place = Place(peer.work_dir, peer.host, peer.host, peer.port)
        self._answering: Sipp | None = None
        self._calling: Sipp | None = None
        half = len(peer.users) // 2
        self.callers, self.callees = peer.users[:half], peer.users[half : 2 * half]

    def _rows(self, name: str, rows: Sequence[tuple[str, ...]]) -> list[str]:
        return ["-inf", str(write_rows(self.peer.work_dir / f"{name}.csv", rows))]

    def register(
        self,
        users: Sequence[User],
        count: int = 0,
        rate: int = _REGISTER_RATE,
        meanwhile: Callable[[], None] | None = None,
        contact_suffix: str = "",
    ) -> SippResult:
        """``count`` registrations (default: one each) over ``users``; later rounds refresh the bindings.

        ``contact_suffix`` is added to the user part of Contact: another device of the same user.
        """
        count = count or len(users)
        callers = set(self.callers)
        rows = [
            (user.number, credentials(*user), str(self._base + (_CALLER if user in callers else _CALLEE)),
             user.number + contact_suffix)
            for user in users
        ]  # fmt: skip
        options = [*self._rows("register", rows), "-m", str(count), "-r", str(rate), "-recv_timeout", "8000",
                   "-timeout", str(count // rate + 20)]  # fmt: skip
        sipp = Sipp("register", SCENARIOS / "register.xml", self._place, self._base + _REGISTRAR, options)
        return sipp.wait(count / rate + 30, meanwhile)

    def answer_calls(self) -> None:
        """Register the callees and start answering for them; raises ``PeerError`` when one is refused."""
        result = self.register(self.callees)
        if result.ok < len(self.callees):
            raise PeerError(f"{self.peer.name}: the callees could not register: {result}")
        self._answering = Sipp(
            "answer", self._scenarios / "answer.xml", self._place, self._base + _CALLEE,
            ["-mp", str(self._base + _CALLEE_MEDIA), "-aa", *self._options],
        )  # fmt: skip
        time.sleep(0.5)
        if self._answering.process.poll() is not None:
            raise PeerError(f"the callee did not start: {self._answering.errors()}")

    def call(
        self, rate: int, count: int, hold_ms: int = 100, meanwhile: Callable[[], None] | None = None
    ) -> SippResult:
        """``count`` calls at ``rate`` per second, each held for ``hold_ms``."""
        rows = [
            (caller.number, credentials(*caller), callee.number)
            for caller, callee in zip(self.callers, self.callees, strict=True)
        ]
        hold = hold_ms // 1000
        options = [*self._rows("call", rows), "-m", str(count), "-r", str(rate), "-d", str(hold_ms),
                   "-l", str(max(2000, rate * (12 + hold))), "-mp", str(self._base + _CALLER_MEDIA),
                   "-recv_timeout", str(12000 + hold_ms), "-timeout", str(count // rate + 25 + hold),
                   *self._options]  # fmt: skip
        self._calling = Sipp("call", self._scenarios / "call.xml", self._place, self._base + _CALLER, options)
        return self._calling.wait(count / rate + 40 + hold, meanwhile)

    def finish_answering(self, count: int, limit: float = 10) -> SippResult:
        """Wait until ``count`` calls have ended on the callees' side, or ``limit`` seconds; stop answering."""
        if self._answering is None:
            raise PeerError("nobody is answering")
        end = time.monotonic() + limit
        while time.monotonic() < end:
            result = self._answering.result()
            if result.ok + result.failed >= count:
                break
            time.sleep(0.2)
        answering, self._answering = self._answering, None
        answering.stop()
        return answering.result()

    def errors(self) -> str:
        """What both SIPps said last."""
        return "\n".join(sipp.errors() for sipp in (self._calling, self._answering) if sipp is not None)

    def close(self) -> None:
        """Stop answering."""
        if self._answering is not None:
            self._answering.stop()
            self._answering = None
