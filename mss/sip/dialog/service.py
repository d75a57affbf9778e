# SPDX-License-Identifier: GPL-2.0-or-later
"""What dialogs need from the endpoint they live in."""
from __future__ import annotations

from mypy_extensions import mypyc_attr

from mss.sip.entropy import TokenSource
from mss.sip.flow import Flow
from mss.sip.transaction.context import TransactionContext, TransactionUser


class DialogSettings:
    """Values for all dialogs; seconds unless named otherwise.

    ``session_expires`` 0 switches RFC 4028 off, ``probe_seconds`` 0 the keep-alive probes.
    """

    __slots__ = ("min_se", "probe_seconds", "server_name", "session_expires")

    def __init__(self, server_name: str = "mss", session_expires: int = 0, min_se: int = 90,
                 probe_seconds: int = 0) -> None:
        self.server_name = server_name
        self.session_expires = session_expires
        self.min_se = min_se
        self.probe_seconds = probe_seconds


@mypyc_attr(allow_interpreted_subclasses=True)
class DialogService:
    """Shared tables and services of the dialogs of one endpoint."""

    __slots__ = ("context", "now", "sessions", "settings", "tokens")

    def __init__(self, context: TransactionContext, tokens: TokenSource, settings: DialogSettings,
                 now: float) -> None:
        self.context = context
        self.tokens = tokens
        self.settings = settings
        self.now = now
        #: Dialogs by our own tag.
        self.sessions: dict[str, TransactionUser] = {}

    def next_hop(self, uri: str, flow: Flow) -> Flow:
        """The flow for requests to ``uri``, given the flow the peer was last seen on."""
        raise NotImplementedError

    def replace_flow(self, dialog: TransactionUser) -> Flow:
        """Another flow to the peer of a dialog whose own was closed; the closed one if there is none."""
        raise NotImplementedError
