# SPDX-License-Identifier: GPL-2.0-or-later
"""A scripted phone over a real socket: a test says what it sends and what it expects, line by line."""
from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence

from bench.peers.base import User
from tests.support import digest
from tests.support.ports import HOST
from tests.support.sip_message import SipMessage, format_message, sdp
from tests.support.wire import UdpWire, Wire

_numbers = itertools.count(int(time.time() * 1000) % 10**9 * 1000)
DEFAULT_SECONDS = 5.0

Extra = Sequence[tuple[str, str]]


def unique(prefix: str) -> str:
    """A token that is used once."""
    return f"{prefix}{next(_numbers)}"


class Phone:
    """One device of ``user``.

    Messages that nobody asked for yet wait in ``backlog``; a copy of one already received is counted in
    ``retransmissions`` and otherwise left out.
    """

    def __init__(self, wire: Wire, user: User) -> None:
        """A phone on an open socket; it is not registered."""
        self.wire = wire
        self.user = user
        self.number = user.number
        self.media_port = 40000 + next(_numbers) % 10000 * 2
        self.backlog: list[SipMessage] = []
        self.retransmissions: list[SipMessage] = []
        self._seen: set[bytes] = set()
        self._register_call_id = unique("reg")
        self._register_cseq = 0

    # ---- addresses

    @property
    def domain(self) -> str:
        """host:port of the server."""
        return f"{self.wire.server[0]}:{self.wire.server[1]}"

    @property
    def aor(self) -> str:
        """The own address of record."""
        return f"sip:{self.number}@{self.domain}"

    @property
    def contact(self) -> str:
        """The URI of this device."""
        transport = "" if self.wire.transport == "UDP" else f";transport={self.wire.transport.lower()}"
        return f"sip:{self.number}@{HOST}:{self.wire.port}{transport}"

    def via(self, branch: str) -> str:
        """A Via of this device."""
        return f"SIP/2.0/{self.wire.transport} {HOST}:{self.wire.port};branch={branch};rport"

    def offer(self, direction: str = "sendrecv", codecs: str = "0 8", version: int = 1) -> str:
        """An SDP body for this device."""
        return sdp(self.media_port, direction, codecs, version=version)

    # ---- receiving

    def receive(self, seconds: float = DEFAULT_SECONDS) -> SipMessage | None:
        """The next new message from the socket, or None."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            data = self.wire.receive(left)
            if data is None:
                return None
            if not data.strip():
                continue
            message = SipMessage(data)
            if data in self._seen:
                self.retransmissions.append(message)
                continue
            self._seen.add(data)
            return message
        return None

    def forget(self) -> None:
        """Drop what is remembered of messages received so far."""
        self.backlog.clear()
        self.retransmissions.clear()
        self._seen.clear()

    def expect(self, matches: Callable[[SipMessage], bool], what: str, seconds: float = DEFAULT_SECONDS) -> SipMessage:
        """The first message, waiting or to come, that matches; others are kept."""
        for message in self.backlog:
            if matches(message):
                self.backlog.remove(message)
                return message
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            message = self.receive(left)
            if message is None:
                break
            if matches(message):
                return message
            self.backlog.append(message)
        raise AssertionError(f"{self.number}: no {what} within {seconds} s; received: {self.backlog}")

    def expect_request(self, method: str, seconds: float = DEFAULT_SECONDS) -> SipMessage:
        """A request of this method."""
        return self.expect(lambda message: message.method == method, method, seconds)

    def expect_response(
        self, status: int, method: str, seconds: float = DEFAULT_SECONDS, call_id: str = ""
    ) -> SipMessage:
        """A response with exactly this status to a request of this method."""
        return self.expect(
            lambda message: message.status == status and message.cseq_method == method
            and call_id in ("", message.call_id),
            f"{status} to {method}", seconds,
        )  # fmt: skip

    def expect_final(self, branch: str, seconds: float = DEFAULT_SECONDS) -> SipMessage:
        """The final response to the request sent with ``branch``."""
        return self.expect(
            lambda message: message.status >= 200 and message.param("via", "branch") == branch,
            "final response", seconds,
        )  # fmt: skip

    def expect_silence(self, seconds: float, matches: Callable[[SipMessage], bool]) -> None:
        """Nothing new that matches comes for ``seconds``."""
        end = time.monotonic() + seconds
        found = [message for message in self.backlog if matches(message)]
        while not found and (left := end - time.monotonic()) > 0:
            message = self.receive(left)
            if message is not None and matches(message):
                found.append(message)
            elif message is not None:
                self.backlog.append(message)
        assert not found, f"{self.number}: unexpected {found}"

    def expect_retransmission(self, original: SipMessage, seconds: float = DEFAULT_SECONDS) -> None:
        """The same message comes once more."""
        before = sum(message.raw == original.raw for message in self.retransmissions)
        end = time.monotonic() + seconds
        while sum(message.raw == original.raw for message in self.retransmissions) == before:
            left = end - time.monotonic()
            assert left > 0, f"{self.number}: no retransmission of {original}"
            message = self.receive(min(left, 0.05))
            if message is not None:
                self.backlog.append(message)

    # ---- sending

    def send_request(self, method: str, uri: str, headers: Extra, body: str = "", branch: str = "") -> str:
        """Send a request with Via and Max-Forwards before ``headers``; returns its branch."""
        branch = branch or unique("z9hG4bK")
        first = [("Via", self.via(branch)), ("Max-Forwards", "70")]
        self.wire.send(format_message(f"{method} {uri} SIP/2.0", [*first, *headers], body))
        return branch

    def respond(
        self,
        request: SipMessage,
        status: int,
        reason: str = "Test",
        *,
        tag: str = "",
        headers: Extra = (),
        body: str = "",
    ) -> None:
        """Answer a request; ``tag`` is the own one where To has none yet."""
        to = request.get("to")
        if status > 100 and "tag=" not in to:
            to += f";tag={tag or unique('t')}"
        copied = [("Via", value) for value in request.all("via")]
        copied += [("Record-Route", value) for value in request.all("record-route")]
        copied += [("From", request.get("from")), ("To", to), ("Call-ID", request.call_id),
                   ("CSeq", request.get("cseq"))]  # fmt: skip
        if 100 < status < 300 and request.method in ("INVITE", "UPDATE", "SUBSCRIBE", "REFER"):
            copied.append(("Contact", f"<{self.contact}>"))
        self.wire.send(format_message(f"SIP/2.0 {status} {reason}", [*copied, *headers], body))

    def authorization(self, challenge: SipMessage, method: str, uri: str) -> tuple[str, str]:
        """The header that answers a 401 or 407 with this user's password."""
        name, source = (("Authorization", "www-authenticate") if challenge.status == 401
                        else ("Proxy-Authorization", "proxy-authenticate"))  # fmt: skip
        return name, digest.answer(challenge.get(source), method, uri, self.user.number, self.user.password)

    def transact(self, method: str, uri: str, headers: Callable[[int], Extra], body: str = "") -> SipMessage:
        """Send a request outside a dialog, answer a challenge once, return the final response.

        ``headers`` makes the headers for a CSeq number.
        """
        response = self.expect_final(self.send_request(method, uri, headers(1), body))
        if response.status in (401, 407):
            again = [*headers(2), self.authorization(response, method, uri)]
            response = self.expect_final(self.send_request(method, uri, again, body))
        return response

    def register(self, expires: int = 3600, contact: str = "", extra: Extra = ()) -> SipMessage:
        """Register this device (0 seconds: remove it); returns the final response."""
        uri = f"sip:{self.domain}"

        def headers(_: int) -> Extra:
            self._register_cseq += 1
            return [
                ("From", f"<{self.aor}>;tag={self._register_call_id}"), ("To", f"<{self.aor}>"),
                ("Call-ID", self._register_call_id), ("CSeq", f"{self._register_cseq} REGISTER"),
                ("Contact", contact or f"<{self.contact}>"), ("Expires", str(expires)), *extra,
            ]  # fmt: skip

        return self.transact("REGISTER", uri, headers)

    def options(self, uri: str = "") -> SipMessage:
        """An OPTIONS to the server; returns the final response."""
        uri = uri or f"sip:{self.domain}"
        headers = [("From", f"<{self.aor}>;tag={unique('f')}"), ("To", f"<{uri}>"), ("Call-ID", unique("opt")),
                   ("CSeq", "1 OPTIONS"), ("Contact", f"<{self.contact}>")]  # fmt: skip
        return self.expect_final(self.send_request("OPTIONS", uri, headers))

    def close(self) -> None:
        """Close the socket."""
        self.wire.close()


def udp_phone(server: tuple[str, int], user: User, registered: bool = True) -> Phone:
    """A phone on a UDP port of its own."""
    phone = Phone(UdpWire(server), user)
    if registered:
        response = phone.register()
        assert response.status == 200, response
    return phone
