# SPDX-License-Identifier: GPL-2.0-or-later
"""Sending INVITEs inside and outside dialogs (RFC 3261 13.2, 14.1, 9.1; RFC 3262 section 4)."""
from __future__ import annotations

from mypy_extensions import mypyc_attr

from mss.sip.builder import build_cancel, build_request
from mss.sip.dialog.acceptance import Acceptance
from mss.sip.dialog.dialog import lists
from mss.sip.dialog.service import DialogService
from mss.sip.dialog.uas import CONFIRMED, EARLY, ENDED, InviteServer
from mss.sip.flow import Flow
from mss.sip.headers import REQUIRE, RSEQ, TO
from mss.sip.message import Message
from mss.sip.transaction.client_invite import InviteClientTransaction
from mss.sip.transaction.client_other import OtherClientTransaction
from mss.sip.transaction.context import ClientTransaction, TransactionUser
from mss.sip.transaction.request import OutgoingRequest


class _Absorber(TransactionUser):
    """Takes the response to a CANCEL or PRACK, which changes nothing.

    A 405 or 501 to PRACK is harmless: some carriers demand 100rel and then refuse it.
    """

    __slots__ = ()


@mypyc_attr(allow_interpreted_subclasses=True)
class InviteClient(InviteServer):
    """The half of a session that sends INVITEs."""

    __slots__ = ("_acceptance", "_cancel_headers", "_cancel_sent", "_initial", "_offered", "_outgoing", "_rseq_seen",
                 "is_cancelled")

    def __init__(self, service: DialogService, flow: Flow, call_id: str, local_tag: str) -> None:
        super().__init__(service, flow, call_id, local_tag)
        #: Our first INVITE while it has no final response.
        self._initial: InviteClientTransaction | None = None
        #: Our re-INVITE that has no final response yet.
        self._outgoing: InviteClientTransaction | None = None
        self._offered = False
        #: A 2xx that has no ACK yet.
        self._acceptance: Acceptance | None = None
        self._rseq_seen: dict[str, int] | None = None
        self._cancel_headers = ""
        self._cancel_sent = False
        self.is_cancelled = False

    def invite(self, uri: str, routes: str, headers: str, body: bytes, max_forwards: int) -> None:
        """Call ``uri`` on this session's flow; ``local_value`` and ``remote_value`` are set already.

        ``routes`` are ready Route lines (a registration's Path), ``headers`` include Contact and, where
        there is a body, Content-Type.
        """
        self.state = EARLY
        self.target = uri
        self.request_uri = uri
        self._offered = bool(body)
        self.local_cseq += 1
        self.service.sessions[self.local_tag] = self
        branch = self.service.tokens.token()
        via_line = f"{self.flow.local.via_head}{branch}"
        data = build_request("INVITE", uri, via_line, routes, self.local_value, self.remote_value, self.call_id,
                             self.local_cseq, headers, body, max_forwards)
        request = OutgoingRequest("INVITE", uri, self.local_value, self.remote_value, self.call_id, self.local_cseq,
                                  routes, branch, via_line, data)
        self._initial = InviteClientTransaction(self.service.context, request, self.flow, self)

    def cancel(self, headers: str) -> None:
        """Give the call up: CANCEL now or after the first provisional response (RFC 3261 9.1)."""
        initial = self._initial
        if initial is None or self.is_cancelled or self.state != EARLY:
            return
        self.is_cancelled = True
        self._cancel_headers = headers
        if initial.is_proceeding():
            self._send_cancel(initial)

    def _send_cancel(self, initial: InviteClientTransaction) -> None:
        self._cancel_sent = True
        request = initial.request
        data = build_cancel(request, self._cancel_headers)
        copy = OutgoingRequest("CANCEL", request.uri, request.from_value, request.to_value, request.call_id,
                               request.cseq, request.routes, request.branch, request.via_line, data)
        OtherClientTransaction(self.service.context, copy, initial.flow, _ABSORBER)
        initial.limit(self.service.context.values.t64)

    # ---- responses -----------------------------------------------------
    def receive_response(self, transaction: ClientTransaction, response: Message) -> None:
        """Any response to a request of this dialog."""
        if transaction is self._initial:
            status = response.status
            if status < 200:
                self._receive_provisional(response)
            elif status < 300:
                self._receive_success(transaction, response)
            else:
                self._finish(status, response)
        elif transaction.is_invite:
            self._receive_reinvite_response(transaction, response)
        elif response.status >= 200:
            self.receive_other_response(transaction, response)

    def receive_failure(self, transaction: ClientTransaction, status: int) -> None:
        """No response to a request of this dialog."""
        if transaction is self._initial:
            self._finish(status, None)
        elif transaction.is_invite:
            self._outgoing = None
            self.tell_reoffer_failed(status, None)
            if status == 408:
                # RFC 3261 14.1.  A connection that broke (503) is no sign that the peer is gone.
                self.lose("no response to re-INVITE")
        else:
            self.receive_other_failure(transaction, status)

    def _finish(self, status: int, response: Message | None) -> None:
        self._initial = None
        if self.state == ENDED:
            return
        self.forget()
        self.tell_failed(487 if self.is_cancelled else status, response)

    def _receive_provisional(self, response: Message) -> None:
        initial = self._initial
        if self.is_cancelled:
            if not self._cancel_sent and initial is not None:
                self._send_cancel(initial)
            return
        if response.status == 100 or self.state != EARLY:
            return
        tag = response.to_tag
        if tag:
            if tag != self.remote_tag:
                self.remote_tag = tag
                self.remote_value = response.get(TO) or self.remote_value
                self.take_target(response)
            self.note_peer(response)
            if REQUIRE in response.names and lists(response, REQUIRE, "100rel"):
                if not self._acknowledge_provisional(response, tag):
                    return
                self.is_described = self.is_described or bool(response.body)
        self.tell_progressed(response)

    def _acknowledge_provisional(self, response: Message, tag: str) -> bool:
        """PRACK a reliable provisional response; False for a repeated or early one (RFC 3262 4)."""
        text = (response.get(RSEQ) or "").strip()
        if not text.isdecimal():
            return True
        rseq = int(text)
        if self._rseq_seen is None:
            self._rseq_seen = {}
        last = self._rseq_seen.get(tag, -1)
        if last >= 0 and rseq != last + 1:
            return False
        self._rseq_seen[tag] = rseq
        self.local_cseq += 1
        request = self.build("PRACK", self.local_cseq, f"RAck: {rseq} {response.cseq} INVITE\r\n", b"")
        OtherClientTransaction(self.service.context, request, self.flow, _ABSORBER)
        return True

    def _receive_success(self, transaction: ClientTransaction, response: Message) -> None:
        acceptance = Acceptance(self.service, transaction, response)
        self._initial = None
        if self.state != EARLY:
            # The peer had ended the early dialog: this one is not wanted any more.
            acceptance.release(transaction, response)
            return
        self._acceptance = acceptance
        self.remote_tag = response.to_tag or ""
        self.remote_value = response.get(TO) or self.remote_value
        self.take_target(response)
        self.note_peer(response)
        self.state = CONFIRMED
        if self.is_cancelled:
            # RFC 3261 9.1: the 200 crossed our CANCEL.
            self.acknowledge(b"")
            self.leave(self._cancel_headers)
            self.tell_failed(487, None)
            return
        if self._offered:
            self.acknowledge(b"")
        self.tell_answered(response)

    def acknowledge(self, body: bytes) -> None:
        """Send the ACK that a 2xx waits for; ``body`` is the answer to an offer in that 2xx (RFC 3261 13.2.2.4)."""
        acceptance = self._acceptance
        if acceptance is None:
            return
        self._acceptance = None
        kind = "Content-Type: application/sdp\r\n" if body else ""
        request = self.build("ACK", acceptance.cseq, kind, body)
        acceptance.acknowledge(self.flow, request.data)

    def owes_ack(self) -> bool:
        """Whether a 2xx with an offer still waits for ``acknowledge``."""
        return self._acceptance is not None

    # ---- re-INVITE -----------------------------------------------------
    def reinvite(self, headers: str, body: bytes) -> None:
        """Send a re-INVITE; an empty body asks the peer for an offer (RFC 3261 14.1)."""
        self.local_cseq += 1
        self._offered = bool(body)
        kind = "Content-Type: application/sdp\r\n" if body else ""
        lines = f"{self.contact_line(self.contact_user)}{kind}{headers}"
        request = self.build("INVITE", self.local_cseq, lines, body)
        self._outgoing = InviteClientTransaction(self.service.context, request, self.flow, self)

    def has_offer_pending(self) -> bool:
        """Whether an offer of ours waits for its answer (RFC 3261 14.1, RFC 3311 5.1)."""
        return self._outgoing is not None

    def _receive_reinvite_response(self, transaction: ClientTransaction, response: Message) -> None:
        status = response.status
        if status < 200 or transaction is not self._outgoing:
            return
        self._outgoing = None
        if status < 300:
            self._acceptance = Acceptance(self.service, transaction, response)
        if self.state != CONFIRMED:
            self.acknowledge(b"")
            return
        if status < 300:
            contact = response.contact()
            if contact is not None:
                self.set_target(contact.uri)
            if self._offered:
                self.acknowledge(b"")
            self.tell_reoffer_answered(response)
            return
        self.tell_reoffer_failed(status, response)
        if status in (408, 481):
            # RFC 3261 14.1: the peer no longer has the dialog.
            self.lose(f"{status} to re-INVITE")

    # ---- filled by the whole session -----------------------------------
    def receive_other_response(self, transaction: ClientTransaction, response: Message) -> None:
        """Final response to a request that is no INVITE."""
        raise NotImplementedError

    def receive_other_failure(self, transaction: ClientTransaction, status: int) -> None:
        """No response to a request that is no INVITE."""
        raise NotImplementedError

    def tell_progressed(self, response: Message) -> None:
        """A provisional response above 100 arrived."""
        raise NotImplementedError

    def tell_answered(self, response: Message) -> None:
        """The first 2xx arrived."""
        raise NotImplementedError

    def tell_failed(self, status: int, response: Message | None) -> None:
        """The call failed; the dialog is gone."""
        raise NotImplementedError

    def tell_reoffer_answered(self, response: Message) -> None:
        """Our re-INVITE or UPDATE succeeded."""
        raise NotImplementedError

    def tell_reoffer_failed(self, status: int, response: Message | None) -> None:
        """Our re-INVITE or UPDATE was refused."""
        raise NotImplementedError


_ABSORBER = _Absorber()
