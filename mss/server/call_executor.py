# SPDX-License-Identifier: GPL-2.0-or-later
"""Executes what calls want: commands become SIP, timers, routes and records."""
from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from mss.call.commands import (
    AcceptOffer,
    Acknowledge,
    AdoptPeer,
    Answer,
    Cancel,
    CarryDescription,
    Dial,
    End,
    FindRoute,
    HangUp,
    Notify,
    Offer,
    OpenRecord,
    RefuseOffer,
    Reject,
    Respond,
    Ring,
    StartTimer,
    StopTimer,
    WriteRecord,
)
from mss.call.events import AdoptionFailed, HangUpRequested, LegAdopted, OfferRefused, PeerTaken, Routed
from mss.call.leg import UP
from mss.call.routing import find_route
from mss.call.state import TALKING
from mss.call.target import Route
from mss.model.routing import CallInfo, Redirect, Refuse
from mss.sdp.addresses import SessionOrigin
from mss.server.active_call import ActiveCall, CallLeg, CallTimer
from mss.server.dialler import Dialler
from mss.server.media_link import MediaLink
from mss.server.services import Services
from mss.sip.dialog.session import Session, SessionUser
from mss.sip.dialog.uas import CONFIRMED, ENDED
from mss.sip.timers import to_ticks


