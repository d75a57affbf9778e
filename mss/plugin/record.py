# SPDX-License-Identifier: GPL-2.0-or-later
"""What is known of each plugin: where it comes from, how it stands, what it did."""
from __future__ import annotations

import traceback
from typing import Final, NamedTuple

ACTIVE: Final = "active"
DISABLED: Final = "disabled"
FAILED: Final = "failed"
SUSPENDED: Final = "suspended"

BUILT_IN: Final = "built-in"


class PluginInfo(NamedTuple):
    """A snapshot of one plugin for lists and ``--json``.

    ``state`` is ``active``, ``disabled``, ``failed`` or ``suspended`` and ``reason`` says why it is
    not active.  ``calls`` counts the implementations called, ``errors`` those that raised or returned
    a wrong value, ``slow`` those without an answer in time, ``dropped`` the notifications that did
    not fit its queue.
    """

    name: str
    version: str
    source: str
    state: str
    reason: str
    hooks: tuple[str, ...]
    calls: int
    errors: int
    slow: int
    dropped: int
    last_error: str


class PluginRecord:
    """The manager's entry of one plugin.  Changed on the signalling thread only."""

    def __init__(self, name: str, version: str, source: str) -> None:
        self.name = name
        self.version = version
        self.source = source
        self.state = DISABLED
        self.reason = ""
        #: The traceback of the failed import or start, empty otherwise.
        self.traceback = ""
        #: The module or object that holds the hooks, once imported.
        self.plugin: object | None = None
        self.hooks: tuple[str, ...] = ()
        self.calls = 0
        self.errors = 0
        self.slow = 0
        self.dropped = 0
        self.last_error = ""

    @property
    def is_builtin(self) -> bool:
        """Whether the plugin is a part of the server itself."""
        return self.source == BUILT_IN

    def activate(self) -> None:
        """Its hooks may be called from now on."""
        self.state, self.reason, self.traceback = ACTIVE, "", ""

    def disable(self, reason: str) -> None:
        """Somebody does not want it."""
        self.state, self.reason, self.traceback = DISABLED, reason, ""

    def fail(self, reason: str, error: BaseException | None = None) -> None:
        """It cannot be used: ``reason`` in one line, the traceback kept from ``error``."""
        self.state, self.reason = FAILED, reason
        self.last_error = reason
        self.traceback = "".join(traceback.format_exception(error)) if error is not None else ""

    def suspend(self, reason: str) -> None:
        """It is skipped until it answers again."""
        self.state, self.reason = SUSPENDED, reason

    def info(self) -> PluginInfo:
        """A snapshot of it."""
        return PluginInfo(
            name=self.name, version=self.version, source=self.source, state=self.state, reason=self.reason,
            hooks=self.hooks, calls=self.calls, errors=self.errors, slow=self.slow, dropped=self.dropped,
            last_error=self.last_error,
        )
