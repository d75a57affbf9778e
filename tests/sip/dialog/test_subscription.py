# SPDX-License-Identifier: GPL-2.0-or-later
"""Subscriptions as their notifier has them, on an endpoint with fake flows and a clock that the test moves."""
from __future__ import annotations

import hashlib
from itertools import count

import pytest

from mss.sip.builder import build_response
from mss.sip.dialog.dialog import Dialog
from mss.sip.dialog.service import DialogSettings
from mss.sip.dialog.subscription import (
    ACTIVE,
    PENDING,
    TERMINATED,
    TOO_BRIEF,
    Subscription,
    SubscriptionUser,
    event_of,
    requested_seconds,
)
from mss.sip.endpoint import Endpoint, EndpointUser
from mss.sip.flow import Flow, LocalAddress
from mss.sip.message import Message
from mss.sip.parser import parse
from mss.sip.timers import TimerValues
from mss.sip.transaction.context import ServerTransaction

HERE = LocalAddress("UDP", "198.51.100.1", 5060)


class RecordingFlow(Flow):
    """Keeps what is sent."""

    __slots__ = ("sent",)

    def __init__(self, host: str = "192.0.2.7", port: int = 5060, transport: str = "UDP") -> None:
        super().__init__(transport, host, port, HERE)
        self.sent: list[bytes] = []

    def send(self, data: bytes) -> None:
        self.sent.append(data)

    def take(self) -> Message:
        message = parse(self.sent.pop(0))
        message.index()
        return message


class Host(EndpointUser):
    """Gives every SUBSCRIBE to the notifier."""

    def __init__(self, notifier: Notifier) -> None:
        self.notifier = notifier

    def admit(self, request: Message, flow: Flow) -> str | None:
        return "100"

    def receive_request(self, transaction: ServerTransaction, request: Message, identity: str) -> None:
        self.notifier.accept(transaction, request)

    def find_next_hop(self, uri: str, flow: Flow) -> Flow:
        return flow

    def find_other_flow(self, dialog: Dialog) -> Flow:
        return self.notifier.other_flow or dialog.flow


class Notifier(SubscriptionUser):
    """Accepts every subscription; ``state`` is what it tells."""

    def __init__(self) -> None:
        self.now = 1000.0
        serials = count()
        self.endpoint = Endpoint(Host(self), DialogSettings(""), TimerValues(), lambda size: hashlib.shake_128(
            str(next(serials)).encode()).digest(size), self.now)
        self.state = "idle"
        self.is_pending = False
        self.ended: list[str] = []
        self.subscription: Subscription | None = None
        self.other_flow: Flow | None = None

    def accept(self, transaction: ServerTransaction, request: Message) -> None:
        self.subscription = Subscription(self.endpoint, transaction.flow, request.call_id, self.endpoint.tokens.token(),
                                         self, event_of(request), "text/plain")
        self.subscription.accept(transaction, request, requested_seconds(request), self.is_pending)

    def describe(self, subscription: Subscription) -> bytes:
        return f"{subscription.version} {self.state}".encode()

    def subscription_ended(self, subscription: Subscription, cause: str) -> None:
        self.ended.append(cause)

    def advance(self, seconds: float) -> None:
        self.now += seconds
        self.endpoint.tick(self.now)

    def change(self, state: str) -> None:
        assert self.subscription is not None
        self.state = state
        self.subscription.notify()


class Subscriber:
    """The peer: writes requests and responses."""

    def __init__(self, notifier: Notifier, flow: RecordingFlow | None = None) -> None:
        self.notifier = notifier
        self.flow = flow or RecordingFlow()
        self.cseq = 0
        self.to = "<sip:101@198.51.100.1>"

    def send(self, method: str, *lines: str) -> None:
        self.cseq += 1
        text = "\r\n".join([
            f"{method} sip:101@198.51.100.1 SIP/2.0",
            f"Via: SIP/2.0/{self.flow.transport} {self.flow.host}:{self.flow.port};branch=z9hG4bK{self.cseq}",
            "From: <sip:100@198.51.100.1>;tag=sub", f"To: {self.to}", "Call-ID: c1", f"CSeq: {self.cseq} {method}",
            *lines, "", ""])
        self.notifier.endpoint.receive(text.encode(), self.flow, self.notifier.now)

    def subscribe(self, *lines: str, event: str = "dialog;id=7") -> Message:
        """Send SUBSCRIBE; returns the response."""
        self.send("SUBSCRIBE", f"Event: {event}", "Contact: <sip:100@192.0.2.7>", *lines)
        response = self.flow.take()
        self.to = response.get("to") or ""
        return response

    def expect_notify(self) -> Message:
        message = self.flow.take()
        assert message.method == "NOTIFY"
        return message

    def respond(self, request: Message, status: int = 200, headers: str = "") -> None:
        self.notifier.endpoint.receive(build_response(request, status, "", "", headers), self.flow, self.notifier.now)

    def take_notify(self) -> Message:
        """The next NOTIFY, answered with 200."""
        message = self.expect_notify()
        self.respond(message)
        return message


