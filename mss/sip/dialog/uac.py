# SPDX-License-Identifier: GPL-2.0-or-later
"""Sending INVITEs inside and outside dialogs (RFC 3261 13.2, 14.1, 9.1; RFC 3262 section 4)."""
from __future__ import annotations

from mypy_extensions import mypyc_attr

from mss.sip.builder import build_cancel, build_request
from mss.sip.dialog.dialog import Dialog, record_route_set
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


class _Fork(Dialog):
    """A dialog made by a further 2xx of one INVITE: acknowledged and ended at once (RFC 3261 13.2.2.4)."""

    __slots__ = ("ack",)

    def __init__(self, service: DialogService, flow: Flow, call_id: str, local_tag: str) -> None:
        super().__init__(service, flow, call_id, local_tag)
        self.ack = b""


@mypyc_attr(allow_interpreted_subclasses=True)
class InviteClient(InviteServer):
    """The half of a session that sends INVITEs."""

    __slots__ = ("_ack", "_ack_cseq", "_cancel_headers", "_cancel_sent", "_forks", "_initial", "_offered", "_outgoing", "_rseq_seen",
                 "is_cancelled")

    def __init__(self, service: DialogService, flow: Flow, call_id: str, local_tag: str) -> None:
        super().__init__(service, flow, call_id, local_tag)
        self._initial: InviteClientTransaction | None = None
        #: Our re-INVITE that has no final response yet.
        self._outgoing: InviteClientTransaction | None = None
        self._offered = False
        self._ack = b""
        self._ack_cseq = 0
        self._rseq_seen: dict[str, int] | None = None
        self._cancel_headers = ""
        self._cancel_sent = False
        self._forks: dict[str, _Fork] | None = None
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
        self._ack_cseq = self.local_cseq
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
                self._receive_success(response)
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
            self.lose("no response to re-INVITE")
        else:
            self.receive_other_failure(transaction, status)

    def _finish(self, status: int, response: Message | None) -> None:
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
                self._take_target(response)
            self.note_peer(response)
            if "100rel" in (response.get(REQUIRE) or "") and not self._acknowledge_provisional(response, tag):
                return
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

    def _take_target(self, response: Message) -> None:
        contact = response.contact()
        if contact is not None:
            self.target = contact.uri
            self.request_uri = contact.uri
        routes = record_route_set(response)
        if routes:
            routes.reverse()
            self.set_routes(routes)
        elif contact is not None:
            self.routes = ""
            self.flow = self.service.next_hop(contact.uri, self.flow)

    def _receive_success(self, response: Message) -> None:
        tag = response.to_tag or ""
        if self.state == EARLY:
            self.remote_tag = tag
            self.remote_value = response.get(TO) or self.remote_value
            self._take_target(response)
            self.note_peer(response)
            self.state = CONFIRMED
            if self.is_cancelled:
                # RFC 3261 9.1: the 200 crossed our CANCEL.
                self.acknowledge(b"")
                self.leave("")
                self.tell_failed(487, None)
                return
            if self._offered:
                self.acknowledge(b"")
            self.tell_answered(response)
        elif tag == self.remote_tag:
            if self._ack:
                self.flow.send(self._ack)
        else:
            self._release_fork(tag, response)

    def acknowledge(self, body: bytes) -> None:
        """Send the ACK of the last 2xx; ``body`` is the answer to an offer in that 2xx (RFC 3261 13.2.2.4)."""
        kind = "Content-Type: application/sdp\r\n" if body else ""
        request = self.build("ACK", self._ack_cseq, kind, body)
        self._ack = request.data
        self.flow.send(request.data)

    def owes_ack(self) -> bool:
        """Whether a 2xx with an offer still waits for ``acknowledge``."""
        return self.state == CONFIRMED and not self._offered and not self._ack and self._ack_cseq > 0

    def _release_fork(self, tag: str, response: Message) -> None:
        """A 2xx of another branch behind a forking proxy: ACK and BYE on its own dialog."""
        if self._forks is None:
            self._forks = {}
        fork = self._forks.get(tag)
        if fork is not None:
            self.flow.send(fork.ack)
            return
        initial = self._initial
        fork = _Fork(self.service, self.flow if initial is None else initial.flow, self.call_id, self.local_tag)
        fork.local_value = self.local_value
        fork.remote_value = response.get(TO) or ""
        contact = response.contact()
        fork.target = contact.uri if contact is not None else self.target
        fork.request_uri = fork.target
        routes = record_route_set(response)
        routes.reverse()
        fork.set_routes(routes)
        fork.local_cseq = self._ack_cseq
        fork.ack = fork.build("ACK", self._ack_cseq, "", b"").data
        fork.flow.send(fork.ack)
        fork.send_request("BYE")
        self._forks[tag] = fork

    # ---- re-INVITE -----------------------------------------------------
    def reinvite(self, headers: str, body: bytes) -> None:
        """Send a re-INVITE; an empty body asks the peer for an offer (RFC 3261 14.1)."""
        self.local_cseq += 1
        self._ack_cseq = self.local_cseq
        self._ack = b""
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
        if status < 200:
            return
        if transaction is not self._outgoing:
            if status < 300 and self._ack:
                self.flow.send(self._ack)
            return
        self._outgoing = None
        if self.state != CONFIRMED:
            if status < 300:
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
