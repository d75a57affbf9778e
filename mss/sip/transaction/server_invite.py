# SPDX-License-Identifier: GPL-2.0-or-later
"""INVITE server transaction (RFC 3261 17.2.1 figure 7, with RFC 6026 section 7.1).

All transitions stand in ``TRANSITIONS``; a pair that is not listed is ignored.
"""
from __future__ import annotations

from typing import Final

from mss.sip.flow import Flow
from mss.sip.message import Message
from mss.sip.timers import to_ticks
from mss.sip.transaction.context import TERMINATED, ServerAction, ServerTransaction, TransactionContext

PROCEEDING: Final = 0
COMPLETED: Final = 1
CONFIRMED: Final = 2
ACCEPTED: Final = 3

INVITE_REPEATED: Final = 0
ACK_RECEIVED: Final = 1
SEND_PROVISIONAL: Final = 2
SEND_SUCCESS: Final = 3
SEND_FAILURE: Final = 4
TIMER_G: Final = 5
TIMER_H: Final = 6
TIMER_I: Final = 7
TIMER_L: Final = 8
TIMER_100: Final = 9

_INPUTS: Final = 10
#: A 100 may wait this long for a response of the transaction user (RFC 3261 17.2.1).
_TRYING_SECONDS: Final = 0.2


def _resend(transaction: ServerTransaction, _data: bytes) -> None:
    transaction.context.counters.absorbed += 1
    if transaction.last:
        transaction.flow.send(transaction.last)


def _absorb(transaction: ServerTransaction, _data: bytes) -> None:
    transaction.context.counters.absorbed += 1


def _send_provisional(transaction: ServerTransaction, data: bytes) -> None:
    transaction.last = data
    transaction.flow.send(data)


def _send_trying(transaction: ServerTransaction, data: bytes) -> None:
    # Only as long as nothing else was sent.
    if not transaction.last:
        transaction.last = data
        transaction.flow.send(data)


def _send_success(transaction: ServerTransaction, data: bytes) -> None:
    # RFC 6026 8.7: the transaction stays to absorb repeated INVITEs; the dialog repeats the 2xx.
    transaction.last = b""
    transaction.request = None
    transaction.owner = None
    transaction.flow.send(data)
    transaction.context.wheel.arm(transaction, transaction.context.values.t64)


def _send_again(transaction: ServerTransaction, data: bytes) -> None:
    transaction.flow.send(data)


def _send_failure(transaction: ServerTransaction, data: bytes) -> None:
    values = transaction.context.values
    transaction.last = data
    transaction.request = None
    transaction.owner = None
    transaction.flow.send(data)
    transaction.left = values.t64
    transaction.interval = values.t64 if transaction.flow.reliable else values.t1
    transaction.context.wheel.arm(transaction, transaction.interval)


def _retransmit(transaction: ServerTransaction, _data: bytes) -> None:
    context = transaction.context
    context.counters.retransmitted += 1
    transaction.flow.send(transaction.last)
    transaction.interval = min(transaction.interval * 2, context.values.t2)
    context.wheel.arm(transaction, min(transaction.interval, transaction.left))


def _confirm(transaction: ServerTransaction, _data: bytes) -> None:
    transaction.last = b""
    if transaction.flow.reliable:
        transaction.terminate()
    else:
        transaction.context.wheel.arm(transaction, transaction.context.values.t4)


def _terminate(transaction: ServerTransaction, _data: bytes) -> None:
    transaction.terminate()


TRANSITIONS: Final[dict[tuple[int, int], tuple[ServerAction, int]]] = {
    (PROCEEDING, INVITE_REPEATED): (_resend, PROCEEDING),
    (PROCEEDING, SEND_PROVISIONAL): (_send_provisional, PROCEEDING),
    (PROCEEDING, TIMER_100): (_send_trying, PROCEEDING),
    (PROCEEDING, SEND_SUCCESS): (_send_success, ACCEPTED),
    (PROCEEDING, SEND_FAILURE): (_send_failure, COMPLETED),
    (COMPLETED, INVITE_REPEATED): (_resend, COMPLETED),
    (COMPLETED, TIMER_G): (_retransmit, COMPLETED),
    (COMPLETED, TIMER_H): (_terminate, TERMINATED),
    (COMPLETED, ACK_RECEIVED): (_confirm, CONFIRMED),
    (CONFIRMED, ACK_RECEIVED): (_absorb, CONFIRMED),
    (CONFIRMED, INVITE_REPEATED): (_absorb, CONFIRMED),
    (CONFIRMED, TIMER_I): (_terminate, TERMINATED),
    (ACCEPTED, INVITE_REPEATED): (_absorb, ACCEPTED),
    (ACCEPTED, SEND_SUCCESS): (_send_again, ACCEPTED),
    (ACCEPTED, TIMER_L): (_terminate, TERMINATED),
}

_TABLE: Final[list[tuple[ServerAction, int] | None]] = [
    TRANSITIONS.get((state, event)) for state in range(ACCEPTED + 1) for event in range(_INPUTS)
]


class InviteServerTransaction(ServerTransaction):
    """One received INVITE; ``owner`` is the dialog usage that answers it."""

    __slots__ = ("_trying",)

    def __init__(self, context: TransactionContext, key: str, merge_key: str, request: Message, flow: Flow) -> None:
        super().__init__(context, key, merge_key, request, flow)
        self.state = PROCEEDING
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
        """The INVITE arrived again: repeat the last response, the 100 if there is none yet."""
        if self.state == PROCEEDING and not self.last and self._trying:
            self.feed(TIMER_100, self._trying)
        else:
            self.feed(INVITE_REPEATED, b"")

    def defer(self, trying: bytes) -> None:
        """Send ``trying`` (a 100) in 200 ms unless another response comes first (RFC 3261 17.2.1)."""
        self._trying = trying
        self.context.wheel.arm(self, to_ticks(_TRYING_SECONDS))

    def acknowledge(self) -> None:
        """The ACK to a failure response arrived."""
        self.feed(ACK_RECEIVED, b"")

    def respond(self, status: int, data: bytes) -> None:
        """Send a response; a final one ends the transaction's proceeding state."""
        if status < 200:
            self.feed(SEND_PROVISIONAL, data)
            return
        self._trying = b""
        if status < 300:
            self.feed(SEND_SUCCESS, data)
        else:
            self.feed(SEND_FAILURE, data)

    def expire(self) -> None:
        """Timers G, H, I and L share the one deadline; the state tells which it is."""
        if self.state == COMPLETED:
            self.left -= self.interval
            self.feed(TIMER_G if self.left > 0 else TIMER_H, b"")
        elif self.state == CONFIRMED:
            self.feed(TIMER_I, b"")
        elif self.state == PROCEEDING:
            self.feed(TIMER_100, self._trying)
        else:
            self.feed(TIMER_L, b"")