class CallExecutor:
    """The hands of the calls of one server."""

    def __init__(self, services: Services, user: SessionUser, calls: dict[str, ActiveCall]) -> None:
        self._services = services
        self._calls = calls
        self._dialler = Dialler(services, user)
        self._media: MediaLink = services.media

    # ---- routing -------------------------------------------------------
    def find_route(self, active: ActiveCall, command: FindRoute) -> None:
        """Ask the plugins' routing steps, then our own."""
        dispatcher = self._services.dispatcher
        if not command.by and dispatcher.has("mss_route_call"):
            state = active.call.state
            flow = active.legs[0].session.flow if active.legs[0].session is not None else None
            info = CallInfo(state.caller, command.number, state.caller_type, flow.host if flow else "",
                            flow.transport if flow else "", state.call_id)
            dispatcher.ask("mss_route_call", (info,), partial(self._take_verdict, active, command))
        else:
            self._route(active, command.number, command.by)

    def _take_verdict(self, active: ActiveCall, command: FindRoute, verdict: object) -> None:
        if isinstance(verdict, Refuse):
            active.feed(Routed(Route(command.number, (), verdict.status, verdict.reason)))
        elif isinstance(verdict, Redirect):
            self._route(active, verdict.number, command.by)
        else:
            self._route(active, command.number, command.by)

    def _route(self, active: ActiveCall, number: str, by: str) -> None:
        services = self._services
        route = find_route(active.caller, number, by, services.live, services.live.limits, services.endpoint.now)
        if route.media == "anchored" and self._media.gateway is None:
            route = route._replace(media="direct")
        active.feed(Routed(route))

    # ---- called legs -----------------------------------------------------
    def dial(self, active: ActiveCall, command: Dial) -> None:
        """Ring one device."""
        if command.number not in active.numbers:
            active.numbers.add(command.number)
            self._services.live.count_call(command.number, 1)
        leg = CallLeg(active, command.number)
        active.legs[command.leg] = leg
        self._dialler.dial(leg, command)

    def dial_next(self, leg: CallLeg) -> None:
        """The flow of a leg failed: try its next one."""
        self._dialler.dial_next(leg)

    def note_silence(self, leg: CallLeg) -> None:
        """A device did not respond at all."""
        self._dialler.note_silence(leg)

    def cancel(self, active: ActiveCall, command: Cancel) -> None:
        """Give up a ringing leg."""
        session = self._session(active, command.leg)
        if session is not None:
            session.leave(command.headers)
        self._media.subtract(active, command.leg)

    # ---- the caller's leg --------------------------------------------------
    def ring(self, active: ActiveCall, command: Ring) -> None:
        """Send a provisional response."""
        session = self._session(active, command.leg)
        if session is None:
            return
        body = self._describe(active, command.leg, session, command.body)
        headers = command.headers
        if body:
            headers += "Content-Type: application/sdp\r\n"
            session.local_body = body
        if command.status != 181 and not active.call.state.answered_at:
            self._services.report_call("rang", active.call)
        session.ring(command.status, command.reason, headers, body)

    def answer(self, active: ActiveCall, command: Answer) -> None:
        """Send the 2xx."""
        session = self._session(active, command.leg)
        if session is not None:
            body = self._describe(active, command.leg, session, command.body)
            session.local_body = body
            session.answer(command.headers, body)
            self._services.report_call("answered", active.call)

    def reject(self, active: ActiveCall, command: Reject) -> None:
        """Send the final failure."""
        session = self._session(active, command.leg)
        if session is not None:
            session.reject(command.status, command.reason, self._services.endpoint.server_line + command.headers)

    # ---- both ----------------------------------------------------------
    def hang_up(self, active: ActiveCall, command: HangUp) -> None:
        """End an answered leg."""
        session = self._session(active, command.leg)
        if session is not None:
            session.leave(command.headers)
        self._media.subtract(active, command.leg)

    def acknowledge(self, active: ActiveCall, command: Acknowledge) -> None:
        """Send a delayed ACK with the answer."""
        session = self._session(active, command.leg)
        if session is not None and session.state == CONFIRMED:
            session.acknowledge(self._describe(active, command.leg, session, command.body))

    def offer(self, active: ActiveCall, command: Offer) -> None:
        """Send a re-INVITE, or an UPDATE where that is what fits."""
        session = self._session(active, command.leg)
        if session is None or session.state == ENDED:
            active.feed(OfferRefused(command.leg, 481))
        elif session.has_offer_pending() or session.invitation is not None and session.state == CONFIRMED:
            active.feed(OfferRefused(command.leg, 491))
        else:
            body = self._describe(active, command.leg, session, command.body)
            session.local_body = body or session.local_body
            if session.state != CONFIRMED or command.method == "UPDATE" and session.allows("UPDATE"):
                if not session.allows("UPDATE") or not session.remote_tag:
                    active.feed(OfferRefused(command.leg, 488))
                    return
                session.update("", body)
            else:
                session.reinvite("", body)

    def accept_offer(self, active: ActiveCall, command: AcceptOffer) -> None:
        """Answer a party's re-INVITE or UPDATE."""
        session = self._session(active, command.leg)
        if session is not None:
            body = self._describe(active, command.leg, session, command.body)
            session.local_body = body
            session.accept_offer(body)

    def refuse_offer(self, active: ActiveCall, command: RefuseOffer) -> None:
        """Refuse a party's re-INVITE or UPDATE."""
        session = self._session(active, command.leg)
        if session is not None:
            session.refuse_offer(command.status)

    def _session(self, active: ActiveCall, leg: int) -> Session | None:
        found = active.legs.get(leg)
        return None if found is None else found.session

    def _describe(self, active: ActiveCall, leg: int, session: Session, body: bytes) -> bytes:
        """A description as this leg sees it: under one origin for its whole dialog."""
        if not body:
            return body
        owner = active.legs[leg]
        if owner.origin is None:
            owner.origin = SessionOrigin(int(session.local_tag[:8], 16), session.flow.local.host.strip("[]"))
        return owner.origin.apply(body)

    # ---- transfer ------------------------------------------------------
    def respond(self, active: ActiveCall, command: Respond) -> None:
        """Answer a REFER."""
        session = self._session(active, command.leg)
        transaction = active.tokens.pop(command.token, None) if active.tokens is not None else None
        if session is not None and transaction is not None:
            session.respond_to(transaction, command.status, "", session.contact_line(session.contact_user))

    def notify(self, active: ActiveCall, command: Notify) -> None:
        """Tell a transferor how far its transfer is (RFC 3515 2.4.4)."""
        session = self._session(active, command.leg)
        if session is None or session.state != CONFIRMED or not active.legs[command.leg].wants_notify:
            return
        state = "terminated;reason=noresource" if command.is_final else "active;expires=60"
        headers = (f"{session.contact_line(session.contact_user)}Event: refer\r\nSubscription-State: {state}\r\n"
                   "Content-Type: message/sipfrag;version=2.0\r\n")
        session.send_request("NOTIFY", headers, f"SIP/2.0 {command.status} {command.reason}\r\n".encode())

    def adopt_peer(self, active: ActiveCall, command: AdoptPeer) -> None:
        """Move the party of a consultation call here."""
        other = self._calls.get(command.call)
        if other is None:
            active.feed(AdoptionFailed(""))
            return
        state = other.call.state
        asked = state.legs[command.leg]
        party = other.legs.get(asked.peer) if asked.peer >= 0 else None
        if state.stage != TALKING or party is None or party.session is None or state.legs[asked.peer].state != UP:
            number = state.called if command.leg == 0 else ""
            other.feed(HangUpRequested("transferred before the answer"))
            active.feed(AdoptionFailed(number))
            return
        found = state.legs[asked.peer]
        leg = active.call.state.add_leg(found.number, found.device)
        del other.legs[asked.peer]
        self._media.subtract(other, asked.peer)
        active.legs[leg] = party
        party.active = active
        party.session.leg = leg
        if party.number not in active.numbers:
            active.numbers.add(party.number)
            self._services.live.count_call(party.number, 1)
        body = found.body
        other.feed(PeerTaken(command.leg))
        active.feed(LegAdopted(leg, party.number, body))

    # ---- timers, media, records --------------------------------------------
    def start_timer(self, active: ActiveCall, command: StartTimer) -> None:
        """Start or restart a timer of the call."""
        if active.timers is None:
            active.timers = {}
        timer = active.timers.get(command.name)
        if timer is None:
            timer = active.timers[command.name] = CallTimer(active, command.name)
        self._services.endpoint.context.wheel.arm(timer, to_ticks(command.seconds))

    def stop_timer(self, active: ActiveCall, command: StopTimer) -> None:
        """Stop a timer of the call, if it runs."""
        timer = active.timers.pop(command.name, None) if active.timers is not None else None
        if timer is not None:
            timer.active = None
            self._services.endpoint.context.wheel.cancel(timer)

    def carry_description(self, active: ActiveCall, command: CarryDescription) -> None:
        """Pass a description through the media gateway."""
        self._media.carry(active, command)

    def open_record(self, active: ActiveCall, command: OpenRecord) -> None:
        """Keep what a crash must not lose."""
        self._services.open_record(command.record)

    def write_record(self, active: ActiveCall, command: WriteRecord) -> None:
        """Keep the record of an ended call."""
        self._services.write_record(command.record)

    def end(self, active: ActiveCall, command: End) -> None:
        """Forget the call; its sessions finish their transactions on their own."""
        services = self._services
        call = active.call
        self._calls.pop(call.id, None)
        for number in active.numbers:
            services.live.count_call(number, -1)
        if active.timers is not None:
            for timer in active.timers.values():
                timer.active = None
                services.endpoint.context.wheel.cancel(timer)
        for leg in active.legs.values():
            session = leg.session
            if session is not None:
                session.owner = None
                session.local_body = b""
                leg.session = None
        self._media.release(active)
        services.report_call("ended", call, call.state.status)


#: The method that carries out each kind of command.
EXECUTE: Final[dict[type, Callable[[CallExecutor, ActiveCall, Any], None]]] = {
    FindRoute: CallExecutor.find_route,
    Dial: CallExecutor.dial,
    Ring: CallExecutor.ring,
    Answer: CallExecutor.answer,
    Reject: CallExecutor.reject,
    Cancel: CallExecutor.cancel,
    HangUp: CallExecutor.hang_up,
    Acknowledge: CallExecutor.acknowledge,
    Offer: CallExecutor.offer,
    AcceptOffer: CallExecutor.accept_offer,
    RefuseOffer: CallExecutor.refuse_offer,
    Respond: CallExecutor.respond,
    Notify: CallExecutor.notify,
    AdoptPeer: CallExecutor.adopt_peer,
    StartTimer: CallExecutor.start_timer,
    StopTimer: CallExecutor.stop_timer,
    CarryDescription: CallExecutor.carry_description,
    OpenRecord: CallExecutor.open_record,
    WriteRecord: CallExecutor.write_record,
    End: CallExecutor.end,
}
