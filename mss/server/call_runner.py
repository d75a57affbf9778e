# SPDX-License-Identifier: GPL-2.0-or-later
"""From sessions to calls: every session event becomes an event of its call."""
from __future__ import annotations

from functools import lru_cache

from mss.call.call import Call, CallSettings
from mss.call.cause import parse_cause
from mss.call.events import (
    Acknowledged,
    Answered,
    CallReceived,
    Cancelled,
    Event,
    Failed,
    HangUpRequested,
    HungUp,
    OfferAnswered,
    OfferRefused,
    Reoffered,
    ReplacementRequested,
    Rung,
)
from mss.call.leg import GONE
from mss.model.user import User
from mss.server.active_call import ActiveCall, CallLeg
from mss.server.call_executor import EXECUTE, CallExecutor
from mss.server.in_dialog import InDialogRequests
from mss.server.messages import carried_headers, description_of, display_name_of, reason_line, redirect_numbers
from mss.server.services import Services
from mss.sip.builder import reason_of
from mss.sip.dialog.session import Session, SessionUser
from mss.sip.dialog.session_timer import minimum_interval, session_interval, supports_timer
from mss.sip.endpoint import ALLOW_LINE, SUPPORTED_LINE
from mss.sip.fields import get_param
from mss.sip.headers import PRIVACY, REASON, REPLACES, USER_AGENT
from mss.sip.message import Message
from mss.sip.transaction.context import ServerTransaction
from mss.sip.validation import max_forwards


