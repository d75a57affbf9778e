# SPDX-License-Identifier: GPL-2.0-or-later
"""Sends the INVITE of a called leg: flow, headers, and the next flow when one fails."""
from __future__ import annotations

from functools import partial

from mss.call.commands import Dial
from mss.call.events import Failed
from mss.call.leg import GONE
from mss.registrar.binding import Binding
from mss.sdp.addresses import SessionOrigin
from mss.server.active_call import CallLeg
from mss.server.services import Services
from mss.sip.dialog.dialog import route_lines
from mss.sip.dialog.session import Session, SessionUser
from mss.sip.endpoint import ALLOW_LINE, SUPPORTED_LINE
from mss.sip.flow import Flow
from mss.sip.grammar import quote
from mss.sip.uri import escape_user

#: Start line and fixed fields of an INVITE of ours, for the decision by size (RFC 3261 18.1.1).
_OVERHEAD_BYTES = 750
#: For so long a device that took no connection gets large requests by UDP at once; seconds.
_DATAGRAMS_ONLY_SECONDS = 3600.0
_MOST_DATAGRAMS_ONLY = 10_000
#: Without 100rel: a reliable provisional to an INVITE without offer would have to carry one.
_SUPPORTED_WITHOUT_100REL = SUPPORTED_LINE.replace("100rel, ", "")


class Dialler:
    """Makes called legs."""

    def __init__(self, services: Services, user: SessionUser) -> None:
        self._services = services
        self._user = user
        self._fixed = services.user_agent_line + ALLOW_LINE + SUPPORTED_LINE
        self._fixed_offerless = services.user_agent_line + ALLOW_LINE + _SUPPORTED_WITHOUT_100REL
        #: Flow key -> until when.
        self._datagrams_only: dict[str, float] = {}

    def dial(self, leg: CallLeg, command: Dial) -> None:
        """Ring the device of ``command`` as ``leg``."""
        binding = command.device.handle
        finder = self._services.finder
        leg.body = command.body
        leg.headers = command.headers
        leg.caller = command.caller
        leg.device = command.device.uri
        leg.invited_uri = command.device.uri
        flow: Flow | None = None
        if isinstance(binding, Binding):
            flow = finder.flow_of(binding)
            leg.via_nat = binding.via_nat
            leg.user_agent = binding.user_agent
            leg.invited_uri = binding.request_uri()
            if binding.path:
                leg.route_lines = route_lines(list(binding.path))
        large = len(command.body) + len(command.headers) + _OVERHEAD_BYTES > self._services.udp_switch_bytes
        if flow is None or large and not leg.via_nat and not leg.route_lines and self._may_switch(flow):
            finder.find_flows(leg.invited_uri, partial(self._take_flows, leg, command.leg, flow), large)
        else:
            self._invite(leg, command.leg, flow)

    def _may_switch(self, flow: Flow) -> bool:
        """Whether a device on ``flow`` is to be tried by TCP."""
        return not flow.reliable and self._datagrams_only.get(flow.key, 0.0) <= self._services.endpoint.now

    def _take_flows(self, leg: CallLeg, number: int, known: Flow | None, flows: list[Flow]) -> None:
        state = leg.active.call.state
        if number in state.legs and state.legs[number].state == GONE or leg.active.call.is_ended:
            return
        found = list(flows)
        if known is not None and known not in found:
            found.append(known)
        if not found:
            leg.active.feed(Failed(number, 480, "No Way To The Device", 0, ()))
            return
        leg.flows = found[1:]
        self._invite(leg, number, found[0])

    def dial_next(self, leg: CallLeg) -> None:
        """Try the next flow of a leg whose session just failed."""
        flows = leg.flows
        session = leg.session
        if flows and session is not None:
            leg.flows = flows[1:]
            failed, following = session.flow, flows[0]
            if failed.reliable and not following.reliable and failed.host == following.host:
                # A firewall may have dropped the attempt: not every call is to wait for that.
                if len(self._datagrams_only) >= _MOST_DATAGRAMS_ONLY:
                    self._datagrams_only.clear()
                self._datagrams_only[following.key] = self._services.endpoint.now + _DATAGRAMS_ONLY_SECONDS
            self._invite(leg, session.leg, following)

    def note_silence(self, leg: CallLeg) -> None:
        """A device did not respond at all: it counts as unreachable until it is heard of again."""
        for binding in self._services.live.location.bindings_of(leg.number):
            if binding.contact == leg.device:
                binding.mark_unanswered()

    def _invite(self, leg: CallLeg, number: int, flow: Flow) -> None:
        services = self._services
        active = leg.active
        tokens = services.endpoint.tokens
        tag = tokens.token()
        host = flow.local.host
        session = Session(services.endpoint, flow, f"{tokens.token()}@{host}", tag, self._user)
        domain = services.domain or host
        caller = leg.caller or active.call.state.caller
        is_private = active.is_private and not leg.caller
        user = caller if caller.isalnum() else escape_user(caller)
        if is_private:
            session.local_value = f'"Anonymous" <sip:anonymous@anonymous.invalid>;tag={tag}'
        else:
            name = f"{quote(active.from_name)} " if active.from_name and not leg.caller else ""
            session.local_value = f"{name}<sip:{user}@{domain}>;tag={tag}"
        called = leg.number if leg.number.isalnum() else escape_user(leg.number)
        session.remote_value = f"<sip:{called}@{domain}>"
        session.contact_user = "anonymous" if is_private else user
        session.owner = leg
        session.leg = number
        session.extra_2xx = services.endpoint.server_line + ALLOW_LINE + SUPPORTED_LINE
        leg.session = session
        body = leg.body
        if body:
            if leg.origin is None:
                leg.origin = SessionOrigin(int(tag[:8], 16), host.strip("[]"))
            body = leg.origin.apply(body)
            headers = f"Contact: <sip:{session.contact_user}@{flow.local.contact_host}>\r\n{self._fixed}{leg.headers}" \
                      "Content-Type: application/sdp\r\n"
        else:
            headers = f"Contact: <sip:{session.contact_user}@{flow.local.contact_host}>\r\n" \
                      f"{self._fixed_offerless}{leg.headers}"
        if services.tracer.active:
            services.tracer.link(active.call.state.call_id, session.call_id)
        session.invite(leg.invited_uri, leg.route_lines, headers, body, active.max_forwards)
