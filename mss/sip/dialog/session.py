# SPDX-License-Identifier: GPL-2.0-or-later
"""The INVITE usage of a dialog as a whole, for both roles, and the interface of its user."""
from __future__ import annotations

from mypy_extensions import mypyc_attr

from mss.sip.dialog.service import DialogService
from mss.sip.dialog.session_timer import SessionTimer, answer_interval, minimum_interval
from mss.sip.dialog.uac import InviteClient
from mss.sip.dialog.uas import CONFIRMED, EARLY, ENDED
from mss.sip.flow import Flow
from mss.sip.message import Message
from mss.sip.transaction.context import ClientTransaction, ServerTransaction


@mypyc_attr(allow_interpreted_subclasses=True)
class SessionUser:
    """Receiver of a session's events; every method may be overridden, the defaults do nothing."""

    __slots__ = ()

    def session_progressed(self, session: Session, response: Message) -> None:
        """We called: a provisional response above 100 arrived (in order, if reliable)."""

    def session_answered(self, session: Session, response: Message) -> None:
        """We called: the first 2xx arrived.  If our INVITE had no offer, call ``acknowledge``."""

    def session_failed(self, session: Session, status: int, response: Message | None) -> None:
        """We called: a final failure (408 after a time-out, 503 when the transport failed, 487 after a CANCEL)."""

    def session_cancelled(self, session: Session, request: Message | None) -> None:
        """We were called: the caller gave up before our final response; 487 (504 without PRACK) has been sent."""

    def session_acknowledged(self, session: Session, request: Message) -> None:
        """The ACK to our 2xx arrived (initial or re-INVITE)."""

    def session_ended(self, session: Session, request: Message | None, cause: str) -> None:
        """The dialog is over: a BYE arrived (``request``), or it was lost (``cause`` says how)."""

    def session_offered(self, session: Session, request: Message) -> None:
        """A re-INVITE, or an UPDATE with a body, wants ``accept_offer`` or ``refuse_offer``."""

    def session_requested(self, session: Session, transaction: ServerTransaction, request: Message) -> None:
        """A request inside the dialog (INFO, MESSAGE, REFER, ...) wants ``respond_to``."""

    def session_reoffer_answered(self, session: Session, response: Message) -> None:
        """Our re-INVITE or UPDATE got its 2xx."""

    def session_reoffer_failed(self, session: Session, status: int, response: Message | None) -> None:
        """Our re-INVITE or UPDATE was refused; the session goes on as it was."""

    def session_responded(self, session: Session, branch: str, response: Message) -> None:
        """A final response to a request sent with ``send_request``; ``branch`` names that request."""

    def session_unanswered(self, session: Session, branch: str, status: int) -> None:
        """No response came to a request sent with ``send_request``."""


