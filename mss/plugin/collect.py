# SPDX-License-Identifier: GPL-2.0-or-later
"""Calling a hook where waiting is allowed: on the command line, and before the server starts."""
from __future__ import annotations

import asyncio
import logging
import threading
from typing import Final

from mss.plugin.discovery import describe_error
from mss.plugin.manager import PluginManager
from mss.plugin.step import Step

log = logging.getLogger("mss.plugin")

#: Seconds that one plugin may take; loading a media library takes a while.
COLLECT_SECONDS: Final = 10.0


class _Call(threading.Thread):
    """One call in a daemon thread, which can be left behind if it does not end."""

    def __init__(self, step: Step, args: tuple[object, ...]) -> None:
        super().__init__(name=f"mss-plugin-{step.record.name}", daemon=True)
        self._step = step
        self._args = args
        self.value: object = None
        self.error: BaseException | None = None

    def run(self) -> None:
        """Call it; whatever it raises is kept."""
        try:
            value = self._step.call(self._args)
            self.value = self._step.check(asyncio.run(value) if self._step.is_async else value)
        except BaseException as error:
            self.error = error


def collect(
    manager: PluginManager, hook_name: str, args: tuple[object, ...] = (), seconds: float = COLLECT_SECONDS,
) -> list[tuple[str, object]]:
    """The plugins' names and answers other than None, in calling order.

    A plugin that raises, or takes longer than ``seconds``, is logged, counted and left out.
    """
    found: list[tuple[str, object]] = []
    for record, impl in manager.implementations(hook_name):
        call = _Call(Step(hook_name, record, impl, manager.hook_arguments[hook_name], is_inline=False), args)
        record.calls += 1
        call.start()
        call.join(seconds)
        text = ""
        if call.is_alive():
            record.slow += 1
            text = f"{hook_name} takes longer than {seconds:g} s and is left out"
        elif call.error is not None:
            record.errors += 1
            text = f"{hook_name} raised {describe_error(call.error)}"
        elif call.value is not None:
            found.append((record.name, call.value))
        if text:
            record.last_error = text
            log.error("plugin %s: %s", record.name, text)
            log.debug("plugin %s", record.name, exc_info=call.error)
    return found
