# SPDX-License-Identifier: GPL-2.0-or-later
"""The media gateway as the call server sees it: commands in, events out.

Where it runs (a thread, a process, another host) is a matter of how messages travel, not of their
meaning.  Direct media does not come here: see ``mss.sdp.addresses``.
"""
from __future__ import annotations

from collections.abc import Callable

from mss.media.messages import Command, Event

#: Takes an event; called from any thread and also within ``submit``, so it must only queue.
Post = Callable[[Event], None]


class MediaGateway:
    """Base class of all gateways; a plugin provides one."""

    def __init__(self, post: Post) -> None:
        """``post`` receives every event, in the order they happened within one context."""
        self._post = post

    def submit(self, command: Command) -> None:
        """Take a command to carry out; never blocks and never raises for what the command says.

        The answer is a ``Done`` or ``Failed`` with the command's id, given to ``post``.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Let go of everything; no event is posted any more."""
