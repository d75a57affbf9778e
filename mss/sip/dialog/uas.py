# SPDX-License-Identifier: GPL-2.0-or-later
"""Answering INVITEs inside and outside dialogs (RFC 3261 13.3, 14.2; RFC 3262 section 3)."""
from __future__ import annotations

from typing import Final

from mypy_extensions import mypyc_attr

from mss.sip.builder import assemble_response, echo_lines, echo_to, reason_of
from mss.sip.dialog.dialog import Dialog, lists
from mss.sip.dialog.service import DialogService
from mss.sip.flow import Flow
from mss.sip.headers import ALLOW, RACK, REQUIRE
from mss.sip.message import Message
from mss.sip.transaction.context import ServerTransaction
from mss.sip.transaction.server_invite import InviteServerTransaction
from mss.sip.transaction.server_other import OtherServerTransaction

#: States of a session.
IDLE: Final = 0
EARLY: Final = 1
CONFIRMED: Final = 2
ENDED: Final = 3

_STATE_NAMES: Final = ("idle", "early", "confirmed", "ended")


class _Provisional:
    """A reliable provisional response waiting for its PRACK, or for its turn."""

    __slots__ = ("body", "headers", "reason", "rseq", "status")

    def __init__(self, status: int, reason: str, headers: str, body: bytes) -> None:
        self.status = status
        self.reason = reason
        self.headers = headers
        self.body = body
        self.rseq = 0


