# SPDX-License-Identifier: GPL-2.0-or-later
"""One hook implementation of one plugin, prepared so that calling it costs next to nothing."""
from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from mss.plugin.record import PluginRecord
from mss.plugin.results import CHECKERS, ignore


class Step:
    """An implementation with its arguments sorted out.

    ``is_inline`` says that it runs where it is called; everything asynchronous does not.
    """

    __slots__ = ("hook", "record", "function", "check", "is_async", "is_inline", "_indices")

    def __init__(
        self, hook: str, record: PluginRecord, impl: Any, arguments: Sequence[str], is_inline: bool,
    ) -> None:
        self.hook = hook
        self.record = record
        self.function: Callable[..., Any] = impl.function
        self.check = CHECKERS.get(hook, ignore)
        self.is_async = inspect.iscoroutinefunction(impl.function)
        self.is_inline = is_inline and not self.is_async
        # pluggy passes by name; we look the positions up once.  None: all of them, in order.
        wanted = tuple(impl.argnames)
        self._indices = None if wanted == tuple(arguments) else tuple(arguments.index(name) for name in wanted)

    def call(self, args: tuple[object, ...]) -> Any:
        """Call it with those of ``args`` (in the specification's order) that it takes; raises what it raises."""
        if self._indices is None:
            return self.function(*args)
        return self.function(*[args[index] for index in self._indices])