@pytest.fixture
def notifier() -> Notifier:
    return Notifier()


@pytest.fixture
def subscriber(notifier: Notifier) -> Subscriber:
    return Subscriber(notifier)


def state_of(message: Message) -> str:
    return message.get("subscription-state") or ""


def make(*lines: str) -> Message:
    return parse("\r\n".join(["SUBSCRIBE sip:101@a.example SIP/2.0", *lines, "", ""]).encode())


# ---- what is asked for -------------------------------------------------------
@pytest.mark.parametrize(("line", "seconds"), [
    ("Expires: 600", 600), ("Expires: 60", 60), ("Expires: 59", TOO_BRIEF), ("Expires: 1", TOO_BRIEF),
    ("Expires: 0", 0), ("Expires: 7200", 3600), ("Expires: 99999999999999999999", 3600), ("Expires: soon", 3600),
    ("Subject: none", 3600),
])
def test_requested_seconds(line: str, seconds: int) -> None:
    assert requested_seconds(make(line)) == seconds


@pytest.mark.parametrize(("lines", "event"), [
    (["Event: dialog"], "dialog"), (["o: presence"], "presence"), (["Event: dialog ; ma=x; id=a7"], "dialog;id=a7"),
    (["Event: dialog;ID=7"], "dialog;id=7"), (["Event: message-summary"], "message-summary"),
    ([], ""), (["Event: dialog", "Event: presence"], ""), (["Event:"], ""), (["Event: two words"], ""),
    (['Event: dialog;id="a b"'], ""),
])
def test_event_of(lines: list[str], event: str) -> None:
    assert event_of(make(*lines)) == event


# ---- the beginning -----------------------------------------------------------
def test_subscribe_is_accepted_and_notified_at_once(notifier: Notifier, subscriber: Subscriber) -> None:
    response = subscriber.subscribe("Expires: 600")
    assert (response.status, response.get("expires")) == (200, "600")
    assert response.contact() is not None
    notify = subscriber.expect_notify()
    assert notify.uri == "sip:100@192.0.2.7"
    assert (notify.from_tag, notify.to_tag, notify.call_id) == (response.to_tag, "sub", "c1")
    assert notify.get("event") == "dialog;id=7"
    assert state_of(notify) == "active;expires=600"
    assert notify.get("content-type") == "text/plain"
    assert notify.body == b"0 idle"
    assert notify.contact() is not None


def test_a_route_set_is_used(notifier: Notifier, subscriber: Subscriber) -> None:
    response = subscriber.subscribe("Record-Route: <sip:p1.example;lr>, <sip:p2.example;lr>")
    assert response.values("record-route") == ["<sip:p1.example;lr>", "<sip:p2.example;lr>"]
    assert subscriber.expect_notify().values("route") == ["<sip:p1.example;lr>", "<sip:p2.example;lr>"]


def test_a_pending_subscription_tells_nothing_until_it_is_active(notifier: Notifier, subscriber: Subscriber) -> None:
    notifier.is_pending = True
    subscriber.subscribe()
    notify = subscriber.take_notify()
    assert (state_of(notify), notify.body, notify.get("content-type")) == ("pending;expires=3600", b"", None)
    notifier.change("busy")
    assert subscriber.flow.sent == []
    assert notifier.subscription is not None
    assert notifier.subscription.state == PENDING
    notifier.subscription.activate()
    notify = subscriber.take_notify()
    assert (state_of(notify), notify.body) == ("active;expires=3600", b"0 busy")
    notifier.subscription.activate()
    assert subscriber.flow.sent == []


def test_a_single_look_leaves_nothing_behind(notifier: Notifier, subscriber: Subscriber) -> None:
    response = subscriber.subscribe("Expires: 0")
    assert (response.status, response.get("expires")) == (200, "0")
    notify = subscriber.take_notify()
    assert (state_of(notify), notify.body) == ("terminated;reason=timeout", b"0 idle")
    assert notifier.endpoint.sessions == {}
    assert notifier.ended == ["timeout"]
    notifier.advance(40)
    assert notifier.endpoint.context.wheel.pending() == 0


# ---- changes -----------------------------------------------------------------
def test_changes_are_told_with_rising_versions_and_sequence_numbers(notifier: Notifier, subscriber: Subscriber) -> None:
    subscriber.subscribe()
    first = subscriber.take_notify()
    notifier.advance(10)
    notifier.change("busy")
    second = subscriber.take_notify()
    assert (first.body, second.body) == (b"0 idle", b"1 busy")
    assert second.cseq == first.cseq + 1
    assert state_of(second) == "active;expires=3590"