@mypyc_attr(allow_interpreted_subclasses=True)
class InviteServer(Dialog):
    """The half of a session that receives INVITEs and sends their responses.

    The dialog's own timer repeats an unacknowledged 2xx or reliable provisional response.
    """

    __slots__ = ("_bye_headers", "_echo", "_interval", "_is_offerless", "_left", "_ok", "_ok_cseq", "_ok_waiting",
                 "_provisionals", "_reliable", "_repeated", "_reply_flow", "_rseq", "_to_line", "contact_user",
                 "extra_2xx", "invitation", "is_caller", "is_described", "peer_allow", "state")

    def __init__(self, service: DialogService, flow: Flow, call_id: str, local_tag: str) -> None:
        super().__init__(service, flow, call_id, local_tag)
        self.state = IDLE
        #: True where the peer called us.
        self.is_caller = False
        #: True once the offer of the first INVITE was answered in an acknowledged provisional response.
        self.is_described = False
        #: User part of our Contact.
        self.contact_user = ""
        #: Header lines for each 2xx (Allow, Supported, session timer).
        self.extra_2xx = ""
        self.peer_allow = ""
        #: The INVITE of the peer that still wants a final response.
        self.invitation: ServerTransaction | None = None
        self._echo = ""
        self._to_line = ""
        self._ok = b""
        self._ok_cseq = 0
        self._ok_waiting: tuple[str, bytes] | None = None
        self._interval = 0
        self._left = 0
        self._reliable = False
        self._is_offerless = False
        self._reply_flow = flow
        self._rseq = 0
        self._repeated = b""
        self._provisionals: list[_Provisional] | None = None
        self._bye_headers: str | None = None

    def receive_invite(self, transaction: ServerTransaction, request: Message) -> None:
        """The INVITE that creates this dialog; the answer follows by ``ring``, ``answer`` or ``reject``."""
        self.is_caller = True
        self.state = EARLY
        self.take_identity(request)
        self._open(transaction, request)

    def _open(self, transaction: ServerTransaction, request: Message) -> None:
        self.invitation = transaction
        transaction.to_tag = self.local_tag
        transaction.owner = self
        self._reply_flow = transaction.flow
        self._reliable = REQUIRE in request.names and lists(request, REQUIRE, "100rel")
        self._provisionals = None
        self._is_offerless = not request.body
        self._echo = echo_lines(request)
        self._to_line = echo_to(request, self.local_tag)
        self._ok_cseq = request.cseq
        self.note_peer(request)

    def note_peer(self, message: Message) -> None:
        """Remember which methods the peer allows."""
        if ALLOW in message.names:
            self.peer_allow = ",".join(message.get_all(ALLOW))

    # ---- responses -----------------------------------------------------
    def try_(self) -> None:
        """Send 100 soon unless something better comes first: the caller stops repeating (RFC 3261 8.2.6.1)."""
        invitation = self.invitation
        if isinstance(invitation, InviteServerTransaction):
            invitation.defer(assemble_response(100, "Trying", self._echo, self._to_line, "", b""))

    def ring(self, status: int, reason: str, headers: str, body: bytes) -> None:
        """Send a provisional response above 100; reliably where the caller demands it (RFC 3262).

        Ignored once a final response was sent: never a 180 after a 200.
        """
        invitation = self.invitation
        if invitation is None or self._ok_waiting is not None:
            return
        if not self._reliable:
            contact = self.contact_line(self.contact_user)
            invitation.respond(status, assemble_response(status, reason or reason_of(status), self._echo,
                                                         self._to_line, contact + headers, body))
            return
        if self._provisionals is None:
            self._provisionals = []
        self._provisionals.append(_Provisional(status, reason or reason_of(status), headers, body))
        if len(self._provisionals) == 1:
            self._send_provisional()

    def _send_provisional(self) -> None:
        if not self._provisionals or self.invitation is None:
            return
        item = self._provisionals[0]
        if self._rseq == 0:
            self._rseq = 1 + self.service.tokens.number(1 << 16)
        else:
            self._rseq += 1
        item.rseq = self._rseq
        contact = self.contact_line(self.contact_user)
        headers = f"{contact}Require: 100rel\r\nRSeq: {item.rseq}\r\n{item.headers}"
        self._repeated = assemble_response(item.status, item.reason, self._echo, self._to_line, headers, item.body)
        self.invitation.respond(item.status, self._repeated)
        self._start_repeating()

    def _start_repeating(self) -> None:
        values = self.service.context.values
        self._interval = values.t1
        self._left = values.t64
        self.service.context.wheel.arm(self, values.t1)

    def receive_prack(self, transaction: ServerTransaction, request: Message) -> int:
        """Status for a PRACK: 200 when it matches the unacknowledged response, else 481 (RFC 3262 3)."""
        parts = (request.get(RACK) or "").split()
        queue = self._provisionals
        if not queue or len(parts) != 3 or parts[2] != "INVITE":
            return 481
        if parts[0] != str(queue[0].rseq) or parts[1] != str(self._ok_cseq):
            return 481
        return 200

    def advance_provisionals(self) -> None:
        """The PRACK was answered: send what waited for it."""
        queue = self._provisionals
        if queue:
            self.is_described = self.is_described or bool(queue[0].body)
            del queue[0]
        if self.invitation is None:
            # The final response went out meanwhile.
            return
        self._repeated = b""
        self.service.context.wheel.cancel(self)
        if self._ok_waiting is not None and not self._needs_prack():
            headers, body = self._ok_waiting
            self._ok_waiting = None
            self._send_ok(headers, body)
        else:
            self._send_provisional()

    def _needs_prack(self) -> bool:
        # RFC 3262 3: a 2xx must wait while a reliable provisional with a description is unacknowledged.
        return bool(self._provisionals) and any(bool(item.body) for item in self._provisionals or [])

    def answer(self, headers: str, body: bytes) -> None:
        """Send the 2xx and repeat it until its ACK arrives (RFC 3261 13.3.1.4)."""
        if self.invitation is None or self._ok_waiting is not None:
            return
        if self._needs_prack():
            self._ok_waiting = (headers, body)
            return
        self._send_ok(headers, body)

    def _send_ok(self, headers: str, body: bytes) -> None:
        invitation = self.invitation
        if invitation is None:
            return
        self.invitation = None
        if self._provisionals:
            # RFC 3262 3: what was sent may still get its PRACK.
            del self._provisionals[1:]
        self._repeated = b""
        self.state = CONFIRMED
        kind = "" if not body or "Content-Type" in headers else "Content-Type: application/sdp\r\n"
        self._ok = assemble_response(200, "OK", self._echo, self._to_line,
                                     f"{self.contact_line(self.contact_user)}{self.extra_2xx}{headers}{kind}", body)
        self._echo = ""
        self._to_line = ""
        invitation.respond(200, self._ok)
        self._start_repeating()

    def reject(self, status: int, reason: str = "", headers: str = "") -> None:
        """Send a final failure; an initial INVITE's dialog is over with it."""
        invitation = self.invitation
        if invitation is None:
            return
        self.invitation = None
        self._provisionals = None
        self._ok_waiting = None
        self._repeated = b""
        self.service.context.wheel.cancel(self)
        if self.state == EARLY:
            self.forget()
        invitation.respond(status, assemble_response(status, reason or reason_of(status), self._echo, self._to_line,
                                                     headers, b""))
        self._echo = ""
        self._to_line = ""

    def receive_cancel(self, request: Message | None) -> None:
        """A CANCEL matched the pending INVITE (RFC 3261 9.2)."""
        if self.invitation is None:
            return
        early = self.state == EARLY
        self.reject(487)
        if early:
            self.tell_cancelled(request)

    def acknowledge_received(self, request: Message) -> None:
        """An ACK inside the dialog; repeated ones are absorbed."""
        if not self._ok or request.cseq != self._ok_cseq:
            return
        self._ok = b""
        self.service.context.wheel.cancel(self)
        self.tell_acknowledged(request)
        if self._bye_headers is not None and self.state == CONFIRMED:
            self.leave(self._bye_headers)

    def is_unacknowledged(self) -> bool:
        """Whether a 2xx of ours still waits for its ACK."""
        return bool(self._ok)

    def awaits_answer(self) -> bool:
        """Whether our 2xx made the offer and the ACK with the answer has not come yet."""
        return self._is_offerless and bool(self._ok)

    def expire(self) -> None:
        """Repeat the 2xx or the reliable provisional; give up after 64 T1."""
        repeated = self._ok or self._repeated
        if not repeated:
            return
        context = self.service.context
        self._left -= self._interval
        if self._left > 0:
            context.counters.retransmitted += 1
            # RFC 3261 13.3.1.4: a response goes the way of its request, which need not be that of ours.
            self._reply_flow.send(repeated)
            self._interval *= 2
            if self._ok and self._interval > context.values.t2:
                self._interval = context.values.t2
            context.wheel.arm(self, min(self._interval, self._left))
            return
        if self._ok:
            self._ok = b""
            self.lose("no ACK")
        else:
            # RFC 3262 3: without a PRACK the call is rejected.
            self.reject(504)
            self.tell_cancelled(None)

    # ---- filled by the whole session -----------------------------------
    def tell_cancelled(self, request: Message | None) -> None:
        """The caller gave up before our final response; 487 or 504 has been sent."""
        raise NotImplementedError

    def tell_acknowledged(self, request: Message) -> None:
        """The ACK to our 2xx arrived."""
        raise NotImplementedError

    def leave(self, headers: str) -> None:
        """Send BYE."""
        raise NotImplementedError

    def forget(self) -> None:
        """Leave the dialog table."""
        self.state = ENDED
        self.service.sessions.pop(self.local_tag, None)

    def state_name(self) -> str:
        """The state in a word."""
        return _STATE_NAMES[self.state]

    def defer_response(self, transaction: OtherServerTransaction) -> None:
        """The answer to a request has to come from elsewhere (RFC 4320 4.1)."""
        request = transaction.request
        if request is not None:
            transaction.defer(assemble_response(100, "Trying", echo_lines(request), echo_to(request, ""), "", b""))
