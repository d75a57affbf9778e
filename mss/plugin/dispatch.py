# SPDX-License-Identifier: GPL-2.0-or-later
"""Calling hooks from the signalling thread so that no plugin can raise into it or hold it up.

pluggy itself stops at the first exception and waits for every implementation.  So the dispatcher
walks the implementations: those of the server and of plugins named in ``[plugins] inline`` run here
and now, all others in one thread per plugin (:mod:`mss.plugin.host`).

A hook that nobody implements, as on every call of a server without plugins, costs a dictionary
look-up.
"""
from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial

from mss.plugin.host import CallLater, PluginHost, Runtime, TimerHandle
from mss.plugin.manager import PluginManager
from mss.plugin.record import PluginInfo
from mss.plugin.step import Step
from mss.plugin.types import ServerInfo
from mss.plugin.worker import Post

log = logging.getLogger("mss.plugin")

Plan = tuple[tuple[Step, PluginHost], ...]
OnResult = Callable[[object], None]


class Dispatcher:
    """The way from the server to all hooks.  Not thread-safe: for the signalling thread only.

    ``call_soon_threadsafe(function, *args)`` and ``call_later(seconds, function)`` are those of the
    signalling loop; ``clock`` gives monotonic seconds.
    """

    def __init__(
        self, manager: PluginManager, call_soon_threadsafe: Post, call_later: CallLater,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.manager = manager
        timeout = manager.settings.timeout_ms / 1000
        self._runtime = Runtime(call_soon_threadsafe, call_later, clock, timeout, manager.fail)
        self._hosts: dict[str, PluginHost] = {}
        self._plans: dict[str, Plan] = {}
        self._server: ServerInfo | None = None
        self._is_stopped = False
        manager.on_change(self._rebuild)
        self._rebuild()

    # --- hooks

    def has(self, hook_name: str) -> bool:
        """Whether anybody implements the hook; spares the caller preparing its arguments."""
        return bool(self._plans[hook_name])

    def ask(self, hook_name: str, args: tuple[object, ...], on_result: OnResult) -> None:
        """Ask the plugins in order; ``on_result`` gets the first answer that is not None, or None.

        ``args`` stand in the order of the specification.  ``on_result`` is called exactly once: before
        this returns where only inline plugins were asked, later on the signalling thread otherwise.
        Raises ``KeyError`` for a hook that does not exist.
        """
        plan = self._plans[hook_name]
        if not plan:
            on_result(None)
            return
        for index, (step, host) in enumerate(plan):
            if not step.is_inline:
                _Round(plan, index, args, on_result, None).advance()
                return
            value = host.run_inline(step, args)
            if value is not None:
                on_result(value)
                return
        on_result(None)

    def gather(self, hook_name: str, args: tuple[object, ...], on_result: Callable[[Sequence[object]], None]) -> None:
        """Ask all plugins one after the other; ``on_result`` gets all answers that are not None."""

        def finish(values: object) -> None:
            on_result(values if isinstance(values, Sequence) else ())

        _Round(self._plans[hook_name], 0, args, finish, []).advance()

    def tell(self, hook_name: str, args: tuple[object, ...]) -> None:
        """Let all plugins know; their answers do not matter.  Raises ``KeyError`` for an unknown hook."""
        for step, host in self._plans[hook_name]:
            if step.is_inline:
                host.run_inline(step, args)
            else:
                host.tell(step, args)

    # --- life of the server and of a plugin

    def start(self, server: ServerInfo) -> None:
        """Call ``mss_start`` of all plugins; what is asked of them later comes after it."""
        self._server = server
        self.tell("mss_start", (server,))
        for host in self._hosts.values():
            host.flush()

    def stop(self, on_stopped: Callable[[], None]) -> None:
        """Call ``mss_stop`` of all plugins and end their threads.

        ``on_stopped`` is called once: when all have ended, or when the time limit has passed; a
        thread still busy then is left behind.  Hooks called from now on have no implementation.
        """
        if self._server is not None:
            self.tell("mss_stop", (self._server,))
        self._plans = dict.fromkeys(self._plans, ())
        self._is_stopped = True
        _Farewell(self._hosts, self._runtime, on_stopped)

    def set_timeout(self, milliseconds: int) -> None:
        """Wait so long for answers from now on."""
        self._runtime.timeout = milliseconds / 1000

    def list(self) -> Sequence[PluginInfo]:
        """All plugins with their states and counters."""
        return self.manager.list()

    def enable(self, name: str) -> PluginInfo:
        """Use a plugin from now on, starting it; raises :class:`mss.plugin.manager.UnknownPluginError`."""
        was_in_use = name in self._hosts
        self.manager.enable(name)
        if not was_in_use and self._server is not None:
            self._tell_one(name, "mss_start", self._server)
        return self.manager.record(name).info()

    def disable(self, name: str) -> PluginInfo:
        """Stop a plugin and use it no more; raises :class:`mss.plugin.manager.UnknownPluginError`."""
        self.manager.record(name)
        if self._server is not None:
            self._tell_one(name, "mss_stop", self._server)
        return self.manager.disable(name)

    # --- inside

    def _tell_one(self, name: str, hook_name: str, server: ServerInfo) -> None:
        for step, host in self._plans[hook_name]:
            if host.record.name == name:
                if step.is_inline:
                    host.run_inline(step, (server,))
                else:
                    host.tell(step, (server,))
                    host.flush()

    def _rebuild(self) -> None:
        """Make the plans anew after plugins came or went."""
        if self._is_stopped:
            return
        steps = [step for hook in self.manager.hook_arguments for step in self._steps_of(hook)]
        in_use = {step.record.name for step in steps}
        for name in [name for name in self._hosts if name not in in_use]:
            self._hosts.pop(name).stop(_ignore)
        for name in in_use:
            if name not in self._hosts:
                own = [step for step in steps if step.record.name == name]
                self._hosts[name] = PluginHost(own[0].record, self._runtime, any(step.is_async for step in own))
        self._plans = {
            hook: tuple((step, self._hosts[step.record.name]) for step in steps if step.hook == hook)
            for hook in self.manager.hook_arguments
        }

    def _steps_of(self, hook: str) -> Sequence[Step]:
        arguments = self.manager.hook_arguments[hook]
        inline = self.manager.settings.inline
        return [
            Step(hook, record, impl, arguments, record.is_builtin or record.name in inline)
            for record, impl in self.manager.implementations(hook)
        ]


class _Round:
    """One question on its way through several plugins; with ``values`` it gathers all answers."""

    __slots__ = ("_plan", "_index", "_args", "_on_result", "_values")

    def __init__(
        self, plan: Plan, index: int, args: tuple[object, ...], on_result: OnResult, values: list[object] | None,
    ) -> None:
        self._plan = plan
        self._index = index
        self._args = args
        self._on_result = on_result
        self._values = values

    def advance(self) -> None:
        """Ask the next plugin, or give the result if there is none."""
        while self._index < len(self._plan):
            step, host = self._plan[self._index]
            self._index += 1
            if not step.is_inline:
                host.ask(step, self._args, self._take)
                return
            value = host.run_inline(step, self._args)
            if self._is_final(value):
                self._on_result(value)
                return
        self._on_result(self._values)

    def _take(self, value: object) -> None:
        if self._is_final(value):
            self._on_result(value)
        else:
            self.advance()

    def _is_final(self, value: object) -> bool:
        if value is None:
            return False
        if self._values is None:
            return True
        self._values.append(value)
        return False


class _Farewell:
    """Waits for the threads of all plugins, but not for ever."""

    def __init__(self, hosts: dict[str, PluginHost], runtime: Runtime, on_stopped: Callable[[], None]) -> None:
        self._missing = {*hosts}
        self._timeout = runtime.timeout
        self._on_stopped: Callable[[], None] | None = on_stopped
        self._timer: TimerHandle | None = runtime.call_later(runtime.timeout, self._give_up)
        for name, host in hosts.items():
            host.stop(partial(self._stopped, name))
        self._end_if_complete()

    def _stopped(self, name: str) -> None:
        self._missing.discard(name)
        self._end_if_complete()

    def _end_if_complete(self) -> None:
        if not self._missing:
            self._end()

    def _give_up(self) -> None:
        for name in sorted(self._missing):
            log.warning("plugin %s did not stop within %.0f ms and is left behind", name, self._timeout * 1000)
        self._end()

    def _end(self) -> None:
        on_stopped, self._on_stopped = self._on_stopped, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if on_stopped is not None:
            on_stopped()


def _ignore() -> None:
    """Nobody waits for a plugin that was taken out of use."""