class CallRunner(SessionUser):
    """All running calls; the only place that knows both sessions and calls."""

    def __init__(self, services: Services, settings: CallSettings) -> None:
        self.services = services
        self.settings = settings
        self.calls: dict[str, ActiveCall] = {}
        self.max_calls = 0
        self.total = 0
        self.answered = 0
        self.failed = 0
        self._executor = CallExecutor(services, self, self.calls)
        self._in_dialog = InDialogRequests(services, self.feed)
        self._watched = services.watchers.calls
        self._extra = services.endpoint.server_line + ALLOW_LINE + SUPPORTED_LINE

    # ---- the loop of one call --------------------------------------------
    def feed(self, active: ActiveCall, event: Event) -> None:
        """Let a call take an event and execute its commands; events caused meanwhile follow in order."""
        events = active.events
        events.append(event)
        if active.busy:
            return
        active.busy = True
        call = active.call
        executor = self._executor
        services = self.services
        try:
            while events:
                now = services.endpoint.now + services.clock.wall_offset
                for command in call.handle(events.popleft(), now):
                    EXECUTE[type(command)](executor, active, command)
        finally:
            active.busy = False
        if self._watched:
            services.watchers.call_changed(active)
        if len(active.numbers) > 2 and not call.is_ended:
            self._release_numbers(active)

    def _release_numbers(self, active: ActiveCall) -> None:
        """After a forward or a transfer: whoever has left the call is in one call less."""
        present = {leg.number for leg in active.call.state.legs.values() if leg.state != GONE}
        for number in active.numbers - present:
            active.numbers.discard(number)
            self.services.live.count_call(number, -1)

    def end_all(self, reason: str) -> None:
        """End every call, as at the stop of the server; each gets its record."""
        for active in list(self.calls.values()):
            self.feed(active, HangUpRequested(reason))

    # ---- a new call ------------------------------------------------------
    def receive_invite(self, transaction: ServerTransaction, request: Message, caller: User) -> None:
        """An admitted INVITE outside dialogs."""
        endpoint = self.services.endpoint
        if self.max_calls and len(self.calls) >= self.max_calls:
            endpoint.respond(transaction, 503, "Too Many Calls", "Retry-After: 10\r\n")
            return
        if self._refuse_interval(transaction, request):
            return
        dialled = request.request_uri().user
        if not dialled:
            endpoint.respond(transaction, 484)
            return
        if REPLACES in request.names:
            self._receive_replacement(transaction, request, caller)
            return
        tag = endpoint.tokens.token()
        call = Call(f"{int(self.services.clock.wall()):x}-{tag}", caller.number, dialled, request.call_id,
                    self.settings, endpoint.now + self.services.clock.wall_offset, "user", transaction.flow.key)
        active = ActiveCall(self.feed, call, caller, max_forwards(request) - 1)
        session = self._answer_session(active, 0, transaction, request, tag)
        active.from_name = display_name_of(session.remote_value) or caller.display_name
        active.is_private = PRIVACY in request.names and "id" in (request.get(PRIVACY) or "")
        self.calls[call.id] = active
        self.total += 1
        active.numbers.add(caller.number)
        self.services.live.count_call(caller.number, 1)
        session.try_()
        self.services.report_call("started", call)
        leg = active.legs[0]
        self.feed(active, CallReceived(description_of(request, leg.via_nat, transaction.flow.host),
                                       carried_headers(request)))

    def _answer_session(self, active: ActiveCall, leg: int, transaction: ServerTransaction, request: Message,
                        tag: str) -> Session:
        """The session that answers an INVITE, as leg ``leg`` of a call."""
        flow = transaction.flow
        session = Session(self.services.endpoint, flow, request.call_id, tag, self)
        session.contact_user = request.request_uri().user
        session.extra_2xx = self._extra
        session.receive_invite(transaction, request)
        session.prepare_timer(request)
        caller = active.caller
        owner = CallLeg(active, caller.number if caller is not None else "")
        owner.session = session
        owner.device = flow.key
        owner.user_agent = request.get(USER_AGENT) or ""
        contact = request.contact()
        owner.via_nat = contact is not None and is_behind_nat(contact.uri, flow.host)
        session.owner = owner
        session.leg = leg
        active.legs[leg] = owner
        return session

    def _refuse_interval(self, transaction: ServerTransaction, request: Message) -> bool:
        """RFC 4028 9: 422 when the session interval asked for is too small; only with session timers on."""
        dialog_settings = self.services.endpoint.settings
        if not dialog_settings.session_expires or not supports_timer(request):
            return False
        seconds, _ = session_interval(request)
        if not seconds or max(seconds, minimum_interval(request)) >= dialog_settings.min_se:
            return False
        self.services.endpoint.respond(transaction, 422, "", f"Min-SE: {dialog_settings.min_se}\r\n")
        return True

    def _receive_replacement(self, transaction: ServerTransaction, request: Message, caller: User) -> None:
        """INVITE with Replaces (RFC 3891 3)."""
        endpoint = self.services.endpoint
        value = request.get(REPLACES) or ""
        session = self.find_replaced(value)
        owner = session.owner if session is not None else None
        if session is None or not isinstance(owner, CallLeg):
            endpoint.respond(transaction, 481)
            return
        if get_param(value.partition(";")[2], "early-only") is not None and owner.active.call.state.answered_at:
            endpoint.respond(transaction, 486)
            return
        active = owner.active
        if not request.body:
            endpoint.respond(transaction, 488, "Replaces Without Offer")
            return
        leg = active.call.state.add_leg(caller.number, transaction.flow.key)
        newcomer = self._answer_session(active, leg, transaction, request, endpoint.tokens.token())
        active.legs[leg].number = caller.number
        if caller.number not in active.numbers:
            active.numbers.add(caller.number)
            self.services.live.count_call(caller.number, 1)
        newcomer.try_()
        body = description_of(request, active.legs[leg].via_nat, transaction.flow.host)
        self.feed(active, ReplacementRequested(leg, session.leg, caller.number, body))

    def find_replaced(self, value: str) -> Session | None:
        """The session a Replaces value names, by our tag and the peer's (either way round, RFC 3891 3)."""
        call_id, _, params = value.partition(";")
        to_tag = get_param(params, "to-tag") or ""
        from_tag = get_param(params, "from-tag") or ""
        for local, remote in ((to_tag, from_tag), (from_tag, to_tag)):
            session = self.services.endpoint.sessions.get(local)
            if isinstance(session, Session) and session.call_id == call_id.strip() and session.remote_tag == remote:
                return session
        return None

    # ---- what sessions tell ------------------------------------------------
    def session_progressed(self, session: Session, response: Message) -> None:
        """A called device rings or has early media."""
        leg = session.owner
        if isinstance(leg, CallLeg):
            body = description_of(response, leg.via_nat, session.flow.host)
            self.feed(leg.active, Rung(session.leg, response.status, response.reason, body,
                                       carried_headers(response)))

    def session_answered(self, session: Session, response: Message) -> None:
        """A called device answered."""
        leg = session.owner
        if isinstance(leg, CallLeg):
            leg.user_agent = response.get("server") or response.get(USER_AGENT) or leg.user_agent
            session.start_keepalive(response)
            body = description_of(response, leg.via_nat, session.flow.host)
            self.feed(leg.active, Answered(session.leg, body, carried_headers(response)))

    def session_failed(self, session: Session, status: int, response: Message | None) -> None:
        """A called device refused, did not respond or could not be reached."""
        leg = session.owner
        if not isinstance(leg, CallLeg):
            return
        if leg.flows and not session.is_cancelled and (response is None or status == 503):
            # RFC 3263 4.3: the next candidate.
            self._executor.dial_next(leg)
            return
        reason = response.reason if response is not None and response.status == status else reason_of(status)
        cause = parse_cause(response.get(REASON)) if response is not None else 0
        if response is None and status == 408:
            self._executor.note_silence(leg)
        self.feed(leg.active, Failed(session.leg, status, reason, cause, redirect_numbers(response)))

    def session_cancelled(self, session: Session, request: Message | None) -> None:
        """The caller gave up."""
        leg = session.owner
        if isinstance(leg, CallLeg):
            self.feed(leg.active, Cancelled(session.leg))

    def session_acknowledged(self, session: Session, request: Message) -> None:
        """A caller confirmed our 2xx."""
        leg = session.owner
        if not isinstance(leg, CallLeg):
            return
        if session.timer is None or session.timer.due < 0:
            session.start_keepalive(None)
        if leg.active.call.state.owes_ack is not None:
            self.feed(leg.active, Acknowledged(session.leg, description_of(request, leg.via_nat, session.flow.host)))

    def session_ended(self, session: Session, request: Message | None, cause: str) -> None:
        """A party hung up or was lost."""
        leg = session.owner
        if isinstance(leg, CallLeg):
            q850 = parse_cause(request.get(REASON)) if request is not None else 0
            self.feed(leg.active, HungUp(session.leg, q850, reason_line(request), cause))

    def session_offered(self, session: Session, request: Message) -> None:
        """A party wants to change the media: hold, resume, another codec."""
        leg = session.owner
        if not isinstance(leg, CallLeg):
            session.refuse_offer(481)
            return
        if session.state_name() == "early" and request.method == "UPDATE" and leg.active.call.state.answered_at:
            session.refuse_offer(491)
            return
        self.feed(leg.active, Reoffered(session.leg, description_of(request, leg.via_nat, session.flow.host),
                                        request.method))

    def session_reoffer_answered(self, session: Session, response: Message) -> None:
        """A party accepted a change."""
        leg = session.owner
        if isinstance(leg, CallLeg):
            self.feed(leg.active, OfferAnswered(session.leg, description_of(response, leg.via_nat, session.flow.host)))

    def session_reoffer_failed(self, session: Session, status: int, response: Message | None) -> None:
        """A party refused a change."""
        leg = session.owner
        if isinstance(leg, CallLeg):
            self.feed(leg.active, OfferRefused(session.leg, status))

    def session_requested(self, session: Session, transaction: ServerTransaction, request: Message) -> None:
        """INFO, MESSAGE, REFER, NOTIFY, ... inside the dialog."""
        self._in_dialog.receive(session, transaction, request, self.find_replaced)

    def session_responded(self, session: Session, branch: str, response: Message) -> None:
        """The other party answered a relayed request."""
        self._in_dialog.pass_response(session, branch, response)

    def session_unanswered(self, session: Session, branch: str, status: int) -> None:
        """The other party did not answer a relayed request."""
        self._in_dialog.drop_request(session, branch, status)



@lru_cache(4096)
def is_behind_nat(contact_uri: str, source_host: str) -> bool:
    """Whether a Contact names another host than the one the message came from."""
    rest = contact_uri.partition(":")[2].partition(";")[0].rpartition("@")[2]
    host = rest[1:].partition("]")[0] if rest.startswith("[") else rest.partition(":")[0]
    return host.lower() != source_host
