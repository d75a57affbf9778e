# SPDX-License-Identifier: GPL-2.0-or-later
"""The signalling core: what the endpoint asks of the server, and the server's periodic work.

Everything here runs on the signalling thread and never waits.
"""
from __future__ import annotations

import logging
from functools import partial

from mss.model.routing import Refuse
from mss.plugin.types import RequestInfo
from mss.registrar.registrar import Registrar
from mss.server.active_call import CallLeg
from mss.server.admission import Admission
from mss.server.call_runner import CallRunner
from mss.server.flow_finder import FlowFinder, newer_connection
from mss.server.log import RateLimitedLog
from mss.server.outside_requests import OutsideRequests
from mss.server.pinger import Pinger
from mss.server.registration import Registration
from mss.server.services import Services
from mss.server.subscriptions import Subscriptions
from mss.sip.dialog.dialog import Dialog
from mss.sip.dialog.session import Session
from mss.sip.dialog.subscription import Subscription
from mss.sip.digest import Authenticator
from mss.sip.endpoint import EndpointUser
from mss.sip.flow import Flow
from mss.sip.headers import USER_AGENT
from mss.sip.message import Message
from mss.sip.transaction.context import ServerTransaction

log = logging.getLogger("mss.sip")


class SignallingCore(EndpointUser):
    """Joins admission, registrar, calls and the rest; ``connect`` completes it once the endpoint exists."""

    services: Services
    runner: CallRunner
    admission: Admission
    registration: Registration
    pinger: Pinger
    subscriptions: Subscriptions

    def __init__(self, finder: FlowFinder) -> None:
        self._finder = finder
        self._limited = RateLimitedLog(log)
        #: The request that plugins let pass and that is taken now.
        self._screened: Message | None = None

    def connect(self, services: Services, runner: CallRunner, authenticator: Authenticator, registrar: Registrar,
                ping_seconds: float) -> None:
        """Give the core its parts."""
        self.services = services
        self.runner = runner
        self.admission = Admission(services, authenticator, self.report_refusal)
        self.registration = Registration(services, registrar)
        self.pinger = Pinger(services, ping_seconds)
        self.subscriptions = Subscriptions(services, runner.calls)
        self._outside = OutsideRequests(services, self.subscriptions)

    # ---- what the endpoint asks -----------------------------------------------
    def admit(self, request: Message, flow: Flow) -> str | None:
        """Screen and identify a request outside dialogs."""
        if request is not self._screened and self.services.dispatcher.has("mss_screen_request"):
            self._screen(request, flow)
            return None
        method = request.method
        if method == "REGISTER":
            return self.admission.admit_registration(request, flow)
        if method == "OPTIONS" or method == "NOTIFY":
            return ""
        return self.admission.admit_user(request, flow)

    def _screen(self, request: Message, flow: Flow) -> None:
        info = RequestInfo(request.method, request.uri, flow.host, flow.port, flow.transport,
                           request.get(USER_AGENT) or "", request.call_id)
        self.services.dispatcher.ask("mss_screen_request", (info,), partial(self._take_screening, request, flow))

    def _take_screening(self, request: Message, flow: Flow, verdict: object) -> None:
        endpoint = self.services.endpoint
        if isinstance(verdict, Refuse):
            endpoint.refuse(request, flow, verdict.status, verdict.reason)
            return
        before = self._screened
        self._screened = request
        try:
            endpoint.resume(request, flow)
        finally:
            self._screened = before

    def receive_request(self, transaction: ServerTransaction, request: Message, identity: str) -> None:
        """An admitted request outside dialogs."""
        method = request.method
        if method == "INVITE":
            caller = self.services.live.user(identity)
            if caller is None:
                self.services.endpoint.respond(transaction, 403)
            else:
                self.runner.receive_invite(transaction, request, caller)
        elif method == "REGISTER":
            self.registration.receive(transaction, request, identity)
        else:
            self._outside.receive(transaction, request, identity)

    def find_next_hop(self, uri: str, flow: Flow) -> Flow:
        """Flow for requests to ``uri`` of a peer last seen on ``flow``."""
        return self._finder.next_hop(uri, flow)

    def find_reply_flow(self, flow: Flow, port: int) -> Flow:
        """Flow for responses to another port of the source address."""
        return self._finder.reply_flow(flow, port)

    def find_other_flow(self, dialog: Dialog) -> Flow:
        """The peer's connection was closed: that by which it came back, else a new one to its target."""
        number = ""
        if isinstance(dialog, Subscription):
            number = dialog.subscriber
        elif isinstance(dialog, Session) and isinstance(dialog.owner, CallLeg):
            number = dialog.owner.number
        if number:
            bindings = self.services.live.location.lookup(number, self.services.endpoint.now)
            flow = newer_connection(bindings, dialog.target, dialog.flow.transport)
            if flow is not None:
                return flow
        return self._finder.next_hop(dialog.target, dialog.flow)

    def report_malformed(self, flow: Flow, reason: str) -> None:
        """One line for a message that could not be read."""
        self._limited.warning(self.services.endpoint.now, f"malformed {flow.host}", "%s: malformed message: %s",
                              flow.key, reason)

    def report_refusal(self, flow: Flow, reason: str, user: str) -> None:
        """One line for credentials that were refused."""
        self._limited.warning(self.services.endpoint.now, f"refused {flow.host}", "%s: refused %s (user %s)",
                              flow.key, reason, user, MSS_USER=user)

    # ---- periodic work ----------------------------------------------------------
    def work(self, now: float) -> None:
        """Once a second: expired bindings, pings, suppressed log lines."""
        self.registration.expire()
        self.pinger.ping_due()
        self._limited.flush(now)