def test_one_notify_at_a_time(notifier: Notifier, subscriber: Subscriber) -> None:
    subscriber.subscribe()
    notify = subscriber.expect_notify()
    notifier.change("ringing")
    notifier.change("busy")
    assert subscriber.flow.sent == []
    subscriber.respond(notify, 100)
    assert subscriber.flow.sent == []
    subscriber.respond(notify)
    assert subscriber.take_notify().body == b"1 busy"
    assert subscriber.flow.sent == []


def test_the_contact_of_an_answer_is_the_new_target(notifier: Notifier, subscriber: Subscriber) -> None:
    subscriber.subscribe()
    subscriber.respond(subscriber.expect_notify(), 200, "Contact: <sip:moved@192.0.2.7>\r\n")
    notifier.change("busy")
    assert subscriber.expect_notify().uri == "sip:moved@192.0.2.7"


# ---- refresh and end ---------------------------------------------------------
def test_a_refresh_prolongs_and_notifies(notifier: Notifier, subscriber: Subscriber) -> None:
    subscriber.subscribe("Expires: 60")
    subscriber.take_notify()
    notifier.advance(50)
    response = subscriber.subscribe("Expires: 60")
    assert (response.status, response.get("expires")) == (200, "60")
    assert state_of(subscriber.take_notify()) == "active;expires=60"
    notifier.advance(50)
    assert notifier.ended == []
    notifier.advance(11)
    assert notifier.ended == ["timeout"]


def test_a_refresh_from_another_port_moves_the_subscription(notifier: Notifier, subscriber: Subscriber) -> None:
    subscriber.subscribe()
    subscriber.take_notify()
    old, subscriber.flow = subscriber.flow, RecordingFlow(port=40000)
    subscriber.subscribe()
    assert state_of(subscriber.take_notify()) == "active;expires=3600"
    assert old.sent == []


def test_a_too_brief_refresh_changes_nothing(notifier: Notifier, subscriber: Subscriber) -> None:
    subscriber.subscribe("Expires: 600")
    subscriber.take_notify()
    response = subscriber.subscribe("Expires: 5")
    assert (response.status, response.get("min-expires")) == (423, "60")
    assert subscriber.flow.sent == []
    notifier.advance(590)
    assert notifier.ended == []


def test_unsubscribing_ends_it_with_a_last_notify(notifier: Notifier, subscriber: Subscriber) -> None:
    subscriber.subscribe()
    subscriber.take_notify()
    response = subscriber.subscribe("Expires: 0")
    assert (response.status, response.get("expires")) == (200, "0")
    last = subscriber.take_notify()
    assert (state_of(last), last.body) == ("terminated;reason=timeout", b"1 idle")
    assert notifier.subscription is not None
    assert notifier.subscription.state == TERMINATED
    notifier.change("busy")
    assert subscriber.flow.sent == []
    assert subscriber.subscribe().status == 481


def test_unsubscribing_does_not_wait_for_an_unanswered_notify(notifier: Notifier, subscriber: Subscriber) -> None:
    subscriber.subscribe()
    waiting = subscriber.expect_notify()
    subscriber.subscribe("Expires: 0")
    assert state_of(subscriber.take_notify()) == "terminated;reason=timeout"
    subscriber.respond(waiting)
    assert subscriber.flow.sent == []
    assert notifier.ended == ["timeout"]


def test_the_lifetime_ends_with_a_last_notify(notifier: Notifier, subscriber: Subscriber) -> None:
    subscriber.subscribe("Expires: 60")
    subscriber.take_notify()
    notifier.advance(59)
    assert subscriber.flow.sent == []
    notifier.advance(2)
    last = subscriber.take_notify()
    assert (state_of(last), last.body) == ("terminated;reason=timeout", b"1 idle")
    assert notifier.ended == ["timeout"]
    assert notifier.endpoint.sessions == {}


def test_the_server_ends_it_for_its_own_reason(notifier: Notifier, subscriber: Subscriber) -> None:
    subscriber.subscribe()
    subscriber.take_notify()
    assert notifier.subscription is not None
    notifier.subscription.end("noresource")
    notifier.subscription.end("noresource")
    last = subscriber.take_notify()
    assert (state_of(last), last.body, last.get("content-type")) == ("terminated;reason=noresource", b"", None)
    assert subscriber.flow.sent == []
    assert notifier.ended == ["noresource"]