class Session(InviteClient):
    """One leg as the endpoint knows it: create, then ``invite`` or ``receive_invite``.

    ``owner`` and ``leg`` are for the user: what the session belongs to and which part of it.
    """

    __slots__ = ("_invited_with", "_refresh_branch", "_timer_lines", "_update", "_update_branch", "leg", "local_body",
                 "owner", "timer", "user")

    def __init__(self, service: DialogService, flow: Flow, call_id: str, local_tag: str, user: SessionUser) -> None:
        super().__init__(service, flow, call_id, local_tag)
        self.user = user
        self.owner: object | None = None
        self.leg = 0
        #: The last description we sent.
        self.local_body = b""
        self.timer: SessionTimer | None = None
        #: The end of ``extra_2xx`` that is about the session timer.
        self._timer_lines = ""
        self._update: ServerTransaction | None = None
        self._update_branch = ""
        self._refresh_branch = ""
        self._invited_with: tuple[str, str, str, bytes, int, str] | None = None

    # ---- requests of the peer ------------------------------------------
    def receive_request(self, transaction: ServerTransaction, request: Message) -> None:
        """A request inside the dialog that is neither ACK nor CANCEL."""
        method = request.method
        if not self.accepts_sequence(request):
            # RFC 3261 12.2.2: out of order.
            self.respond_to(transaction, 500, "CSeq Out Of Order")
        elif method == "BYE":
            self._receive_bye(transaction, request)
        elif self._bye_headers is not None and method in ("INVITE", "UPDATE"):
            # The session is over for us, and who sends this has our 2xx: its ACK was lost.
            self.respond_to(transaction, 481)
            self._ok = b""
            self.leave(self._bye_headers)
        elif method == "INVITE":
            self._receive_reinvite(transaction, request)
        elif method == "UPDATE":
            self._receive_update(transaction, request)
        elif method == "PRACK":
            status = self.receive_prack(transaction, request)
            self.respond_to(transaction, status)
            if status == 200:
                self.advance_provisionals()
        elif not request.body and method in ("INFO", "MESSAGE", "OPTIONS"):
            # A keep-alive probe of the peer; OPTIONS wants to know what we can (RFC 3261 11.2).
            lines = self.extra_2xx.removesuffix(self._timer_lines) if method == "OPTIONS" else ""
            self.respond_to(transaction, 200, "", lines)
        else:
            self.user.session_requested(self, transaction, request)

    def _receive_bye(self, transaction: ServerTransaction, request: Message) -> None:
        if self.invitation is not None:
            self.reject(487)
        self._close_update(487)
        known = self._bye_headers is not None
        if self.owes_ack():
            self.acknowledge(b"")
        self._stop()
        if not known:
            # First the user, who keeps the record of the call: nobody hears of the end before that is safe.
            self.user.session_ended(self, request, "")
        self.respond_to(transaction, 200)

    def _glares(self, transaction: ServerTransaction, method: str) -> bool:
        """Refuse an offer that crosses another one (RFC 3261 14.2, RFC 3311 5.2)."""
        # Whether the offer of the first INVITE has its answer.
        is_settled = self.state != EARLY or method == "UPDATE" and self.is_described
        if self._update is not None or self.owes_ack() or \
                self.invitation is not None and not (self.state == EARLY and is_settled):
            seconds = self.service.tokens.number(10)
            self.respond_to(transaction, 500, "Another Request Pending", f"Retry-After: {seconds}\r\n")
            return True
        if self.has_offer_pending() or not is_settled or self.awaits_answer():
            self.respond_to(transaction, 491)
            return True
        return False

    def _receive_reinvite(self, transaction: ServerTransaction, request: Message) -> None:
        if self._glares(transaction, "INVITE"):
            return
        # A peer that goes on to a new INVITE has seen our 2xx: its ACK was lost.
        self._ok = b""
        contact = request.contact()
        if contact is not None:
            self.set_target(contact.uri)
        self._open(transaction, request)
        self._follow_refresh(request)
        self.user.session_offered(self, request)

    def _receive_update(self, transaction: ServerTransaction, request: Message) -> None:
        if request.body and self._glares(transaction, "UPDATE"):
            return
        contact = request.contact()
        if contact is not None:
            self.set_target(contact.uri)
        self._follow_refresh(request)
        if not request.body:
            self.respond_to(transaction, 200, "", self.contact_line(self.contact_user) + self._timer_lines)
            return
        self._update = transaction
        self.user.session_offered(self, request)

    def accept_offer(self, body: bytes, headers: str = "") -> None:
        """Answer the peer's pending re-INVITE or UPDATE with a description."""
        update = self._update
        if update is not None:
            self._update = None
            lines = self.contact_line(self.contact_user) + self._timer_lines + headers
            self.respond_to(update, 200, "", lines, body)
        else:
            self.answer(headers, body)

    def refuse_offer(self, status: int, headers: str = "") -> None:
        """Refuse the peer's pending re-INVITE or UPDATE; the session goes on as it was."""
        if self._update is not None:
            self._close_update(status, headers)
        elif self.invitation is not None:
            self.reject(status, "", headers)

    def _close_update(self, status: int, headers: str = "") -> None:
        update = self._update
        if update is not None:
            self._update = None
            self.respond_to(update, status, "", headers)

    # ---- our requests --------------------------------------------------
    def invite(self, uri: str, routes: str, headers: str, body: bytes, max_forwards: int) -> None:
        """Call ``uri``; see ``InviteClient.invite``.  With session timers on, asks for one (RFC 4028 7.1)."""
        self.local_body = body
        seconds = self.service.settings.session_expires
        if seconds > 0:
            self._invited_with = (uri, routes, headers, body, max_forwards, self.remote_value)
            headers += f"Session-Expires: {seconds}\r\nMin-SE: {self.service.settings.min_se}\r\n"
        super().invite(uri, routes, headers, body, max_forwards)

    def update(self, headers: str, body: bytes) -> None:
        """Offer a description by UPDATE (RFC 3311)."""
        kind = "Content-Type: application/sdp\r\n" if body else ""
        lines = f"{self.contact_line(self.contact_user)}{self._refresh_headers()}{kind}{headers}"
        self._update_branch = self.send_request("UPDATE", lines, body).request.branch

    def reinvite(self, headers: str, body: bytes) -> None:
        """Send a re-INVITE; it also refreshes the session, if that has a timer."""
        super().reinvite(self._refresh_headers() + headers, body)

    def has_offer_pending(self) -> bool:
        """Whether an offer of ours waits for its answer."""
        return self._outgoing is not None or bool(self._update_branch)

    def allows(self, method: str) -> bool:
        """Whether the peer listed ``method`` in its Allow header."""
        return method in self.peer_allow

    def leave(self, headers: str) -> None:
        """End the session: BYE, or CANCEL while the peer has not answered; ``headers`` may hold Reason."""
        if self.state == ENDED:
            return
        if self.state == EARLY and not self.is_caller:
            self.cancel(headers)
            return
        if self.invitation is not None:
            self.reject(487)
            if self.state == ENDED:
                return
        self._close_update(487)
        if self.is_unacknowledged() and self.is_caller:
            # RFC 3261 15: the callee must not send BYE before the ACK or its time-out.
            self._bye_headers = headers
            return
        if self.owes_ack():
            self.acknowledge(b"")
        self._stop()
        self.send_request("BYE", headers)

    def _stop(self) -> None:
        self._ok = b""
        self.service.context.wheel.cancel(self)
        if self.state != ENDED:
            self.forget()

    def forget(self) -> None:
        """Leave the dialog table; nothing is kept alive any more."""
        if self.timer is not None:
            self.timer.stop()
            self.timer = None
        super().forget()

    def lose(self, cause: str) -> None:
        """The peer is gone: send BYE all the same and tell the user."""
        if self.state == ENDED:
            return
        known = self._bye_headers is not None
        headers = self._bye_headers or ""
        self._bye_headers = None
        self._ok = b""
        self.leave(headers)
        if not known:
            self.user.session_ended(self, None, cause)

    # ---- keep-alive ----------------------------------------------------
    def prepare_timer(self, request: Message) -> None:
        """Choose our side's session timer as answerer; off unless switched on (RFC 4028 9)."""
        settings = self.service.settings
        if settings.session_expires <= 0:
            return
        timer = self.timer
        if timer is None:
            timer = self.timer = SessionTimer(self, settings.session_expires, False)
        self.extra_2xx = self.extra_2xx.removesuffix(self._timer_lines)
        self._timer_lines = answer_interval(timer, request, settings)
        self.extra_2xx += self._timer_lines

    def _follow_refresh(self, request: Message) -> None:
        """A re-INVITE or UPDATE of the peer: a new interval begins, as it asks for it."""
        if self.timer is not None:
            self.prepare_timer(request)
            if self.state == CONFIRMED:
                self.timer.start()

    def start_keepalive(self, response: Message | None) -> None:
        """The call is up: start the session timer (``response``: the 2xx we got) or the probes."""
        settings = self.service.settings
        if self.state != CONFIRMED:
            return
        if settings.session_expires > 0:
            if self.timer is None:
                self.timer = SessionTimer(self, settings.session_expires, True)
            if response is None:
                self.timer.start()
            else:
                self.timer.take_answer(response)
        elif settings.probe_seconds > 0:
            if self.timer is None:
                self.timer = SessionTimer(self, settings.probe_seconds * 2, True)
            self.timer.start()

    def refresh(self) -> None:
        """Prove that the peer still has the dialog: UPDATE where it is allowed, else INFO (no body)."""
        if self.state != CONFIRMED or self._refresh_branch:
            return
        settings = self.service.settings
        is_quiet = self.invitation is None and not self.has_offer_pending()
        if settings.session_expires > 0 and not self.allows("UPDATE") and is_quiet and self.local_body:
            self.reinvite("", self.local_body)
            return
        method = "UPDATE" if self.allows("UPDATE") else "INFO"
        lines = self.contact_line(self.contact_user) + self._refresh_headers() if method == "UPDATE" else ""
        self._refresh_branch = self.send_request(method, lines).request.branch

    def _refresh_headers(self) -> str:
        timer = self.timer
        if timer is None or self.service.settings.session_expires <= 0:
            return ""
        refresher = "uac" if timer.is_refresher else "uas"
        return f"Supported: timer\r\nSession-Expires: {timer.interval};refresher={refresher}\r\n"

    # ---- what the halves report ----------------------------------------
    def receive_other_response(self, transaction: ClientTransaction, response: Message) -> None:
        """Final response to a request that is no INVITE."""
        branch = transaction.request.branch
        if branch == self._refresh_branch:
            self._refresh_branch = ""
            if response.status in (408, 481):
                self.lose(f"{response.status} to keep-alive")
            elif self.timer is not None and self.service.settings.session_expires > 0:
                self.timer.take_answer(response)
        elif branch == self._update_branch:
            self._update_branch = ""
            if response.status < 300:
                self.tell_reoffer_answered(response)
            else:
                self.user.session_reoffer_failed(self, response.status, response)
        elif transaction.request.method != "BYE":
            self.user.session_responded(self, branch, response)

    def receive_other_failure(self, transaction: ClientTransaction, status: int) -> None:
        """No response to a request that is no INVITE."""
        branch = transaction.request.branch
        if branch == self._refresh_branch:
            self._refresh_branch = ""
            self.lose("no response to keep-alive")
        elif branch == self._update_branch:
            self._update_branch = ""
            self.user.session_reoffer_failed(self, status, None)
        elif transaction.request.method != "BYE":
            self.user.session_unanswered(self, branch, status)

    def tell_cancelled(self, request: Message | None) -> None:
        """The caller gave up before our final response."""
        self.user.session_cancelled(self, request)

    def tell_acknowledged(self, request: Message) -> None:
        """The ACK to our 2xx arrived."""
        self.user.session_acknowledged(self, request)

    def tell_progressed(self, response: Message) -> None:
        """A provisional response above 100 arrived."""
        self.user.session_progressed(self, response)

    def tell_answered(self, response: Message) -> None:
        """The first 2xx arrived."""
        self._invited_with = None
        self.user.session_answered(self, response)

    def tell_failed(self, status: int, response: Message | None) -> None:
        """The call failed; after a 422 it is tried again with the interval asked for (RFC 4028 7.3)."""
        if status == 422 and response is not None and self._invited_with is not None:
            wanted = minimum_interval(response)
            uri, routes, headers, body, max_forwards, self.remote_value = self._invited_with
            self._invited_with = None
            self.remote_tag = ""
            if wanted > 0:
                headers += f"Session-Expires: {wanted}\r\nMin-SE: {wanted}\r\n"
                super().invite(uri, routes, headers, body, max_forwards)
                return
        self.user.session_failed(self, status, response)

    def tell_reoffer_answered(self, response: Message) -> None:
        """Our re-INVITE or UPDATE succeeded."""
        if self.timer is not None and self.service.settings.session_expires > 0:
            self.timer.take_answer(response)
        self.user.session_reoffer_answered(self, response)

    def tell_reoffer_failed(self, status: int, response: Message | None) -> None:
        """Our re-INVITE was refused."""
        self.user.session_reoffer_failed(self, status, response)
