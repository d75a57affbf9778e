# SPDX-License-Identifier: GPL-2.0-or-later
"""The package ``message-summary``: the lamp for a user's own messages (RFC 3842)."""
from __future__ import annotations

from mss.server.events.documents import message_summary
from mss.server.events.package import EventPackage
from mss.sip.dialog.subscription import Subscription


class MessageSummaryPackage(EventPackage):
    """Messages waiting.  The call server keeps none: its mailboxes are empty."""

    name = "message-summary"
    content_type = "application/simple-message-summary"

    def permits(self, subscriber: str, number: str) -> bool:
        """A mailbox is its owner's business only."""
        return subscriber == number

    def describe(self, subscription: Subscription) -> bytes:
        """No messages."""
        return message_summary(subscription.entity, 0, 0)
