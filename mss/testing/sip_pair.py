# SPDX-License-Identifier: GPL-2.0-or-later
"""Two SIP endpoints joined by a network in memory: for tests of transactions, dialogs and sessions."""
from __future__ import annotations

from dataclasses import dataclass
from random import Random

from mss.sip.dialog.dialog import Dialog
from mss.sip.dialog.service import DialogSettings
from mss.sip.dialog.session import Session, SessionUser
from mss.sip.endpoint import ALLOW_LINE, SUPPORTED_LINE, Endpoint, EndpointUser
from mss.sip.flow import Flow, LocalAddress
from mss.sip.message import Message
from mss.sip.timers import TimerValues
from mss.sip.transaction.context import ServerTransaction
from mss.testing.network import FakeNetwork
from mss.testing.wire import FakeSocket


@dataclass(frozen=True)
class SessionEvent:
    """What one session told: the name of the method without ``session_``, and the status or cause with it."""

    name: str
    session: Session
    message: Message | None = None
    status: int = 0
    cause: str = ""


class SipEnd:
    """One endpoint with its users, on a network.  ``events`` is what its sessions told, in order.

    ``transactions`` are requests outside dialogs that wait for an answer, INVITEs aside.
    """

    def __init__(self, network: FakeNetwork, host: str, settings: DialogSettings | None = None,
                 transport: str = "UDP", seed: int = 1) -> None:
        self.network = network
        local = LocalAddress(transport, host, 5060)
        self.socket: FakeSocket = network.bind(self, local)
        self.events: list[SessionEvent] = []
        self.transactions: list[tuple[ServerTransaction, Message]] = []
        self.malformed: list[str] = []
        self.user = _Sessions(self)
        self.endpoint = Endpoint(_Admission(self), settings or DialogSettings(), TimerValues(),
                                 Random(f"{host} {seed}").randbytes, network.now)
        network.loop.add_ticker(self.endpoint.tick)

    # ---- driven by the network ---------------------------------------------
    def receive(self, data: bytes, flow: Flow, now: float) -> None:
        """Take a message from the network."""
        self.endpoint.receive(data, flow, now)

    def lose_flow(self, flow: Flow) -> None:
        """A connection was closed."""
        self.endpoint.lose_flow(flow)

    # ---- what a test does to it ------------------------------------------
    def flow_to(self, other: SipEnd) -> Flow:
        """The flow to another end; a connection is made where there is none.  Raises ConnectionError."""
        socket = self.socket
        host, port = other.socket.seen_as
        if socket.transport == "UDP":
            return socket.flow_to(host, port)
        flow = socket.connection_to(host, port) or self.network.connect(socket, host, port)
        if flow is None:
            raise ConnectionError(f"nobody listens at {host}:{port}")
        return flow

    def invite(self, other: SipEnd, body: bytes = b"", headers: str = "") -> Session:
        """Call another end; what comes of it is in ``events``."""
        tokens = self.endpoint.tokens
        tag = tokens.token()
        host = self.socket.host
        session = Session(self.endpoint, self.flow_to(other), f"{tokens.token()}@{host}", tag, self.user)
        uri = f"sip:b@{other.socket.local.contact_host}"
        session.local_value = f"<sip:a@{host}>;tag={tag}"
        session.remote_value = f"<{uri}>"
        session.extra_2xx = ALLOW_LINE + SUPPORTED_LINE
        kind = "Content-Type: application/sdp\r\n" if body else ""
        session.invite(uri, "", f"{session.contact_line('a')}{ALLOW_LINE}{SUPPORTED_LINE}{headers}{kind}", body, 70)
        self.network.settle()
        return session

    def take(self, name: str) -> SessionEvent:
        """The next event, which must have this name; raises AssertionError otherwise."""
        self.network.settle()
        if not self.events or self.events[0].name != name:
            got = self.events[0].name if self.events else "nothing"
            raise AssertionError(f"{self.socket.host} expected {name}, got {got}\n{self.network.ladder()}")
        return self.events.pop(0)

    def leftovers(self) -> dict[str, int]:
        """What is still kept, by name; empty when nothing is."""
        context = self.endpoint.context
        found = {"sessions": len(self.endpoint.sessions), "client transactions": len(context.clients),
                 "server transactions": len(context.servers), "timers": context.wheel.pending()}
        return {name: number for name, number in found.items() if number}


class _Admission(EndpointUser):
    """Lets everything in; an INVITE becomes a session."""

    def __init__(self, end: SipEnd) -> None:
        self.end = end

    def admit(self, request: Message, flow: Flow) -> str | None:
        return ""

    def receive_request(self, transaction: ServerTransaction, request: Message, identity: str) -> None:
        end = self.end
        if request.method != "INVITE":
            end.transactions.append((transaction, request))
            return
        session = Session(end.endpoint, transaction.flow, request.call_id, end.endpoint.tokens.token(), end.user)
        session.extra_2xx = ALLOW_LINE + SUPPORTED_LINE
        session.receive_invite(transaction, request)
        session.prepare_timer(request)
        end.events.append(SessionEvent("invited", session, request))

    def find_next_hop(self, uri: str, flow: Flow) -> Flow:
        return flow

    def find_reply_flow(self, flow: Flow, port: int) -> Flow:
        return self.end.socket.flow_to(flow.host, port)

    def find_other_flow(self, dialog: Dialog) -> Flow:
        return dialog.flow

    def report_malformed(self, flow: Flow, reason: str) -> None:
        self.end.malformed.append(reason)


class _Sessions(SessionUser):
    """Writes down what sessions tell."""

    def __init__(self, end: SipEnd) -> None:
        self.end = end

    def _note(self, name: str, session: Session, message: Message | None, status: int = 0, cause: str = "") -> None:
        self.end.events.append(SessionEvent(name, session, message, status, cause))

    def session_progressed(self, session: Session, response: Message) -> None:
        self._note("progressed", session, response, response.status)

    def session_answered(self, session: Session, response: Message) -> None:
        session.start_keepalive(response)
        self._note("answered", session, response, response.status)

    def session_failed(self, session: Session, status: int, response: Message | None) -> None:
        self._note("failed", session, response, status)

    def session_cancelled(self, session: Session, request: Message | None) -> None:
        self._note("cancelled", session, request)

    def session_acknowledged(self, session: Session, request: Message) -> None:
        if session.timer is None or session.timer.due < 0:
            session.start_keepalive(None)
        self._note("acknowledged", session, request)

    def session_ended(self, session: Session, request: Message | None, cause: str) -> None:
        self._note("ended", session, request, 0, cause)

    def session_offered(self, session: Session, request: Message) -> None:
        self._note("offered", session, request)

    def session_requested(self, session: Session, transaction: ServerTransaction, request: Message) -> None:
        self.end.transactions.append((transaction, request))
        self._note("requested", session, request)

    def session_reoffer_answered(self, session: Session, response: Message) -> None:
        self._note("reoffer_answered", session, response, response.status)

    def session_reoffer_failed(self, session: Session, status: int, response: Message | None) -> None:
        self._note("reoffer_failed", session, response, status)

    def session_responded(self, session: Session, branch: str, response: Message) -> None:
        self._note("responded", session, response, response.status)

    def session_unanswered(self, session: Session, branch: str, status: int) -> None:
        self._note("unanswered", session, None, status)
