# SPDX-License-Identifier: GPL-2.0-or-later
"""What all event packages have in common."""
from __future__ import annotations

from collections.abc import Collection

from mss.sip.dialog.subscription import Subscription


class EventPackage:
    """The subscriptions to one package, by the number they are about."""

    #: The package's name in Event, and the type of its documents.
    name = ""
    content_type = ""

    def __init__(self) -> None:
        self._by_number: dict[str, list[Subscription]] = {}

    @property
    def numbers(self) -> Collection[str]:
        """The numbers somebody is subscribed to."""
        return self._by_number.keys()

    def permits(self, subscriber: str, number: str) -> bool:
        """Whether a user may subscribe to this number; by default to any."""
        return True

    def describe(self, subscription: Subscription) -> bytes:
        """The document for a subscription now."""
        raise NotImplementedError

    def add(self, subscription: Subscription) -> None:
        """From now on tell it of changes."""
        found = self._by_number.get(subscription.number)
        if found is None:
            found = self._by_number[subscription.number] = []
            self.watch(subscription.number)
        found.append(subscription)

    def remove(self, subscription: Subscription) -> None:
        """Tell it nothing more; one that was never added is no mistake."""
        found = self._by_number.get(subscription.number)
        if found is None or subscription not in found:
            return
        found.remove(subscription)
        if not found:
            del self._by_number[subscription.number]
            self.unwatch(subscription.number)

    def notify(self, number: str) -> None:
        """What is told of ``number`` has changed."""
        for subscription in list(self._by_number.get(number, ())):
            subscription.notify()

    def watch(self, number: str) -> None:
        """The first subscription to a number came."""

    def unwatch(self, number: str) -> None:
        """The last subscription to a number ended."""
