# SPDX-License-Identifier: GPL-2.0-or-later
"""One subscription as its notifier has it: the dialog that SUBSCRIBE creates and NOTIFY uses (RFC 6665 4.2).

What is notified is the user's; this module knows states, lifetimes and the order of the NOTIFYs.
"""
from __future__ import annotations

from typing import Final

from mypy_extensions import mypyc_attr

from mss.sip.dialog.dialog import Dialog
from mss.sip.dialog.service import DialogService
from mss.sip.fields import get_param, parse_number
from mss.sip.flow import Flow
from mss.sip.grammar import TOKEN_RE
from mss.sip.headers import EVENT, EXPIRES, RETRY_AFTER
from mss.sip.message import Message
from mss.sip.timers import Timed, to_ticks
from mss.sip.transaction.context import ClientTransaction, ServerTransaction

#: States of a subscription (RFC 6665 4.1.3).
PENDING: Final = 0
ACTIVE: Final = 1
TERMINATED: Final = 2
_STATE_NAMES: Final = ("pending", "active", "terminated")

#: Lifetimes in seconds.
MIN_SECONDS: Final = 60
MAX_SECONDS: Final = 3600
DEFAULT_SECONDS: Final = 3600
MIN_EXPIRES_LINE: Final = f"Min-Expires: {MIN_SECONDS}\r\n"
#: Answer of ``requested_seconds`` for an interval that wants 423.
TOO_BRIEF: Final = -1

#: Reason of the last NOTIFY when the time is over or the subscriber has had enough.
TIMEOUT: Final = "timeout"
_ALLOW_LINE: Final = "Allow: SUBSCRIBE, OPTIONS\r\n"


def event_of(request: Message) -> str:
    """Package and ``id`` of the Event header, as a NOTIFY repeats them; "" without exactly one that can be read.

    Other parameters are left out; both parts are compared byte by byte (RFC 6665 8.2.1).
    """
    values = request.get_all(EVENT)
    if len(values) != 1:
        return ""
    package, _, params = values[0].partition(";")
    package = package.strip()
    if TOKEN_RE.fullmatch(package) is None:
        return ""
    name = get_param(params, "id")
    if name is None:
        return package
    return f"{package};id={name}" if TOKEN_RE.fullmatch(name) is not None else ""


def requested_seconds(request: Message) -> int:
    """Seconds to grant to a SUBSCRIBE: 0 = a single look or the end (RFC 6665 4.1.2), TOO_BRIEF = refuse with 423.

    An absent or unreadable Expires asks for the default; a long one is cut.
    """
    value = request.get(EXPIRES)
    asked = parse_number(value) if value is not None else None
    if asked is None:
        return DEFAULT_SECONDS
    if 0 < asked < MIN_SECONDS:
        return TOO_BRIEF
    return min(asked, MAX_SECONDS)


@mypyc_attr(allow_interpreted_subclasses=True)
class SubscriptionUser:
    """The one who knows what is subscribed to."""

    __slots__ = ()

    def describe(self, subscription: Subscription) -> bytes:
        """The state to notify now, as a document of ``subscription.content_type`` and number ``version``."""
        raise NotImplementedError

    def subscription_ended(self, subscription: Subscription, cause: str) -> None:
        """The subscription is over and forgotten; ``cause`` says why in words."""


class _Pause(Timed):
    """The time a subscriber asked to be left alone for (Retry-After)."""

    __slots__ = ("subscription",)

    def __init__(self, subscription: Subscription) -> None:
        self.due = -1
        self.subscription = subscription

    def expire(self) -> None:
        """Go on."""
        self.subscription.resume()


