# SPDX-License-Identifier: GPL-2.0-or-later
"""A phone that behaves by itself: it repeats what gets lost, answers calls, talks a while and hangs up.

For tests of bad networks and of many calls; where each message matters use ``mss.testing.phone``.
"""
from __future__ import annotations

from random import Random

from mss.sip.builder import build_request
from mss.sip.dialog.dialog import Dialog
from mss.sip.dialog.service import DialogSettings
from mss.sip.dialog.session import Session, SessionUser
from mss.sip.digest import answer_challenge, strongest_challenge
from mss.sip.endpoint import ALLOW_LINE, Endpoint, EndpointUser
from mss.sip.flow import Flow, LocalAddress
from mss.sip.message import Message
from mss.sip.timers import TimerValues
from mss.sip.transaction.client_other import OtherClientTransaction
from mss.sip.transaction.context import ClientTransaction, ServerTransaction, TransactionUser
from mss.sip.transaction.request import OutgoingRequest
from mss.testing.message import audio
from mss.testing.network import FakeNetwork

#: States of a call of a softphone.
CALLING = "calling"
TALKING = "talking"
ENDED = "ended"
FAILED = "failed"


class SoftCall:
    """One call made by a softphone.  ``status`` is the final status, ``cause`` why the dialog was lost, if it was."""

    def __init__(self, number: str, talk_seconds: float) -> None:
        self.number = number
        self.talk_seconds = talk_seconds
        self.state = CALLING
        self.status = 0
        self.cause = ""
        self.is_authenticated = False


class Softphone:
    """A phone of user ``number``.  It rings ``ring_seconds`` before it answers a call."""

    def __init__(self, network: FakeNetwork, number: str, password: str, *, host: str,
                 server: tuple[str, int] = ("198.51.100.1", 5060), ring_seconds: float = 1.0) -> None:
        self.network = network
        self.number = number
        self.password = password
        self.server = server
        self.ring_seconds = ring_seconds
        self.local = LocalAddress("UDP", host, 5060)
        self.socket = network.bind(self, self.local)
        self.calls: list[SoftCall] = []
        self.is_registered = False
        self._sessions = _Sessions(self)
        self.endpoint = Endpoint(_Admission(self), DialogSettings("softphone"), TimerValues(),
                                 Random(f"{host} {number}").randbytes, network.now)
        network.loop.add_ticker(self.endpoint.tick)

    # ---- driven by the network ---------------------------------------------
    def receive(self, data: bytes, flow: Flow, now: float) -> None:
        """Take a message from the network."""
        self.endpoint.receive(data, flow, now)

    def lose_flow(self, flow: Flow) -> None:
        """A softphone has no connections."""

    # ---- what it does --------------------------------------------------
    @property
    def flow(self) -> Flow:
        """The flow to the server."""
        return self.socket.flow_to(*self.server)

    @property
    def domain(self) -> str:
        """The host of its URIs."""
        return self.server[0]

    def sdp(self) -> bytes:
        """Its description."""
        return audio(self.socket.host, 4000)

    def register(self) -> None:
        """Register; ``is_registered`` tells when that has succeeded."""
        _Registration(self).send("")
        self.network.settle()

    def call(self, number: str, talk_seconds: float = 3.0) -> SoftCall:
        """Call a number, and hang up ``talk_seconds`` after the answer."""
        call = SoftCall(number, talk_seconds)
        self.calls.append(call)
        self.send_invite(call, "")
        self.network.settle()
        return call

    def send_invite(self, call: SoftCall, credentials: str) -> None:
        """Send the INVITE of a call, with ready credentials lines."""
        tokens = self.endpoint.tokens
        tag = tokens.token()
        session = Session(self.endpoint, self.flow, tokens.token(), tag, self._sessions)
        uri = f"sip:{call.number}@{self.domain}"
        session.local_value = f"<sip:{self.number}@{self.domain}>;tag={tag}"
        session.remote_value = f"<{uri}>"
        session.contact_user = self.number
        session.owner = call
        session.extra_2xx = ALLOW_LINE
        headers = f"{session.contact_line(self.number)}{ALLOW_LINE}{credentials}Content-Type: application/sdp\r\n"
        session.invite(uri, "", headers, self.sdp(), 70)

    def credentials(self, response: Message, method: str, uri: str) -> str:
        """The header line that answers a challenge, "" when it cannot be answered."""
        is_proxy = response.status == 407
        challenge = strongest_challenge(response.get_all("proxy-authenticate" if is_proxy else "www-authenticate"))
        if challenge is None:
            return ""
        value = answer_challenge(challenge, method, uri, self.number, self.password, self.endpoint.tokens.token(), 1)
        return f"{'Proxy-' if is_proxy else ''}Authorization: {value}\r\n"


