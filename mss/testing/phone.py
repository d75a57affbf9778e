# SPDX-License-Identifier: GPL-2.0-or-later
"""A scripted phone: it does what the test says, when the test says it, and remembers what came.

By itself it does only what every phone does and no test is about: it answers challenges, acknowledges
failures, sends 100 to an INVITE and 200 to an OPTIONS.  It repeats nothing (``mss.testing.softphone`` does).
"""
from __future__ import annotations

from collections import deque
from itertools import count

from mss.sip.digest import answer_challenge, strongest_challenge
from mss.sip.flow import Flow, LocalAddress
from mss.testing.message import Headers, Received, audio, format_request, format_response
from mss.testing.network import FakeNetwork
from mss.testing.phone_call import PhoneCall
from mss.testing.sent import SentRequest
from mss.testing.wire import FakeFlow

#: What a phone allows, unless a test says otherwise.
METHODS = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, REFER, NOTIFY, INFO, MESSAGE"
#: Numbers for branches, tags and Call-IDs: all of one test run differ.
_SERIALS = count(1)


class ScriptedPhone:
    """One phone on a network.

    ``server`` is the address of its server, ``domain`` what it puts into URIs.  Behind NAT, ``seen_as``
    is where others see it.  With a reliable ``transport`` it keeps one connection to the server.
    """

    def __init__(self, network: FakeNetwork, number: str, password: str = "", *, host: str, port: int = 5060,
                 server: tuple[str, int] = ("198.51.100.1", 5060), transport: str = "UDP",
                 seen_as: tuple[str, int] | None = None, domain: str = "") -> None:
        self.network = network
        self.number = number
        self.password = password
        self.domain = domain or server[0]
        self.server = server
        shown = f"[{host}]" if ":" in host else host
        self.local = LocalAddress(transport, shown, port)
        self.socket = network.bind(self, self.local, seen_as=seen_as)
        self.inbox: deque[Received] = deque()
        self.calls: dict[str, PhoneCall] = {}
        #: Messages that came again, byte for byte.
        self.repeats: list[Received] = []
        self.sends_trying = True
        self.answers_options = True
        self.authenticates = True
        self.acks_failures = True
        #: Value of its Allow header; "" = none.
        self.methods = METHODS
        #: Header lines added to each request that opens a dialog.
        self.extra: list[tuple[str, str]] = []
        self.register_call_id = self.unique("reg")
        self._register_cseq = 0
        self._waiting: deque[PhoneCall] = deque()
        self._seen: set[bytes] = set()
        self._sent: dict[str, SentRequest] = {}
        self._flow: FakeFlow | None = None

    # ---- who and where -----------------------------------------------------
    def unique(self, prefix: str) -> str:
        """A text that nobody else has."""
        return f"{prefix}{next(_SERIALS)}p{self.number}"

    @property
    def address(self) -> str:
        """Where others see the phone, "host:port"."""
        return f"{self.socket.seen_as[0]}:{self.socket.seen_as[1]}"

    @property
    def aor(self) -> str:
        """The address-of-record."""
        return f"sip:{self.number}@{self.domain}"

    @property
    def contact(self) -> str:
        """The Contact URI."""
        return f"sip:{self.number}@{self.local.contact_host}"

    @property
    def flow(self) -> FakeFlow:
        """The flow to the server, connected first if need be.  Raises ConnectionError when nobody listens there."""
        if self.local.transport == "UDP":
            return self.socket.flow_to(*self.server)
        if self._flow is None or not self._flow.is_open:
            self._flow = self.network.connect(self.socket, *self.server)
            if self._flow is None:
                raise ConnectionError(f"nobody listens at {self.server}")
        return self._flow

    def sdp(self, codecs: str = "0 8", direction: str = "sendrecv", version: int = 1) -> bytes:
        """A description of the phone's own."""
        return audio(self.socket.host, 4000, codecs, direction, version)

    # ---- sending -------------------------------------------------------
    def send(self, data: bytes, flow: FakeFlow | None = None) -> None:
        """Send bytes as they are."""
        (flow or self.flow).send(data)
        self.network.settle()

    def send_request(self, method: str, uri: str, headers: Headers, body: bytes = b"", call: PhoneCall | None = None,
                     branch: str = "") -> SentRequest:
        """Send a request; Via and Max-Forwards are added.  Its response comes to ``call`` or the inbox."""
        branch = branch or "z9hG4bK" + self.unique("b")
        sent = SentRequest(method, uri, list(headers), body, branch, call)
        if method != "ACK":
            self._sent[branch + method] = sent
        via = f"SIP/2.0/{self.local.transport} {self.local.host}:{self.local.port};rport;branch={branch}"
        sent.data = format_request(method, uri, [("Via", via), ("Max-Forwards", "70"), *sent.headers], body)
        self.send(sent.data)
        return sent

    def respond(self, request: Received, status: int, reason: str = "", headers: Headers = (), body: bytes = b"",
                to_tag: str = "") -> None:
        """Answer a request."""
        tag = "" if status == 100 else to_tag or self.unique("t")
        flow = request.flow
        data = format_response(request, status, reason, tag, headers, body)
        self.send(data, flow if isinstance(flow, FakeFlow) else None)

    # ---- what phones do ------------------------------------------------
    def register(self, expires: int = 3600, contact: str = "", headers: Headers = ()) -> Received:
        """Register, answering the challenge; returns the final response."""
        self._register_cseq += 1
        address = f"<{self.aor}>"
        lines = [("From", f"{address};tag={self.unique('f')}"), ("To", address), ("Call-ID", self.register_call_id),
                 ("CSeq", f"{self._register_cseq} REGISTER"), ("Contact", contact or f"<{self.contact}>"),
                 ("Expires", str(expires)), *headers]
        self.send_request("REGISTER", f"sip:{self.domain}", lines)
        return self.expect_final("REGISTER")

    def request(self, method: str, number: str, headers: Headers = (), body: bytes = b"") -> Received:
        """Send a request outside dialogs to a number; returns the final response."""
        self.start_request(method, number, headers, body)
        return self.expect_final(method)

    def start_request(self, method: str, number: str, headers: Headers = (), body: bytes = b"") -> SentRequest:
        """Send a request outside dialogs to a number; its response comes to the inbox."""
        uri = f"sip:{number}@{self.domain}"
        lines = [("From", f"<{self.aor}>;tag={self.unique('f')}"), ("To", f"<{uri}>"),
                 ("Call-ID", self.unique("out")), ("CSeq", f"1 {method}"), *headers]
        return self.send_request(method, uri, lines, body)

    def call(self, number: str, body: bytes | None = None, headers: Headers = ()) -> PhoneCall:
        """Call a number; ``body`` None = the phone's own offer, b"" = no offer."""
        uri = f"sip:{number}@{self.domain}"
        call = PhoneCall(self, self.unique("call"), f"<{self.aor}>;tag={self.unique('f')}", f"<{uri}>", uri, False)
        self.calls[call.call_id] = call
        call.invite(self.sdp() if body is None else body, [*self.extra, *headers])
        return call

    def take_call(self) -> PhoneCall:
        """The next call that came in; raises AssertionError when there is none."""
        self.network.settle()
        if not self._waiting:
            raise AssertionError(f"{self.number} was not called\n{self.network.ladder()}")
        return self._waiting.popleft()

    def expect_no_call(self) -> None:
        """Raise AssertionError if a call came in that was not taken."""
        if self._waiting:
            raise AssertionError(f"{self.number} was called\n{self.network.ladder()}")

    def expect(self, what: str) -> Received:
        """The next message outside calls, which must be ``what`` ("MESSAGE", "200 REGISTER")."""
        self.network.settle()
        while self.inbox and self.inbox[0].status == 100:
            self.inbox.popleft()
        if not self.inbox or self.inbox[0].what != what:
            got = self.inbox[0].what if self.inbox else "nothing"
            raise AssertionError(f"{self.number} expected {what}, got {got}\n{self.network.ladder()}")
        return self.inbox.popleft()

    def expect_final(self, method: str) -> Received:
        """The next message outside calls, which must be a final response to ``method``."""
        self.network.settle()
        while self.inbox and 100 <= self.inbox[0].status < 200:
            self.inbox.popleft()
        if not self.inbox or not self.inbox[0].status or self.inbox[0].method != method:
            got = self.inbox[0].what if self.inbox else "nothing"
            raise AssertionError(
                f"{self.number} expected a response to {method}, got {got}\n{self.network.ladder()}")
        return self.inbox.popleft()

    def repeated(self, what: str) -> int:
        """How often a message that is ``what`` came again."""
        return sum(1 for message in self.repeats if message.what == what)

    def hang_up_connection(self) -> None:
        """Close the connection to the server, if there is one."""
        if self._flow is not None:
            self._flow.close()
            self.network.settle()

    def vanish(self) -> None:
        """Leave the network without a word."""
        self.network.unbind(self.socket)

    # ---- receiving -----------------------------------------------------
    def lose_flow(self, flow: Flow) -> None:
        """The connection to the server is gone."""
        if flow is self._flow:
            self._flow = None

    def receive(self, data: bytes, flow: Flow, now: float) -> None:
        """Take a message from the network."""
        message = Received(data, flow, now)
        if data in self._seen:
            self.repeats.append(message)
            return
        self._seen.add(data)
        if message.status:
            self._receive_response(message)
        else:
            self.receive_request(message)

    def _receive_response(self, response: Received) -> None:
        sent = self._sent.get(response.branch + response.method)
        if sent is None:
            raise AssertionError(f"{self.number} got {response.what} to nothing\n{self.network.ladder()}")
        call = sent.call
        if response.method == "INVITE" and response.status >= 300 and self.acks_failures and call is not None:
            call.ack_failure(response, sent)
        if response.status in (401, 407) and self.authenticates and not sent.is_authenticated:
            self._authenticate(sent, response)
        elif call is not None:
            call.take_response(response)
        else:
            self.inbox.append(response)

    def _authenticate(self, sent: SentRequest, response: Received) -> None:
        name = "WWW-Authenticate" if response.status == 401 else "Proxy-Authenticate"
        challenge = strongest_challenge(response.message.get_all(name.lower()))
        if challenge is None:
            raise AssertionError(f"no challenge that can be answered in {response.text}")
        value = answer_challenge(challenge, sent.method, sent.uri, self.number, self.password, "c0ffee", 1)
        answer = ("Authorization" if response.status == 401 else "Proxy-Authorization", value)
        headers = [(key, f"{sent.cseq + 1} {sent.method}" if key == "CSeq" else old) for key, old in sent.headers]
        if sent.method == "REGISTER":
            self._register_cseq = sent.cseq + 1
        again = self.send_request(sent.method, sent.uri, [*headers, answer], sent.body, sent.call)
        again.is_authenticated = True
        if sent.call is not None:
            sent.call.note_retry(again)

    def receive_request(self, request: Received) -> None:
        """Take a request; a phone with a mind of its own overrides this."""
        call = self.calls.get(request.call_id)
        if request.method == "INVITE" and self.sends_trying:
            self.respond(request, 100)
        if call is not None:
            call.take_request(request)
        elif request.method == "INVITE" and not request.to_tag:
            call = PhoneCall(self, request.call_id, f"{request.header('To')};tag={self.unique('t')}",
                             request.header("From"), request.contact_uri, True)
            self.calls[call.call_id] = call
            self._waiting.append(call)
            call.take_invite(request)
        elif request.method == "OPTIONS" and not request.to_tag and self.answers_options:
            self.respond(request, 200)
        else:
            self.inbox.append(request)
