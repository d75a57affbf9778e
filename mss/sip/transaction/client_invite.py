# SPDX-License-Identifier: GPL-2.0-or-later
"""INVITE client transaction (RFC 3261 17.1.1 figure 5, with RFC 6026 section 7.2)."""
from __future__ import annotations

from typing import Final

from mss.sip.builder import build_ack
from mss.sip.flow import Flow
from mss.sip.headers import TO
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

CALLING: Final = 0
PROCEEDING: Final = 1
COMPLETED: Final = 2
ACCEPTED: Final = 3

PROVISIONAL: Final = 0
SUCCESS: Final = 1
FAILURE: Final = 2
TIMER_A: Final = 3
TIMER_B: Final = 4
TIMER_C: Final = 5
TIMER_D: Final = 6
TIMER_M: Final = 7
TRANSPORT_FAILED: Final = 8

_INPUTS: Final = 9


def _proceed(transaction: ClientTransaction, response: Message | None) -> None:
    # Once a CANCEL was sent the end is fixed: further provisionals do not put it off.
    if transaction.left >= 0:
        transaction.context.wheel.arm(transaction, transaction.context.values.timer_c)
    if response is not None:
        transaction.user.receive_response(transaction, response)


def _accept(transaction: ClientTransaction, response: Message | None) -> None:
    transaction.request.data = b""
    transaction.context.wheel.arm(transaction, transaction.context.values.t64)
    if response is not None:
        transaction.user.receive_response(transaction, response)


def _report(transaction: ClientTransaction, response: Message | None) -> None:
    if response is not None:
        transaction.user.receive_response(transaction, response)


def _reject(transaction: ClientTransaction, response: Message | None) -> None:
    if response is not None:
        transaction.request.data = b""
        _acknowledge(transaction, response)
        if transaction.flow.reliable:
            transaction.terminate()
        else:
            transaction.context.wheel.arm(transaction, transaction.context.values.timer_d)
        transaction.user.receive_response(transaction, response)
        transaction.user = NOBODY


def _acknowledge(transaction: ClientTransaction, response: Message | None) -> None:
    # RFC 3261 17.1.1.3: the ACK to a failure is the transaction's own, on the INVITE's branch.
    if response is not None:
        transaction.flow.send(build_ack(transaction.request, response.get(TO) or transaction.request.to_value))


def _acknowledge_again(transaction: ClientTransaction, response: Message | None) -> None:
    transaction.context.counters.absorbed += 1
    _acknowledge(transaction, response)


def _absorb(transaction: ClientTransaction, _response: Message | None) -> None:
    transaction.context.counters.absorbed += 1


def _retransmit(transaction: ClientTransaction, _response: Message | None) -> None:
    context = transaction.context
    if not transaction.flow.reliable:
        context.counters.retransmitted += 1
        transaction.flow.send(transaction.request.data)
    transaction.interval *= 2
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
    (CALLING, PROVISIONAL): (_proceed, PROCEEDING),
    (CALLING, SUCCESS): (_accept, ACCEPTED),
    (CALLING, FAILURE): (_reject, COMPLETED),
    (CALLING, TIMER_A): (_retransmit, CALLING),
    (CALLING, TIMER_B): (_time_out, TERMINATED),
    (CALLING, TRANSPORT_FAILED): (_lose, TERMINATED),
    (PROCEEDING, PROVISIONAL): (_proceed, PROCEEDING),
    (PROCEEDING, SUCCESS): (_accept, ACCEPTED),
    (PROCEEDING, FAILURE): (_reject, COMPLETED),
    (PROCEEDING, TIMER_C): (_time_out, TERMINATED),
    (PROCEEDING, TRANSPORT_FAILED): (_lose, TERMINATED),
    (COMPLETED, PROVISIONAL): (_absorb, COMPLETED),
    (COMPLETED, FAILURE): (_acknowledge_again, COMPLETED),
    (COMPLETED, TIMER_D): (_terminate, TERMINATED),
    (ACCEPTED, PROVISIONAL): (_absorb, ACCEPTED),
    (ACCEPTED, SUCCESS): (_report, ACCEPTED),
    (ACCEPTED, TIMER_M): (_terminate, TERMINATED),
}

_TABLE: Final[list[tuple[ClientAction, int] | None]] = [
    TRANSITIONS.get((state, event)) for state in range(ACCEPTED + 1) for event in range(_INPUTS)
]


class InviteClientTransaction(ClientTransaction):
    """One INVITE of ours; sent at construction."""

    __slots__ = ()

    def __init__(self, context: TransactionContext, request: OutgoingRequest, flow: Flow,
                 user: TransactionUser) -> None:
        super().__init__(context, request, flow, user, True)
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
        status = response.status
        self.feed(PROVISIONAL if status < 200 else SUCCESS if status < 300 else FAILURE, response)

    def fail(self) -> None:
        """The flow was lost before a final response."""
        self.feed(TRANSPORT_FAILED, None)

    def is_proceeding(self) -> bool:
        """A provisional and no final response came: only now a CANCEL may be sent (RFC 3261 9.1)."""
        return self.state == PROCEEDING

    def is_pending(self) -> bool:
        """No final response came yet."""
        return self.state <= PROCEEDING

    def limit(self, ticks: int) -> None:
        """Give up after ``ticks`` if no final response comes (after a CANCEL, RFC 3261 9.1)."""
        if self.state == PROCEEDING:
            self.left = -1
            self.context.wheel.arm(self, ticks)

    def expire(self) -> None:
        """Timers A, B, C, D and M share the one deadline; the state tells which it is."""
        if self.state == CALLING:
            self.left -= self.interval
            self.feed(TIMER_A if self.left > 0 else TIMER_B, None)
        elif self.state == PROCEEDING:
            self.feed(TIMER_C, None)
        elif self.state == COMPLETED:
            self.feed(TIMER_D, None)
        else:
            self.feed(TIMER_M, None)