class Subscription(Dialog):
    """Create, then ``accept``; ``notify`` at each change; the dialog's own timer is the lifetime.

    ``event`` is a result of ``event_of``.  One NOTIFY is on its way at a time: changes meanwhile are told
    together, once it is answered.  ``version`` counts the documents from 0.  ``subscriber``, ``number``
    and ``entity`` (who subscribed, to whom, and that one's URI) are for the user.
    """

    __slots__ = ("_expires_at", "_is_due", "_is_waiting", "_pause", "contact_user", "content_type", "entity", "event",
                 "extra_2xx", "number", "state", "subscriber", "user", "version")

    def __init__(self, service: DialogService, flow: Flow, call_id: str, local_tag: str, user: SubscriptionUser,
                 event: str, content_type: str) -> None:
        super().__init__(service, flow, call_id, local_tag)
        self.user = user
        self.event = event
        self.content_type = content_type
        self.state = PENDING
        self.version = 0
        self.subscriber = ""
        self.number = ""
        self.entity = ""
        #: User part of our Contact.
        self.contact_user = ""
        #: Header lines for each 2xx.
        self.extra_2xx = ""
        #: When the lifetime ends, on the endpoint's clock.
        self._expires_at = 0.0
        #: A NOTIFY is unanswered, or its subscriber asked for a pause.
        self._is_waiting = False
        #: Something is to be told after that.
        self._is_due = False
        self._pause: _Pause | None = None

    # ---- requests of the subscriber ------------------------------------
    def accept(self, transaction: ServerTransaction, request: Message, seconds: int, is_pending: bool = False) -> None:
        """Answer the SUBSCRIBE that creates the dialog and send the first NOTIFY (RFC 6665 4.2.1.2).

        ``seconds`` is the lifetime, 0 for a single look.  A pending subscription waits for ``activate``
        and tells nothing until then.
        """
        self.take_identity(request)
        self.contact_user = request.request_uri().user
        self.state = PENDING if is_pending else ACTIVE
        self._grant(transaction, seconds)

    def receive_request(self, transaction: ServerTransaction, request: Message) -> None:
        """A request inside the dialog: SUBSCRIBE refreshes or ends it."""
        method = request.method
        if not self.accepts_sequence(request):
            # RFC 3261 12.2.2: out of order.
            self.respond_to(transaction, 500, "CSeq Out Of Order")
        elif method == "SUBSCRIBE":
            self._receive_refresh(transaction, request)
        elif method == "OPTIONS":
            self.respond_to(transaction, 200, "", _ALLOW_LINE)
        elif method == "NOTIFY":
            # The subscriber is subscribed to, not the notifier.
            self.respond_to(transaction, 481)
        else:
            self.respond_to(transaction, 405, "", _ALLOW_LINE)

    def _receive_refresh(self, transaction: ServerTransaction, request: Message) -> None:
        seconds = requested_seconds(request)
        if event_of(request) != self.event:
            # RFC 6665 4.5.2: no second subscription in a dialog.
            self.respond_to(transaction, 481, "Subscription Does Not Exist")
        elif seconds == TOO_BRIEF:
            self.respond_to(transaction, 423, "", MIN_EXPIRES_LINE)
        else:
            contact = request.contact()
            if contact is not None:
                if not self.routes:
                    # The address of a subscriber behind NAT may have changed.
                    self.flow = transaction.flow
                self.set_target(contact.uri)
            self._grant(transaction, seconds)

    def _grant(self, transaction: ServerTransaction, seconds: int) -> None:
        headers = f"Expires: {seconds}\r\n{self.contact_line(self.contact_user)}{self.extra_2xx}"
        self.respond_to(transaction, 200, "", headers)
        if not seconds:
            self.end(TIMEOUT)
            return
        self._expires_at = self.service.now + seconds
        self.service.context.wheel.arm(self, to_ticks(seconds))
        self.refresh()

    # ---- what the user wants --------------------------------------------
    def activate(self) -> None:
        """Let a pending subscription have what it asked for."""
        if self.state == PENDING:
            self.state = ACTIVE
            self.refresh()

    def notify(self) -> None:
        """The state changed: tell the subscriber, at once or after its answer to the NOTIFY before."""
        if self.state == ACTIVE:
            self.refresh()

    def end(self, reason: str) -> None:
        """Send the last NOTIFY with a reason of RFC 6665 4.1.3 (parameters may follow) and forget the subscription."""
        if self.state != TERMINATED:
            self._send_notify(reason)
            self.lose(reason)

    # ---- NOTIFY ----------------------------------------------------------
    def refresh(self) -> None:
        """Tell the whole state, changed or not."""
        if self._is_waiting:
            self._is_due = True
        else:
            self._send_notify("")

    def _send_notify(self, reason: str) -> None:
        """Send a NOTIFY, the last one if there is a ``reason``; that one waits for no other."""
        if reason:
            state = f"terminated;reason={reason}"
        else:
            left = max(0, round(self._expires_at - self.service.now))
            state = f"{_STATE_NAMES[self.state]};expires={left}"
        headers = f"{self.contact_line(self.contact_user)}Event: {self.event}\r\nSubscription-State: {state}\r\n"
        body = b""
        if self.state == ACTIVE and (not reason or reason == TIMEOUT):
            body = self.user.describe(self)
            headers += f"Content-Type: {self.content_type}\r\n"
            self.version += 1
        self._is_due = False
        self._is_waiting = True
        self.send_request("NOTIFY", headers, body)

    def receive_response(self, transaction: ClientTransaction, response: Message) -> None:
        """The subscriber answered a NOTIFY; a failure ends the subscription (RFC 6665 4.2.2)."""
        status = response.status
        if status < 200 or self.state == TERMINATED:
            return
        if status >= 300:
            self._take_failure(response)
            return
        contact = response.contact()
        if contact is not None and contact.uri != self.target:
            self.set_target(contact.uri)
        self.resume()

    def _take_failure(self, response: Message) -> None:
        value = response.get(RETRY_AFTER)
        pause = parse_number(value.partition(";")[0].partition("(")[0]) if value is not None else None
        if pause is None or response.status in (408, 481):
            self.lose(f"{response.status} to NOTIFY")
            return
        self._is_due = True
        self._pause = _Pause(self)
        self.service.context.wheel.arm(self._pause, to_ticks(min(pause, MAX_SECONDS)))

    def resume(self) -> None:
        """The subscriber can take the next NOTIFY."""
        self._pause = None
        self._is_waiting = False
        if self._is_due:
            self._send_notify("")

    def receive_failure(self, transaction: ClientTransaction, status: int) -> None:
        """A NOTIFY got no answer or could not be sent."""
        self.lose("no response to NOTIFY" if status == 408 else "NOTIFY not sent")

    # ---- the end ---------------------------------------------------------
    def expire(self) -> None:
        """The lifetime is over."""
        self.end(TIMEOUT)

    def lose(self, cause: str) -> None:
        """Forget the subscription without a further word to the subscriber."""
        if self.state == TERMINATED:
            return
        self.state = TERMINATED
        wheel = self.service.context.wheel
        wheel.cancel(self)
        if self._pause is not None:
            wheel.cancel(self._pause)
            self._pause = None
        self.service.sessions.pop(self.local_tag, None)
        self.user.subscription_ended(self, cause)

    def state_name(self) -> str:
        """The state in a word."""
        return _STATE_NAMES[self.state]
