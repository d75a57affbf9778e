# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands of the control socket: arguments checked here, work done by the facade."""
from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Mapping
from typing import Any, Final

from mss.plugin.record import PluginInfo
from mss.server.control import Arguments, Handler, Stream
from mss.server.facade import MAX_PAGE, Refused, ServerFacade
from mss.server.tracer import Subscription, TooManyTraces, TraceFilter

_MAX_TEXT: Final = 1024


def build_handlers(facade: ServerFacade) -> Mapping[str, Handler]:
    """All commands that answer once."""
    commands = ControlCommands(facade)
    return {
        "status": commands.status,
        "metrics": commands.metrics,
        "calls.list": commands.list_calls,
        "calls.show": commands.show_call,
        "calls.hangup": commands.hang_up_call,
        "calls.explain": commands.explain_call,
        "devices.list": commands.list_devices,
        "users.changed": commands.change_users,
        "settings.reload": commands.reload_settings,
        "plugins.list": commands.list_plugins,
        "plugins.enable": commands.enable_plugin,
        "plugins.disable": commands.disable_plugin,
    }


def build_streams(facade: ServerFacade) -> Mapping[str, Stream]:
    """All commands that stream."""
    return {"trace.start": ControlCommands(facade).start_trace}


class ControlCommands:
    """One method per command; each takes the request's ``args``."""

    def __init__(self, facade: ServerFacade) -> None:
        self._facade = facade

    def status(self, arguments: Arguments) -> object:
        """``status``: no arguments -> ``Status``."""
        return self._facade.status()

    def metrics(self, arguments: Arguments) -> object:
        """``metrics``: no arguments -> ``{"text": ...}`` in Prometheus' format."""
        return {"text": self._facade.metrics()}

    def list_calls(self, arguments: Arguments) -> object:
        """``calls.list``: ``user``, ``offset``, ``limit`` -> list of ``CallSummary``."""
        return list(self._facade.list_calls(_text(arguments, "user", ""), *_page(arguments)))

    def show_call(self, arguments: Arguments) -> object:
        """``calls.show``: ``call`` -> ``CallDetails``."""
        return self._facade.show_call(_text(arguments, "call"))

    def hang_up_call(self, arguments: Arguments) -> object:
        """``calls.hangup``: ``call`` -> ``{}``."""
        self._facade.hang_up_call(_text(arguments, "call"))
        return {}

    def explain_call(self, arguments: Arguments) -> object:
        """``calls.explain``: ``caller``, ``dialled`` -> ``Explanation``."""
        return self._facade.explain_call(_text(arguments, "caller"), _text(arguments, "dialled"))

    def list_devices(self, arguments: Arguments) -> object:
        """``devices.list``: ``user``, ``offset``, ``limit`` -> list of ``Device``."""
        return list(self._facade.list_devices(_text(arguments, "user", ""), *_page(arguments)))

    async def change_users(self, arguments: Arguments) -> object:
        """``users.changed``: ``numbers`` (empty = all) -> ``{}``."""
        numbers = arguments.get("numbers", [])
        if not isinstance(numbers, list) or not all(isinstance(number, str) for number in numbers):
            raise Refused("bad_argument", "numbers must be a list of texts")
        await self._facade.change_users(numbers)
        return {}

    def reload_settings(self, arguments: Arguments) -> Awaitable[object]:
        """``settings.reload``: no arguments -> ``ReloadReport``."""
        return self._facade.reload_settings()

    def list_plugins(self, arguments: Arguments) -> object:
        """``plugins.list``: no arguments -> list of ``PluginInfo`` as objects."""
        return [_plugin(info) for info in self._facade.list_plugins()]

    async def enable_plugin(self, arguments: Arguments) -> object:
        """``plugins.enable``: ``name`` -> ``PluginInfo``."""
        return _plugin(await self._facade.enable_plugin(_text(arguments, "name")))

    async def disable_plugin(self, arguments: Arguments) -> object:
        """``plugins.disable``: ``name`` -> ``PluginInfo``."""
        return _plugin(await self._facade.disable_plugin(_text(arguments, "name")))

    async def start_trace(self, arguments: Arguments) -> AsyncGenerator[object, None]:
        """``trace.start``: ``user``, ``address``, ``call`` (an id or a SIP Call-ID) -> events.

        An event is a ``TraceRecord`` as an object, with ``dropped``: how many records are missing so far.
        """
        tracer = self._facade.tracer
        subscription = self._subscribe(arguments)
        try:
            yield None  # tells the client that the trace has begun
            while True:
                record = await subscription.get()
                yield {**record._asdict(), "dropped": subscription.dropped}
        finally:
            tracer.unsubscribe(subscription)

    def _subscribe(self, arguments: Arguments) -> Subscription:
        call = _text(arguments, "call", "")
        try:
            chosen = TraceFilter(
                user=_text(arguments, "user", ""),
                network=_text(arguments, "address", ""),
                call_ids=self._call_ids(call) if call else frozenset(),
            )
        except ValueError as error:
            raise Refused("bad_argument", f"address: {error}") from error
        try:
            return self._facade.tracer.subscribe(chosen)
        except TooManyTraces as error:
            raise Refused("busy", str(error)) from error

    def _call_ids(self, call: str) -> frozenset[str]:
        """The SIP Call-IDs of a call; a Call-ID of a call that is yet to come stands for itself."""
        try:
            legs = self._facade.show_call(call)["legs"]
        except Refused:
            return frozenset([call])
        return frozenset(leg["call_id"] for leg in legs) | {call}


def _plugin(info: PluginInfo) -> dict[str, Any]:
    return {**info._asdict(), "hooks": list(info.hooks)}


def _text(arguments: Arguments, name: str, default: str | None = None) -> str:
    value = arguments.get(name, default)
    if not isinstance(value, str) or len(value) > _MAX_TEXT or (default is None and not value):
        raise Refused("bad_argument", f"{name} must be a text of at most {_MAX_TEXT} characters")
    return value


def _page(arguments: Arguments) -> tuple[int, int]:
    """Offset and limit of a list."""
    offset = arguments.get("offset", 0)
    limit = arguments.get("limit", MAX_PAGE)
    if not isinstance(offset, int) or not isinstance(limit, int) or offset < 0 or limit < 1:
        raise Refused("bad_argument", "offset and limit must be whole numbers, limit at least 1")
    return offset, min(limit, MAX_PAGE)
