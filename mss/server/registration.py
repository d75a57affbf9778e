# SPDX-License-Identifier: GPL-2.0-or-later
"""REGISTER on the server: from the admitted request to bindings, plugins and persistence."""
from __future__ import annotations

from mss.plugin.types import RegistrationChange
from mss.registrar.binding import Binding
from mss.registrar.contacts import aor_of
from mss.registrar.registrar import Registrar
from mss.server.services import Services
from mss.sip.builder import build_response
from mss.sip.message import Message
from mss.sip.transaction.context import ServerTransaction


class Registration:
    """Answers REGISTER."""

    def __init__(self, services: Services, registrar: Registrar) -> None:
        self._services = services
        self._registrar = registrar
        self._watched = services.watchers.registrations

    def receive(self, transaction: ServerTransaction, request: Message, number: str) -> None:
        """``number`` is the authenticated user; the AOR must be its own."""
        endpoint = self._services.endpoint
        aor = aor_of(request)
        user = self._services.live.user(number)
        if user is None or aor is None or aor.user != number:
            endpoint.respond(transaction, 403 if aor is not None else 404)
            return
        outcome = self._registrar.register(request, user, request.flow or transaction.flow, endpoint.now)
        transaction.to_tag = endpoint.tokens.token()
        transaction.respond(outcome.status, build_response(
            request, outcome.status, outcome.reason, transaction.to_tag, endpoint.server_line + outcome.headers))
        if outcome.status == 200 and self._services.dispatcher.has("mss_registration_changed"):
            self._tell(outcome.added, outcome.removed, number)
        if self._watched:
            self._services.watchers.registration_changed(number)

    def _tell(self, added: list[Binding], removed: list[Binding], number: str) -> None:
        for binding in removed:
            self.report("unregistered", binding)
        for binding in added:
            self.report("registered", binding)
        if not added and not removed:
            for binding in self._services.live.location.bindings_of(number):
                self.report("refreshed", binding)

    def expire(self) -> None:
        """Drop bindings whose time is over."""
        for binding in self._services.live.location.expire(self._services.endpoint.now):
            self.report("expired", binding)
            if self._watched:
                self._services.watchers.registration_changed(binding.aor)

    def report(self, name: str, binding: Binding) -> None:
        """Tell plugins of a change."""
        if self._services.dispatcher.has("mss_registration_changed"):
            self._services.dispatcher.tell("mss_registration_changed", (RegistrationChange(
                name, binding.aor, binding.contact, binding.flow_key, binding.user_agent,
                binding.expires_at + self._services.clock.wall_offset),))
