# SPDX-License-Identifier: GPL-2.0-or-later
"""A look at everything that is sent, for traces."""
from __future__ import annotations

from collections.abc import Callable

from mss.sip.flow import Flow


class SendTap:
    """Shared by all flows of one transport manager; ``show(data, flow)`` is called for each message sent.

    ``show`` is None while nobody looks, which costs the hot path one comparison per message.
    """

    __slots__ = ("show",)

    def __init__(self) -> None:
        self.show: Callable[[bytes, Flow], None] | None = None
