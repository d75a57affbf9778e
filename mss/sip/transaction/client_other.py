# SPDX-License-Identifier: GPL-2.0-or-later
"""Non-INVITE client transaction (RFC 3261 17.1.2 figure 6)."""
from __future__ import annotations

from typing import Final

from mss.sip.flow import Flow
from mss.sip.message import Message
from mss.sip.transaction.context import (
    NOBODY,
    TERMINATED,
    ClientAction,
    ClientTransaction,
    TransactionContext,
    TransactionUser,
)
from mss.sip.transaction.request import OutgoingRequest

TRYING: Final = 0
PROCEEDING: Final = 1
COMPLETED: Final = 2

PROVISIONAL: Final = 0
FINAL: Final = 1
TIMER_E: Final = 2
TIMER_F: Final = 3
TIMER_K: Final = 4
TRANSPORT_FAILED: Final = 5

_INPUTS: Final = 6


def _proceed(transaction: ClientTransaction, response: Message | None) -> None:
    if response is not None:
        transaction.user.receive_response(transaction, response)


def _report(transaction: ClientTransaction, response: Message | None) -> None:
    if response is not None:
        transaction.user.receive_response(transaction, response)


def _complete(transaction: ClientTransaction, response: Message | None) -> None:
    transaction.request.data = b""
    if transaction.flow.reliable:
        transaction.terminate()
    else:
        transaction.context.wheel.arm(transaction, transaction.context.values.t4)
    if response is not None:
        transaction.user.receive_response(transaction, response)
    transaction.user = NOBODY


def _absorb(transaction: ClientTransaction, _response: Message | None) -> None:
    transaction.context.counters.absorbed += 1


def _retransmit(transaction: ClientTransaction, _response: Message | None) -> None:
    context = transaction.context
    if not transaction.flow.reliable:
        context.counters.retransmitted += 1
        transaction.flow.send(transaction.request.data)
    # RFC 3261 17.1.2.2: after a provisional response timer E runs at T2.
    transaction.interval = context.values.t2 if transaction.state == PROCEEDING else \
        min(transaction.interval * 2, context.values.t2)
    context.wheel.arm(transaction, min(transaction.interval, transaction.left))


def _time_out(transaction: ClientTransaction, _response: Message | None) -> None:
    transaction.context.counters.timeouts += 1
    transaction.terminate()
    transaction.user.receive_failure(transaction, 408)
    transaction.user = NOBODY


def _lose(transaction: ClientTransaction, _response: Message | None) -> None:
    transaction.terminate()
    transaction.user.receive_failure(transaction, 503)
    transaction.user = NOBODY


def _terminate(transaction: ClientTransaction, _response: Message | None) -> None:
    transaction.terminate()


TRANSITIONS: Final[dict[tuple[int, int], tuple[ClientAction, int]]] = {
    (TRYING, PROVISIONAL): (_proceed, PROCEEDING),
    (TRYING, FINAL): (_complete, COMPLETED),
    (TRYING, TIMER_E): (_retransmit, TRYING),
    (TRYING, TIMER_F): (_time_out, TERMINATED),
    (TRYING, TRANSPORT_FAILED): (_lose, TERMINATED),
    (PROCEEDING, PROVISIONAL): (_report, PROCEEDING),
    (PROCEEDING, FINAL): (_complete, COMPLETED),
    (PROCEEDING, TIMER_E): (_retransmit, PROCEEDING),
    (PROCEEDING, TIMER_F): (_time_out, TERMINATED),
    (PROCEEDING, TRANSPORT_FAILED): (_lose, TERMINATED),
    (COMPLETED, PROVISIONAL): (_absorb, COMPLETED),
    (COMPLETED, FINAL): (_absorb, COMPLETED),
    (COMPLETED, TIMER_K): (_terminate, TERMINATED),
}

_TABLE: Final[list[tuple[ClientAction, int] | None]] = [
    TRANSITIONS.get((state, event)) for state in range(COMPLETED + 1) for event in range(_INPUTS)
]


class OtherClientTransaction(ClientTransaction):
    """One request of ours that is neither INVITE nor ACK; sent at construction."""

    __slots__ = ()

    def __init__(self, context: TransactionContext, request: OutgoingRequest, flow: Flow,
                 user: TransactionUser) -> None:
        super().__init__(context, request, flow, user, False)
        values = context.values
        self.left = values.t64
        self.interval = values.t64 if flow.reliable else values.t1
        context.wheel.arm(self, self.interval)
        flow.send(request.data)

    def feed(self, event: int, response: Message | None) -> None:
        """One input of the machine; unknown pairs of state and input are ignored."""
        if self.state == TERMINATED:
            return
        step = _TABLE[self.state * _INPUTS + event]
        if step is not None:
            if step[1] != TERMINATED:
                self.state = step[1]
            step[0](self, response)

    def receive(self, response: Message) -> None:
        """A response that matched by branch and method."""
        self.feed(PROVISIONAL if response.status < 200 else FINAL, response)

    def fail(self) -> None:
        """The flow was lost before a final response."""
        self.feed(TRANSPORT_FAILED, None)

    def expire(self) -> None:
        """Timers E, F and K share the one deadline."""
        if self.state == COMPLETED:
            self.feed(TIMER_K, None)
            return
        self.left -= self.interval
        self.feed(TIMER_E if self.left > 0 else TIMER_F, None)
