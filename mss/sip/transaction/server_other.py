# SPDX-License-Identifier: GPL-2.0-or-later
"""Non-INVITE server transaction (RFC 3261 17.2.2 figure 8, with RFC 4320)."""
from __future__ import annotations

from typing import Final

from mss.sip.flow import Flow
from mss.sip.message import Message
from mss.sip.transaction.context import TERMINATED, ServerAction, ServerTransaction, TransactionContext

TRYING: Final = 0
PROCEEDING: Final = 1
COMPLETED: Final = 2

REQUEST_REPEATED: Final = 0
SEND_PROVISIONAL: Final = 1
SEND_FINAL: Final = 2
SEND_TIMEOUT: Final = 3
TIMER_100: Final = 4
TIMER_J: Final = 5
TIMER_F: Final = 6

_INPUTS: Final = 7


def _ignore(transaction: ServerTransaction, _data: bytes) -> None:
    transaction.context.counters.absorbed += 1


def _resend(transaction: ServerTransaction, _data: bytes) -> None:
    transaction.context.counters.absorbed += 1
    if transaction.last:
        transaction.flow.send(transaction.last)


def _send_provisional(transaction: ServerTransaction, data: bytes) -> None:
    transaction.last = data
    transaction.flow.send(data)
    # By then the client's timer F has ended its transaction, and with it ours.
    transaction.context.wheel.arm(transaction, transaction.context.values.t64)


def _send_final(transaction: ServerTransaction, data: bytes) -> None:
    transaction.request = None
    transaction.owner = None
    transaction.flow.send(data)
    if transaction.flow.reliable:
        transaction.terminate()
        return
    transaction.last = data
    transaction.context.wheel.arm(transaction, transaction.context.values.t64)


def _drop(transaction: ServerTransaction, _data: bytes) -> None:
    # RFC 4320 4.2: a 408 to a non-INVITE request can only be late; it is never sent.
    transaction.terminate()


TRANSITIONS: Final[dict[tuple[int, int], tuple[ServerAction, int]]] = {
    (TRYING, REQUEST_REPEATED): (_ignore, TRYING),
    (TRYING, SEND_PROVISIONAL): (_send_provisional, PROCEEDING),
    (TRYING, SEND_FINAL): (_send_final, COMPLETED),
    (TRYING, SEND_TIMEOUT): (_drop, TERMINATED),
    (TRYING, TIMER_100): (_send_provisional, PROCEEDING),
    (PROCEEDING, REQUEST_REPEATED): (_resend, PROCEEDING),
    (PROCEEDING, SEND_PROVISIONAL): (_send_provisional, PROCEEDING),
    (PROCEEDING, SEND_FINAL): (_send_final, COMPLETED),
    (PROCEEDING, SEND_TIMEOUT): (_drop, TERMINATED),
    (PROCEEDING, TIMER_F): (_drop, TERMINATED),
    (COMPLETED, REQUEST_REPEATED): (_resend, COMPLETED),
    (COMPLETED, TIMER_J): (_drop, TERMINATED),
}

_TABLE: Final[list[tuple[ServerAction, int] | None]] = [
    TRANSITIONS.get((state, event)) for state in range(COMPLETED + 1) for event in range(_INPUTS)
]


class OtherServerTransaction(ServerTransaction):
    """One received request that is neither INVITE nor ACK."""

    __slots__ = ("_trying",)

    def __init__(self, context: TransactionContext, key: str, merge_key: str, request: Message, flow: Flow) -> None:
        super().__init__(context, key, merge_key, request, flow)
        self.state = TRYING
        self._trying = b""

    def feed(self, event: int, data: bytes) -> None:
        """One input of the machine; unknown pairs of state and input are ignored."""
        if self.state == TERMINATED:
            return
        step = _TABLE[self.state * _INPUTS + event]
        if step is not None:
            if step[1] != TERMINATED:
                self.state = step[1]
            step[0](self, data)

    def repeat(self) -> None:
        """The request arrived again: repeat the last response, if there is one."""
        self.feed(REQUEST_REPEATED, b"")

    def respond(self, status: int, data: bytes) -> None:
        """Send a response (RFC 4320: no provisional but 100, never a 408)."""
        if status == 408:
            self.feed(SEND_TIMEOUT, b"")
        elif status >= 200:
            self.feed(SEND_FINAL, data)
        elif status == 100:
            self.feed(SEND_PROVISIONAL, data)

    def defer(self, trying: bytes) -> None:
        """The answer has to come from elsewhere: send ``trying`` (a 100) if it takes long (RFC 4320 4.1)."""
        if self.state == TRYING:
            self._trying = trying
            self.context.wheel.arm(self, self.context.values.trying)

    def expire(self) -> None:
        """The wait before 100, the time a client waits for its answer, or timer J."""
        if self.state == TRYING:
            self.feed(TIMER_100, self._trying)
        elif self.state == PROCEEDING:
            self.feed(TIMER_F, b"")
        else:
            self.feed(TIMER_J, b"")
