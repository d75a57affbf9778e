# SPDX-License-Identifier: GPL-2.0-or-later
"""One call as a scripted phone sees it: a dialog, and an inbox that is read in order."""
from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from mss.sip.fields import tag_of
from mss.testing.message import Headers, Received
from mss.testing.sent import SentRequest

if TYPE_CHECKING:
    from mss.testing.phone import ScriptedPhone

#: Methods whose requests carry a Contact.
_WITH_CONTACT = frozenset(("INVITE", "UPDATE", "REFER", "SUBSCRIBE"))


class PhoneCall:
    """A call of ``phone``, made (``is_called`` False) or taken.

    ``local`` and ``remote`` are the phone's and the peer's From or To value; ``target`` is the peer's
    Contact.  Everything is sent at once; what came is read with ``expect``.
    """

    def __init__(self, phone: ScriptedPhone, call_id: str, local: str, remote: str, target: str,
                 is_called: bool) -> None:
        self.phone = phone
        self.call_id = call_id
        self.local = local
        self.remote = remote
        self.target = target
        self.routes: list[str] = []
        self.is_called = is_called
        self.cseq = 0
        self.inbox: deque[Received] = deque()
        #: The last INVITE received, and the last one sent.
        self.invitation: Received | None = None
        self.invited: SentRequest | None = None

    @property
    def local_tag(self) -> str:
        """The phone's own tag."""
        return tag_of(self.local) or ""

    @property
    def remote_tag(self) -> str:
        """The peer's tag, "" before it is known."""
        return tag_of(self.remote) or ""

    @property
    def replaces(self) -> str:
        """The value of a Replaces header that names this dialog (RFC 3891)."""
        return f"{self.call_id};to-tag={self.remote_tag};from-tag={self.local_tag}"

    # ---- reading -------------------------------------------------------
    def expect(self, what: int | str) -> Received:
        """The next message of the call: a status, or as in ``Packet.what``.

        100 is passed over, unless it is what is wanted.  Raises AssertionError when another message, or
        none, has come.
        """
        self.phone.network.settle()
        while self.inbox and self.inbox[0].status == 100 and what != 100:
            self.inbox.popleft()
        wanted = str(what)
        if self.inbox and wanted in (self.inbox[0].what, str(self.inbox[0].status)):
            return self.inbox.popleft()
        got = self.inbox[0].what if self.inbox else "nothing"
        raise AssertionError(f"{self.phone.number} expected {wanted}, got {got}\n{self.phone.network.ladder()}")

    def expect_nothing(self) -> None:
        """Raise AssertionError if a message is left (100 aside)."""
        self.phone.network.settle()
        left = [message.what for message in self.inbox if message.status != 100]
        if left:
            raise AssertionError(f"{self.phone.number} got {', '.join(left)}\n{self.phone.network.ladder()}")

    def expect_bye(self) -> Received:
        """The next message must be BYE; it is answered 200."""
        bye = self.expect("BYE")
        self.reply(bye, 200)
        return bye

    def expect_cancel(self) -> Received:
        """The next message must be CANCEL; it is answered 200, the INVITE 487, and the ACK to that awaited."""
        cancel = self.expect("CANCEL")
        self.reply(cancel, 200)
        self.reject(487)
        self.expect("ACK")
        return cancel

    # ---- as UAC --------------------------------------------------------
    def _headers(self, method: str, cseq: int, given: Headers = ()) -> list[tuple[str, str]]:
        """The headers of a request inside the dialog, then the ``given`` ones, whose Contact and Allow win."""
        lines = list(given)
        own = {name.lower() for name, _ in lines}
        found = [("Route", route) for route in self.routes]
        found += [("From", self.local), ("To", self.remote), ("Call-ID", self.call_id), ("CSeq", f"{cseq} {method}")]
        if method in _WITH_CONTACT and "contact" not in own:
            found.append(("Contact", f"<{self.phone.contact}>"))
        if method == "INVITE" and self.phone.methods and "allow" not in own:
            found.append(("Allow", self.phone.methods))
        return found + lines

    def invite(self, body: bytes = b"", headers: Headers = ()) -> SentRequest:
        """Send an INVITE, or inside the dialog a re-INVITE."""
        self.cseq += 1
        self.invited = SentRequest("INVITE", self.target, [("CSeq", f"{self.cseq} INVITE")], body, "", self)
        lines = self._headers("INVITE", self.cseq, headers)
        self.invited = sent = self._remember(self.phone.send_request("INVITE", self.target, lines, body, self))
        return sent

    def _remember(self, sent: SentRequest) -> SentRequest:
        # The answer to a challenge may have gone out while the first request was on its way.
        invited = self.invited
        return invited if invited is not None and invited.is_authenticated and invited.cseq > sent.cseq else sent

    def note_retry(self, sent: SentRequest) -> None:
        """A request of the call was repeated with credentials."""
        self.cseq = sent.cseq
        if sent.method == "INVITE":
            self.invited = sent

    def request(self, method: str, body: bytes = b"", headers: Headers = (), cseq: int = 0) -> SentRequest:
        """Send a request inside the dialog, with the next CSeq unless one is given."""
        if not cseq:
            self.cseq += 1
            cseq = self.cseq
        return self.phone.send_request(method, self.target, self._headers(method, cseq, headers), body, self)

    def ack(self, body: bytes = b"") -> SentRequest:
        """Acknowledge the 2xx of the last INVITE."""
        headers = self._headers("ACK", self._invited().cseq)
        return self.phone.send_request("ACK", self.target, headers, body, self)

    def ack_failure(self, response: Received, sent: SentRequest) -> None:
        """Acknowledge another final response to an INVITE: same branch, its To."""
        headers = [("From", self.local), ("To", response.header("To")), ("Call-ID", self.call_id),
                   ("CSeq", f"{sent.cseq} ACK")]
        self.phone.send_request("ACK", sent.uri, headers, b"", self, sent.branch)

    def cancel(self, headers: Headers = ()) -> SentRequest:
        """Cancel the last INVITE."""
        sent = self._invited()
        lines = [("From", self.local), ("To", sent.header("To")), ("Call-ID", self.call_id),
                 ("CSeq", f"{sent.cseq} CANCEL"), *headers]
        return self.phone.send_request("CANCEL", sent.uri, lines, b"", self, sent.branch)

    def bye(self, headers: Headers = ()) -> SentRequest:
        """Hang up."""
        return self.request("BYE", b"", headers)

    def prack(self, provisional: Received, body: bytes = b"") -> SentRequest:
        """Acknowledge a reliable provisional response (RFC 3262)."""
        rack = f"{provisional.header('RSeq')} {provisional.cseq} INVITE"
        return self.request("PRACK", body, [("RAck", rack)])

    def refer(self, number: str, replaces: PhoneCall | None = None, headers: Headers = ()) -> SentRequest:
        """Ask for a transfer to a number, or to the peer of another call of this phone."""
        uri = f"sip:{number}@{self.phone.domain}"
        if replaces is not None:
            uri += "?Replaces=" + replaces.replaces.replace(";", "%3B").replace("=", "%3D").replace("@", "%40")
        referred = [("Refer-To", f"<{uri}>"), ("Referred-By", f"<{self.phone.aor}>")]
        return self.request("REFER", b"", [*referred, *headers])

    def repeat(self, sent: SentRequest) -> None:
        """Send a request again, byte for byte."""
        self.phone.send(sent.data)

    def _invited(self) -> SentRequest:
        if self.invited is None:
            raise AssertionError(f"{self.phone.number} sent no INVITE in this call")
        return self.invited

    # ---- as UAS --------------------------------------------------------
    def reply(self, request: Received, status: int, reason: str = "", headers: Headers = (), body: bytes = b"") -> None:
        """Answer a request of the call."""
        lines = list(headers)
        if request.method in ("INVITE", "UPDATE", "REFER") and 100 < status < 300 and \
                not any(name.lower() == "contact" for name, _ in lines):
            lines.append(("Contact", f"<{self.phone.contact}>"))
            if self.phone.methods:
                lines.append(("Allow", self.phone.methods))
        self.phone.respond(request, status, reason, lines, body, self.local_tag)

    def progress(self, status: int = 183, body: bytes = b"", rseq: int = 0, headers: Headers = (),
                 reason: str = "") -> None:
        """Send a provisional response to the last INVITE; with ``rseq`` a reliable one."""
        reliable = [("Require", "100rel"), ("RSeq", str(rseq))] if rseq else []
        self.reply(self._invitation(), status, reason, [*reliable, *headers], body)

    def ring(self) -> None:
        """Send 180."""
        self.progress(180)

    def answer(self, body: bytes | None = None, headers: Headers = (), tag: str = "") -> None:
        """Send 200 to the last INVITE; ``body`` None = the phone's own description.

        With ``tag`` it is the answer of another dialog behind the same device.
        """
        local = self.local
        if tag:
            self.local = f"{local.rpartition(';tag=')[0]};tag={tag}"
        try:
            self.reply(self._invitation(), 200, "", headers, self.phone.sdp() if body is None else body)
        finally:
            self.local = local

    def reject(self, status: int, reason: str = "", headers: Headers = ()) -> None:
        """Refuse the last INVITE."""
        self.reply(self._invitation(), status, reason, headers)

    def _invitation(self) -> Received:
        if self.invitation is None:
            raise AssertionError(f"{self.phone.number} received no INVITE in this call")
        return self.invitation

    # ---- from the phone --------------------------------------------------
    def take_invite(self, request: Received) -> None:
        """The INVITE that opened the dialog."""
        self.invitation = request
        self.routes = request.headers("Record-Route")

    def take_request(self, request: Received) -> None:
        """A request of the call arrived."""
        if request.method in ("INVITE", "UPDATE"):
            if request.method == "INVITE":
                self.invitation = request
            self.target = request.contact_uri or self.target
        self.inbox.append(request)

    def take_response(self, response: Received) -> None:
        """A response of the call arrived; tag, target and routes of the peer are taken from it."""
        if response.method == "INVITE" and 100 < response.status < 300 and response.to_tag:
            self.remote = response.header("To")
            self.target = response.contact_uri or self.target
            if response.has("Record-Route"):
                self.routes = list(reversed(response.headers("Record-Route")))
        self.inbox.append(response)