# ---- failures ----------------------------------------------------------------
@pytest.mark.parametrize("status", [408, 481, 403, 500, 603])
def test_a_refused_notify_ends_it(notifier: Notifier, subscriber: Subscriber, status: int) -> None:
    subscriber.subscribe()
    subscriber.respond(subscriber.expect_notify(), status)
    assert notifier.ended == [f"{status} to NOTIFY"]
    assert notifier.endpoint.sessions == {}
    notifier.change("busy")
    assert subscriber.flow.sent == []


def test_an_unanswered_notify_is_repeated_and_then_ends_it(notifier: Notifier, subscriber: Subscriber) -> None:
    subscriber.subscribe()
    first = subscriber.flow.sent[0]
    notifier.change("busy")
    for _ in range(700):
        notifier.advance(0.05)
    assert set(subscriber.flow.sent) == {first}
    assert len(subscriber.flow.sent) > 5
    assert notifier.ended == ["no response to NOTIFY"]
    assert notifier.endpoint.sessions == {}


def test_a_lost_connection_ends_it_while_a_notify_is_on_its_way(notifier: Notifier) -> None:
    flow = RecordingFlow(transport="TCP")
    subscriber = Subscriber(notifier, flow)
    subscriber.subscribe()
    subscriber.expect_notify()
    flow.is_open = False
    notifier.endpoint.lose_flow(flow)
    assert notifier.ended == ["NOTIFY not sent"]


def test_a_change_after_a_lost_connection_takes_another_flow(notifier: Notifier) -> None:
    subscriber = Subscriber(notifier, RecordingFlow(transport="TCP"))
    subscriber.subscribe()
    subscriber.take_notify()
    subscriber.flow.is_open = False
    notifier.endpoint.lose_flow(subscriber.flow)
    assert notifier.ended == []
    subscriber.flow = notifier.other_flow = RecordingFlow(port=40000, transport="TCP")
    notifier.change("busy")
    assert subscriber.take_notify().body == b"1 busy"


def test_a_busy_subscriber_gets_the_state_after_its_pause(notifier: Notifier, subscriber: Subscriber) -> None:
    subscriber.subscribe()
    subscriber.respond(subscriber.expect_notify(), 503, "Retry-After: 20 (busy)\r\n")
    notifier.change("ringing")
    notifier.advance(19)
    assert subscriber.flow.sent == []
    notifier.change("busy")
    notifier.advance(1.2)
    assert subscriber.take_notify().body == b"1 busy"
    assert subscriber.flow.sent == []


def test_the_end_of_a_paused_subscription_leaves_no_timer(notifier: Notifier, subscriber: Subscriber) -> None:
    subscriber.subscribe("Expires: 60")
    subscriber.respond(subscriber.expect_notify(), 503, "Retry-After: 50\r\n")
    subscriber.subscribe("Expires: 0")
    subscriber.take_notify()
    notifier.advance(40)
    assert notifier.endpoint.context.wheel.pending() == 0
    notifier.advance(40)
    assert subscriber.flow.sent == []


# ---- other requests inside the dialog ------------------------------------------
def test_another_event_is_no_refresh(notifier: Notifier, subscriber: Subscriber) -> None:
    subscriber.subscribe()
    subscriber.take_notify()
    assert subscriber.subscribe(event="dialog;id=8").status == 481
    assert subscriber.subscribe(event="presence").status == 481
    assert notifier.subscription is not None
    assert notifier.subscription.state == ACTIVE


@pytest.mark.parametrize(("method", "status"), [("OPTIONS", 200), ("NOTIFY", 481), ("BYE", 405), ("INVITE", 405)])
def test_other_methods(notifier: Notifier, subscriber: Subscriber, method: str, status: int) -> None:
    subscriber.subscribe()
    subscriber.take_notify()
    subscriber.send(method)
    response = subscriber.flow.take()
    assert response.status == status
    if status != 481:
        assert response.get("allow") == "SUBSCRIBE, OPTIONS"
    assert notifier.ended == []


def test_requests_out_of_order_are_refused(notifier: Notifier, subscriber: Subscriber) -> None:
    subscriber.cseq = 10
    subscriber.subscribe()
    subscriber.take_notify()
    subscriber.cseq = 5
    assert subscriber.subscribe().status == 500
    assert subscriber.flow.sent == []


def test_an_ack_is_nothing_to_a_subscription(notifier: Notifier, subscriber: Subscriber) -> None:
    subscriber.subscribe()
    subscriber.take_notify()
    subscriber.send("ACK")
    assert subscriber.flow.sent == []
    assert notifier.ended == []


def test_tags_of_another_dialog_are_refused(notifier: Notifier, subscriber: Subscriber) -> None:
    subscriber.subscribe()
    subscriber.take_notify()
    subscriber.to = "<sip:101@198.51.100.1>;tag=other"
    assert subscriber.subscribe().status == 481
