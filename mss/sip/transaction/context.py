# SPDX-License-Identifier: GPL-2.0-or-later
"""What all transactions of one endpoint share, and their two base classes."""
from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mypy_extensions import mypyc_attr

from mss.sip.flow import Flow
from mss.sip.message import Message
from mss.sip.timers import Timed, TimerValues, Wheel
from mss.sip.transaction.request import OutgoingRequest

#: State of every machine once it is over.
TERMINATED: Final = 9


class Counters:
    """Message and retransmission counts since start."""

    __slots__ = ("received", "malformed", "retransmitted", "absorbed", "timeouts")

    def __init__(self) -> None:
        self.received = 0
        self.malformed = 0
        self.retransmitted = 0
        self.absorbed = 0
        self.timeouts = 0


class TransactionContext:
    """Tables, wheel and timer values of the transaction layer (RFC 3261 section 17)."""

    __slots__ = ("clients", "counters", "merged", "servers", "values", "wheel")

    def __init__(self, wheel: Wheel, values: TimerValues) -> None:
        self.wheel = wheel
        self.values = values
        self.clients: dict[str, ClientTransaction] = {}
        self.servers: dict[str, ServerTransaction] = {}
        #: Merge keys of server transactions without a To tag (RFC 3261 8.2.2.2).
        self.merged: dict[str, ServerTransaction] = {}
        self.counters = Counters()


@mypyc_attr(allow_interpreted_subclasses=True)
class TransactionUser(Timed):
    """Receiver of a client transaction's results, with one timer of its own; the default ignores all."""

    __slots__ = ()

    def receive_response(self, transaction: ClientTransaction, response: Message) -> None:
        """A provisional or the final response; for an INVITE also each further 2xx (RFC 6026)."""

    def receive_failure(self, transaction: ClientTransaction, status: int) -> None:
        """No response will come: 408 after a time-out, 503 after a transport failure."""

    def expire(self) -> None:
        """The user's own timer."""


#: Takes the place of a user that a transaction no longer needs, so that it does not outlive its call.
NOBODY: Final = TransactionUser()


@mypyc_attr(allow_interpreted_subclasses=True)
class ClientTransaction(Timed):
    """A request we sent, until its final response has been absorbed (RFC 3261 17.1)."""

    __slots__ = ("context", "flow", "interval", "is_invite", "left", "request", "state", "user")

    def __init__(self, context: TransactionContext, request: OutgoingRequest, flow: Flow, user: TransactionUser,
                 is_invite: bool) -> None:
        self.due = -1
        self.context = context
        self.request = request
        self.flow = flow
        self.user = user
        self.is_invite = is_invite
        self.state = 0
        self.interval = 0
        self.left = 0
        context.clients[request.branch + request.method] = self

    def receive(self, response: Message) -> None:
        """A response that matched this transaction."""
        raise NotImplementedError

    def fail(self) -> None:
        """The transport gave up on the request (RFC 3261 17.1.4)."""
        raise NotImplementedError

    def terminate(self) -> None:
        """Leave the table; later responses are strays."""
        self.state = TERMINATED
        self.due = -1
        self.context.clients.pop(self.request.branch + self.request.method, None)


@mypyc_attr(allow_interpreted_subclasses=True)
class ServerTransaction(Timed):
    """A request we received, until its last response needs no repeating (RFC 3261 17.2)."""

    __slots__ = ("context", "flow", "interval", "key", "last", "left", "merge_key", "owner", "request", "state",
                 "to_tag")

    def __init__(self, context: TransactionContext, key: str, merge_key: str, request: Message, flow: Flow) -> None:
        self.due = -1
        self.context = context
        self.key = key
        self.merge_key = merge_key
        #: The request; None once the final response is sent, so that its memory is let go.
        self.request: Message | None = request
        self.flow = flow
        self.state = 0
        self.last = b""
        self.interval = 0
        self.left = 0
        #: To tag that every response but 100 carries.
        self.to_tag = ""
        #: What the INVITE belongs to; a CANCEL finds it here.
        self.owner: object | None = None
        context.servers[key] = self
        if merge_key:
            context.merged[merge_key] = self

    def repeat(self) -> None:
        """The request arrived again."""
        raise NotImplementedError

    def acknowledge(self) -> None:
        """An ACK matched this INVITE transaction."""

    def respond(self, status: int, data: bytes) -> None:
        """Send a response of the transaction user, built for this request."""
        raise NotImplementedError

    def terminate(self) -> None:
        """Leave the tables."""
        self.state = TERMINATED
        self.due = -1
        self.owner = None
        self.request = None
        self.context.servers.pop(self.key, None)
        if self.merge_key:
            self.context.merged.pop(self.merge_key, None)


#: What one step of a machine does; ``data`` is a response to send, where there is one.
ServerAction = Callable[[ServerTransaction, bytes], None]
ClientAction = Callable[[ClientTransaction, "Message | None"], None]
