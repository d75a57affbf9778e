# SPDX-License-Identifier: GPL-2.0-or-later
"""SUBSCRIBE on the server: who may subscribe to what, and all subscriptions there are (RFC 6665)."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from mss.server.active_call import ActiveCall
from mss.server.events.dialog_package import DialogPackage
from mss.server.events.message_summary_package import MessageSummaryPackage
from mss.server.events.package import EventPackage
from mss.server.events.presence_package import PresencePackage
from mss.server.services import Services
from mss.sip.dialog.subscription import (
    MIN_EXPIRES_LINE,
    TOO_BRIEF,
    Subscription,
    SubscriptionUser,
    event_of,
    requested_seconds,
)
from mss.sip.endpoint import ALLOW_LINE
from mss.sip.headers import ACCEPT
from mss.sip.message import Message
from mss.sip.transaction.context import ServerTransaction
from mss.sip.uri import SipUri

#: The packages we notify of; ``refer`` only for a REFER (RFC 3515 2.4.4).
ALLOW_EVENTS_LINE: Final = "Allow-Events: dialog, message-summary, presence, refer\r\n"
#: Subscriptions one user may have at a time: a large busy lamp field on several devices.
MAX_PER_SUBSCRIBER: Final = 500


class _Refusal(NamedTuple):
    """The answer to a SUBSCRIBE that gets no subscription."""

    status: int
    reason: str = ""
    headers: str = ""


class Subscriptions(SubscriptionUser):
    """All subscriptions of one server; ``calls`` are its calls in progress."""

    def __init__(self, services: Services, calls: Mapping[str, ActiveCall]) -> None:
        self._services = services
        packages: tuple[EventPackage, ...] = (
            DialogPackage(services.watchers, calls), MessageSummaryPackage(),
            PresencePackage(services.watchers, self._is_registered))
        self._packages = {package.name: package for package in packages}
        self._by_subscriber: dict[str, list[Subscription]] = {}

    def __len__(self) -> int:
        return sum(len(held) for held in self._by_subscriber.values())

    def _is_registered(self, number: str) -> bool:
        live = self._services.live
        user = live.user(number)
        is_fixed = user is not None and user.enabled and bool(user.fixed_contact)
        return is_fixed or live.location.is_registered(number, self._services.endpoint.now)

    # ---- requests outside dialogs ----------------------------------------
    def receive(self, transaction: ServerTransaction, request: Message, subscriber: str) -> None:
        """A SUBSCRIBE of the authenticated user ``subscriber``."""
        endpoint = self._services.endpoint
        event = event_of(request)
        package = self._packages.get(event.partition(";")[0])
        seconds = requested_seconds(request)
        refusal = self._judge(request, subscriber, event, package, seconds)
        if package is None or refusal is not None:
            status, reason, headers = refusal or _Refusal(489, "", ALLOW_EVENTS_LINE)
            endpoint.respond(transaction, status, reason, headers)
            return
        subscription = Subscription(endpoint, transaction.flow, request.call_id, endpoint.tokens.token(), self, event,
                                    package.content_type)
        uri = request.request_uri()
        subscription.subscriber = subscriber
        subscription.number = uri.user
        subscription.entity = str(SipUri("sip", uri.user, "", uri.host or self._services.domain, uri.port, "", ""))
        subscription.extra_2xx = endpoint.server_line
        if seconds:
            package.add(subscription)
            self._by_subscriber.setdefault(subscriber, []).append(subscription)
        subscription.accept(transaction, request, seconds)

    def _judge(self, request: Message, subscriber: str, event: str, package: EventPackage | None,
               seconds: int) -> _Refusal | None:
        number = request.request_uri().user
        if not event:
            return _Refusal(400, "One Event Wanted")
        if package is None:
            # RFC 3515 2.4.4: only a REFER makes a subscription to refer.
            is_refer = event.partition(";")[0] == "refer"
            return _Refusal(403) if is_refer else _Refusal(489, "", ALLOW_EVENTS_LINE)
        if self._services.live.user(number) is None:
            return _Refusal(404)
        if not package.permits(subscriber, number):
            return _Refusal(403)
        if not accepts(request, package.content_type):
            return _Refusal(406, "", f"Accept: {package.content_type}\r\n")
        if request.contact() is None:
            return _Refusal(400, "Missing Contact")
        if seconds == TOO_BRIEF:
            return _Refusal(423, "", MIN_EXPIRES_LINE)
        if seconds and len(self._by_subscriber.get(subscriber, ())) >= MAX_PER_SUBSCRIBER:
            return _Refusal(403, "Too Many Subscriptions")
        return None

    def refuse_publication(self, transaction: ServerTransaction, request: Message) -> None:
        """Answer PUBLISH: we tell what we know ourselves and take no state of others (RFC 3903 section 6)."""
        if event_of(request).partition(";")[0] in self._packages:
            self._services.endpoint.respond(transaction, 405, "", ALLOW_LINE)
        else:
            self._services.endpoint.respond(transaction, 489, "", ALLOW_EVENTS_LINE)

    # ---- what subscriptions ask and tell ------------------------------------
    def describe(self, subscription: Subscription) -> bytes:
        """The document of the package."""
        return self._package_of(subscription).describe(subscription)

    def subscription_ended(self, subscription: Subscription, cause: str) -> None:
        """Forget it."""
        self._package_of(subscription).remove(subscription)
        held = self._by_subscriber.get(subscription.subscriber)
        if held is not None and subscription in held:
            held.remove(subscription)
            if not held:
                del self._by_subscriber[subscription.subscriber]

    def _package_of(self, subscription: Subscription) -> EventPackage:
        return self._packages[subscription.event.partition(";")[0]]

    # ---- the end ---------------------------------------------------------
    def end_orphans(self) -> None:
        """Users were changed: end the subscriptions of and to those that are gone."""
        users = self._services.live.users
        for subscription in self._all():
            subscriber = users.get(subscription.subscriber)
            if subscriber is None or not subscriber.enabled:
                subscription.end("rejected")
            elif subscription.number not in users:
                subscription.end("noresource")
        for number in list(self._services.watchers.registrations):
            self._services.watchers.registration_changed(number)

    def end_all(self, reason: str) -> None:
        """End every subscription, as at the stop of the server."""
        for subscription in self._all():
            subscription.end(reason)

    def _all(self) -> list[Subscription]:
        return [subscription for held in self._by_subscriber.values() for subscription in held]


def accepts(request: Message, content_type: str) -> bool:
    """Whether the sender of a request takes bodies of a type; without Accept it takes the package's own."""
    if not request.has(ACCEPT):
        return True
    wanted = (content_type, content_type.partition("/")[0] + "/*", "*/*")
    return any(value.partition(";")[0].strip().lower() in wanted for value in request.values(ACCEPT))
