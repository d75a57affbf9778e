# SPDX-License-Identifier: GPL-2.0-or-later
"""A clock, flows and users that only record, for the tests of transactions, dialogs and the endpoint."""
from __future__ import annotations

from random import Random

from mss.sip.dialog.dialog import Dialog
from mss.sip.dialog.service import DialogSettings
from mss.sip.dialog.session import Session, SessionUser
from mss.sip.endpoint import Endpoint, EndpointUser
from mss.sip.flow import Flow, LocalAddress
from mss.sip.message import Message
from mss.sip.parser import parse
from mss.sip.timers import TICK_SECONDS, Timed, TimerValues, Wheel
from mss.sip.transaction.context import ClientTransaction, ServerTransaction, TransactionContext, TransactionUser

SDP = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
SDP_TYPE = "Content-Type: application/sdp"
OURS = "198.51.100.1"


class Clock:
    """Time in whole ticks; ``now`` lies in the middle of one, so that no rounding matters."""

    def __init__(self) -> None:
        self.ticks = 0
        self.wheel = Wheel(0.0)

    @property
    def now(self) -> float:
        return (self.ticks + 0.5) * TICK_SECONDS

    def wait(self, seconds: float) -> None:
        """Let time pass, tick by tick."""
        for _ in range(round(seconds / TICK_SECONDS)):
            self.ticks += 1
            self.turn()

    def turn(self) -> None:
        """One tick."""
        self.wheel.advance(self.now)


class Wire(Flow):
    """A flow that keeps what is sent with the time."""

    def __init__(self, clock: Clock, transport: str = "UDP", host: str = "192.0.2.1", port: int = 5060) -> None:
        super().__init__(transport, host, port, LocalAddress(transport, OURS, 5060))
        self.clock = clock
        self.times: list[float] = []
        self.sent: list[bytes] = []
        self._taken = 0

    def send(self, data: bytes) -> None:
        self.times.append(self.clock.now)
        self.sent.append(data)

    def take(self, wanted: str) -> Message:
        """The oldest message not taken yet, which must be ``wanted``: "BYE", or "200 BYE" for a response."""
        message = self.next()
        assert kind(message) == wanted
        return message

    def next(self) -> Message:
        """The oldest message not taken yet."""
        assert self._taken < len(self.sent), "nothing was sent"
        message = parse(self.sent[self._taken])
        message.index()
        self._taken += 1
        return message

    def rest(self) -> list[str]:
        """What is left to be taken, by kind; taken with this."""
        return [kind(self.next()) for _ in range(len(self.sent) - self._taken)]

    def intervals(self) -> list[float]:
        """Seconds between the messages sent."""
        return [later - earlier for earlier, later in zip(self.times, self.times[1:], strict=False)]


def kind(message: Message) -> str:
    """"INVITE" for a request, "200 INVITE" for a response."""
    return message.method or f"{message.status} {message.cseq_method}"