class _Registration(TransactionUser):
    """One registration, with a second try after the challenge."""

    __slots__ = ("call_id", "cseq", "phone")

    def __init__(self, phone: Softphone) -> None:
        super().__init__()
        self.phone = phone
        self.call_id = phone.endpoint.tokens.token()
        self.cseq = 0

    def send(self, credentials: str) -> None:
        phone = self.phone
        self.cseq += 1
        branch = phone.endpoint.tokens.token()
        uri = f"sip:{phone.domain}"
        address = f"<sip:{phone.number}@{phone.domain}>"
        from_value = f"{address};tag={phone.endpoint.tokens.token()}"
        via_line = f"{phone.local.via_head}{branch}"
        headers = f"Contact: <sip:{phone.number}@{phone.local.contact_host}>\r\nExpires: 3600\r\n{credentials}"
        data = build_request("REGISTER", uri, via_line, "", from_value, address, self.call_id, self.cseq, headers, b"")
        OtherClientTransaction(phone.endpoint.context, OutgoingRequest(
            "REGISTER", uri, from_value, address, self.call_id, self.cseq, "", branch, via_line, data),
            phone.flow, self)

    def receive_response(self, transaction: ClientTransaction, response: Message) -> None:
        if response.status in (401, 407) and self.cseq < 3:
            self.send(self.phone.credentials(response, "REGISTER", f"sip:{self.phone.domain}"))
        else:
            self.phone.is_registered = response.status == 200


class _Admission(EndpointUser):
    """What comes to a softphone from outside its calls."""

    def __init__(self, phone: Softphone) -> None:
        self.phone = phone

    def admit(self, request: Message, flow: Flow) -> str | None:
        return ""

    def receive_request(self, transaction: ServerTransaction, request: Message, identity: str) -> None:
        phone = self.phone
        if request.method != "INVITE":
            phone.endpoint.respond(transaction, 200 if request.method == "OPTIONS" else 405)
            return
        tokens = phone.endpoint.tokens
        session = Session(phone.endpoint, transaction.flow, request.call_id, tokens.token(), phone._sessions)
        session.contact_user = phone.number
        session.extra_2xx = ALLOW_LINE
        session.receive_invite(transaction, request)
        session.ring(180, "", "", b"")
        phone.network.call_later(phone.ring_seconds, lambda: session.answer("", phone.sdp()))

    def find_next_hop(self, uri: str, flow: Flow) -> Flow:
        return flow

    def find_reply_flow(self, flow: Flow, port: int) -> Flow:
        return self.phone.socket.flow_to(flow.host, port)

    def find_other_flow(self, dialog: Dialog) -> Flow:
        return dialog.flow

    def report_malformed(self, flow: Flow, reason: str) -> None:
        raise AssertionError(f"the server sent a malformed message: {reason}")


class _Sessions(SessionUser):
    """What becomes of the calls of a softphone."""

    def __init__(self, phone: Softphone) -> None:
        self.phone = phone

    def session_answered(self, session: Session, response: Message) -> None:
        call = session.owner
        if isinstance(call, SoftCall):
            call.state = TALKING
            call.status = response.status
            self.phone.network.call_later(call.talk_seconds, lambda: self._hang_up(session, call))

    def _hang_up(self, session: Session, call: SoftCall) -> None:
        if call.state == TALKING:
            call.state = ENDED
            session.leave("")

    def session_failed(self, session: Session, status: int, response: Message | None) -> None:
        call = session.owner
        if not isinstance(call, SoftCall):
            return
        if status == 407 and response is not None and not call.is_authenticated:
            call.is_authenticated = True
            uri = f"sip:{call.number}@{self.phone.domain}"
            self.phone.send_invite(call, self.phone.credentials(response, "INVITE", uri))
            return
        call.state = FAILED
        call.status = status

    def session_ended(self, session: Session, request: Message | None, cause: str) -> None:
        call = session.owner
        if isinstance(call, SoftCall) and call.state == TALKING:
            call.state = ENDED
            call.cause = cause

    def session_offered(self, session: Session, request: Message) -> None:
        session.accept_offer(self.phone.sdp())

    def session_requested(self, session: Session, transaction: ServerTransaction, request: Message) -> None:
        session.respond_to(transaction, 200)