class Ear(TransactionUser):
    """A transaction user that keeps the status of what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[int] = []
        self.failures: list[int] = []

    def receive_response(self, transaction: ClientTransaction, response: Message) -> None:
        self.heard.append(response.status)

    def receive_failure(self, transaction: ClientTransaction, status: int) -> None:
        self.failures.append(status)


class Alarm(Timed):
    """Something on the wheel that counts, and may arm itself again."""

    def __init__(self, clock: Clock, again: int = 0) -> None:
        super().__init__()
        self.clock = clock
        self.again = again
        self.rung: list[int] = []

    def expire(self) -> None:
        self.rung.append(self.clock.ticks)
        if self.again:
            self.clock.wheel.arm(self, self.again)


def make_context(clock: Clock, t1: float = 0.5) -> TransactionContext:
    """A transaction layer on the wheel of ``clock``."""
    return TransactionContext(clock.wheel, TimerValues(t1))


def request(method: str, *headers: str, uri: str = "sip:101@198.51.100.1", branch: str = "z9hG4bK-1", cseq: int = 1,
            to_tag: str = "", from_tag: str = "phone", call_id: str = "call", via: str = "", contact: str | None = None,
            body: bytes = b"") -> bytes:
    """A request of a phone at 192.0.2.1."""
    via = via or f"SIP/2.0/UDP 192.0.2.1:5060;rport;branch={branch}"
    tag = f";tag={to_tag}" if to_tag else ""
    of_from = f";tag={from_tag}" if from_tag else ""
    lines = [f"{method} {uri} SIP/2.0", f"Via: {via}", f"From: <sip:100@198.51.100.1>{of_from}",
             f"To: <sip:101@198.51.100.1>{tag}", f"Call-ID: {call_id}", f"CSeq: {cseq} {method}"]
    if contact is None and method in ("INVITE", "UPDATE", "SUBSCRIBE", "REFER", "NOTIFY"):
        contact = "<sip:100@192.0.2.1:5060>"
    if contact:
        lines.append(f"Contact: {contact}")
    lines += headers
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def response(sent: Message, status: int, *headers: str, tag: str = "peer", contact: str = "<sip:101@192.0.2.1:5060>",
             body: bytes = b"") -> bytes:
    """The answer of a phone to a request of ours; ``tag`` "" leaves To without one."""
    to = sent.lines_of("to")[0]
    if tag and sent.to_tag is None:
        to += f";tag={tag}"
    lines = [f"SIP/2.0 {status} Whatever", *sent.lines_of("via"), *sent.lines_of("from"), to,
             *sent.lines_of("call-id"), *sent.lines_of("cseq")]
    if contact and status < 300:
        lines.append(f"Contact: {contact}")
    lines += headers
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def read(data: bytes) -> Message:
    """A message, parsed and indexed."""
    message = parse(data)
    message.index()
    return message


class Office(EndpointUser):
    """Lets everybody in unless told otherwise, and keeps what it is given."""

    def __init__(self) -> None:
        self.identity: str | None = "100"
        self.requests: list[tuple[ServerTransaction, Message, str]] = []
        self.admitted: list[tuple[Message, Flow]] = []
        self.malformed: list[str] = []
        self.hops: dict[str, Flow] = {}
        self.reply_flows: dict[int, Flow] = {}
        self.other_flow: Flow | None = None
        self.error: Exception | None = None

    def admit(self, request: Message, flow: Flow) -> str | None:
        self.admitted.append((request, flow))
        return self.identity

    def receive_request(self, transaction: ServerTransaction, request: Message, identity: str) -> None:
        self.requests.append((transaction, request, identity))
        if self.error is not None:
            raise self.error

    def find_next_hop(self, uri: str, flow: Flow) -> Flow:
        return self.hops.get(uri, flow)

    def find_reply_flow(self, flow: Flow, port: int) -> Flow:
        return self.reply_flows[port]

    def find_other_flow(self, dialog: Dialog) -> Flow:
        return self.other_flow or dialog.flow

    def report_malformed(self, flow: Flow, reason: str) -> None:
        self.malformed.append(reason)


class Ledger(SessionUser):
    """Keeps every event of a session as its name and what matters of it."""

    def __init__(self) -> None:
        self.events: list[tuple[object, ...]] = []
        self.transactions: list[ServerTransaction] = []

    def take(self) -> list[tuple[object, ...]]:
        """All events since the last call."""
        events = self.events
        self.events = []
        return events

    def session_progressed(self, session: Session, response: Message) -> None:
        self.events.append(("progressed", response.status))

    def session_answered(self, session: Session, response: Message) -> None:
        self.events.append(("answered", response.body))

    def session_failed(self, session: Session, status: int, response: Message | None) -> None:
        self.events.append(("failed", status))

    def session_cancelled(self, session: Session, request: Message | None) -> None:
        self.events.append(("cancelled", request is not None))

    def session_acknowledged(self, session: Session, request: Message) -> None:
        self.events.append(("acknowledged", request.body))

    def session_ended(self, session: Session, request: Message | None, cause: str) -> None:
        self.events.append(("ended", cause or (request.method if request is not None else "")))

    def session_offered(self, session: Session, request: Message) -> None:
        self.events.append(("offered", request.method))

    def session_requested(self, session: Session, transaction: ServerTransaction, request: Message) -> None:
        self.transactions.append(transaction)
        self.events.append(("requested", request.method))

    def session_reoffer_answered(self, session: Session, response: Message) -> None:
        self.events.append(("reoffer answered", response.body))

    def session_reoffer_failed(self, session: Session, status: int, response: Message | None) -> None:
        self.events.append(("reoffer failed", status))

    def session_responded(self, session: Session, branch: str, response: Message) -> None:
        self.events.append(("responded", branch, response.status))

    def session_unanswered(self, session: Session, branch: str, status: int) -> None:
        self.events.append(("unanswered", branch, status))


class Site(Clock):
    """An endpoint on a clock, its user, and the flow of one phone."""

    def __init__(self, transport: str = "UDP", session_expires: int = 0, probe_seconds: int = 0,
                 min_se: int = 90) -> None:
        super().__init__()
        self.office = Office()
        self.ledger = Ledger()
        settings = DialogSettings("mss", session_expires, min_se, probe_seconds)
        self.endpoint = Endpoint(self.office, settings, TimerValues(), Random(1).randbytes, 0.0)
        self.wheel = self.endpoint.context.wheel
        self.wire = Wire(self, transport)
        self.count = 100

    def turn(self) -> None:
        self.endpoint.tick(self.now)

    def feed(self, data: bytes, wire: Wire | None = None) -> None:
        """A message arrives."""
        self.endpoint.receive(data, wire or self.wire, self.now)

    def reply(self, sent: Message, status: int, *headers: str, **more: object) -> None:
        """The phone answers a request of ours; see ``response``."""
        self.feed(response(sent, status, *headers, **more))  # type: ignore[arg-type]

    def ask(self, method: str, *headers: str, **more: object) -> Message:
        """A request of the phone, to be answered at once; returns the answer."""
        self.feed(request(method, *headers, **more))  # type: ignore[arg-type]
        return self.wire.next()

    # ---- sessions ------------------------------------------------------
    def take_call(self, *headers: str, body: bytes = SDP, wire: Wire | None = None, **more: object) -> Session:
        """The phone calls: a session with our tag "us" that has the INVITE."""
        kind_of_body = (SDP_TYPE,) if body else ()
        self.feed(request("INVITE", *kind_of_body, *headers, body=body, **more), wire)  # type: ignore[arg-type]
        transaction, message, _ = self.office.requests[-1]
        session = Session(self.endpoint, transaction.flow, message.call_id, "us", self.ledger)
        session.contact_user = "101"
        session.receive_invite(transaction, message)
        return session

    def place_call(self, headers: str = "", body: bytes = SDP, routes: str = "", flow: Flow | None = None) -> Session:
        """We call the phone: a session with our tag "us" whose INVITE was sent."""
        session = Session(self.endpoint, flow or self.wire, "c@mss", "us", self.ledger)
        session.local_value = "<sip:100@mss>;tag=us"
        session.remote_value = "<sip:101@mss>"
        session.contact_user = "100"
        contact = f"Contact: <sip:100@{OURS}:5060>\r\n" + (f"{SDP_TYPE}\r\n" if body else "")
        session.invite("sip:101@192.0.2.1:5060", routes, contact + headers, body, 70)
        return session

    def connect_caller(self, *headers: str, body: bytes = SDP, **more: object) -> Session:
        """The phone calls and is answered; nothing is left to take."""
        session = self.take_call(*headers, body=body, **more)  # type: ignore[arg-type]
        session.answer("", SDP)
        self.inside("ACK", session, cseq=1)
        self.wire.rest()
        self.ledger.take()
        return session

    def connect_callee(self, *headers: str, call_headers: str = "", **more: object) -> Session:
        """We call the phone and it answers; nothing is left to take."""
        session = self.place_call(call_headers)
        self.reply(self.wire.take("INVITE"), 200, SDP_TYPE, *headers, **{"body": SDP, **more})
        self.wire.rest()
        self.ledger.take()
        return session

    def inside(self, method: str, session: Session, *headers: str, body: bytes = b"", cseq: int = 0,
               wire: Wire | None = None, **more: object) -> None:
        """A request of the phone inside the dialog, with the next CSeq unless it is given."""
        self.count += 1
        kind_of_body = (SDP_TYPE,) if body and not any("Content-Type" in header for header in headers) else ()
        fields: dict[str, object] = {
            "to_tag": "us", "from_tag": session.remote_tag, "call_id": session.call_id, "cseq": cseq or self.count,
            "branch": f"z9hG4bK-{self.count}", "body": body} | more
        self.feed(request(method, *kind_of_body, *headers, **fields), wire)  # type: ignore[arg-type]

    def tables(self) -> tuple[int, int, int, int]:
        """How many client and server transactions, merge keys and dialogs there are."""
        context = self.endpoint.context
        return len(context.clients), len(context.servers), len(context.merged), len(self.endpoint.sessions)
