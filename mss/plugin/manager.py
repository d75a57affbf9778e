# SPDX-License-Identifier: GPL-2.0-or-later
"""Loading, blocking, enabling and listing plugins.

The manager never calls a hook; :class:`mss.plugin.dispatch.Dispatcher` does so in the server and
:func:`mss.plugin.collect.collect` at start and on the command line.
"""
from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import EntryPoint
from typing import Any

from mss.config.settings import PluginSettings
from mss.plugin.discovery import PLUGIN_ERRORS, FindEntryPoints, describe_error, installed_entry_points
from mss.plugin.record import BUILT_IN, FAILED, PluginInfo, PluginRecord
from mss.plugin.validation import ERROR, SpecifiedManager, did_you_mean, find_faults, implemented_hooks

log = logging.getLogger("mss.plugin")


class UnknownPluginError(LookupError):
    """No installed plugin has this name."""


class PluginManager:
    """The plugins of one process and their states.

    ``builtin`` maps names to the server's own plugins, ``find`` lists the installed ones.  Nothing
    that a plugin does while it is imported or registered gets out of here: it becomes a ``failed``
    record, and the others are loaded all the same.
    """

    def __init__(
        self, settings: PluginSettings, builtin: Mapping[str, object], find: FindEntryPoints = installed_entry_points,
    ) -> None:
        self.settings = settings
        self.records: dict[str, PluginRecord] = {}
        self._find = find
        self._points: dict[str, EntryPoint] = {}
        self._pluggy = SpecifiedManager()
        self._listeners: list[Callable[[], None]] = []
        for name, plugin in builtin.items():
            record = PluginRecord(name, "", BUILT_IN)
            record.plugin = plugin
            self._add(record)
        self._discover()

    # --- what the command line shows

    def list(self) -> Sequence[PluginInfo]:
        """All plugins, the built-in ones first."""
        return [record.info() for record in self.records.values()]

    def record(self, name: str) -> PluginRecord:
        """The entry of one plugin; raises :class:`UnknownPluginError`."""
        record = self.records.get(name)
        if record is None:
            hint = did_you_mean(name, [*self.records])
            raise UnknownPluginError(f"no plugin {name} is installed{hint}")
        return record

    def enable(self, name: str) -> PluginInfo:
        """Load and register a plugin, also one installed since the start; a failed one is tried again.

        Raises :class:`UnknownPluginError`.
        """
        if name not in self.records:
            self._discover()
        record = self.record(name)
        if record.plugin is None or not self._pluggy.is_registered(record.plugin):
            self._load(record)
            self._changed()
        return record.info()

    def disable(self, name: str, reason: str = "disabled by command") -> PluginInfo:
        """Call none of its hooks any more; raises :class:`UnknownPluginError`."""
        record = self.record(name)
        self._unregister(record)
        record.disable(reason)
        self._changed()
        return record.info()

    # --- what the dispatcher needs

    def fail(self, record: PluginRecord, reason: str, error: BaseException | None = None) -> None:
        """Take a plugin out of use that could not start."""
        self._unregister(record)
        record.fail(reason, error)
        self._changed()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` whenever the set of hooks in use has changed."""
        self._listeners.append(listener)

    @property
    def hook_arguments(self) -> Mapping[str, tuple[str, ...]]:
        """The names of all hooks with their arguments in order."""
        return self._pluggy.arguments

    def implementations(self, hook_name: str) -> Sequence[tuple[PluginRecord, Any]]:
        """Record and pluggy ``HookImpl`` of each implementation, in calling order.

        Installed plugins come before the built-in ones, so that they can overrule them, and by name;
        ``tryfirst`` and ``trylast`` come before that.  The order does not depend on who was enabled when.
        """
        order = {name: index for index, name in enumerate(self.records)}

        def rank(found: tuple[PluginRecord, Any]) -> tuple[int, bool, int]:
            record, impl = found
            return impl.trylast - impl.tryfirst, record.is_builtin, order[record.name]

        impls = getattr(self._pluggy.hook, hook_name).get_hookimpls()
        return sorted(((self.records[impl.plugin_name], impl) for impl in impls), key=rank)

    # --- loading

    def _discover(self) -> None:
        """Make records of entry points that are new, and load those that are not disabled."""
        known = {(point.name, point.value) for point in self._points.values()}
        for point in self._find():
            if (point.name, point.value) in known:
                continue
            record = _record_of(point)
            if point.name in self.records:
                taken = self.records[point.name].source
                record.name = f"{point.name}@{record.source}"
                record.fail(f"the name {point.name} is taken by {taken}")
                self.records[record.name] = record
                continue
            self._points[point.name] = point
            self._add(record)

    def _add(self, record: PluginRecord) -> None:
        self.records[record.name] = record
        if record.name in self.settings.disabled:
            record.disable("disabled in [plugins] disabled")
        else:
            self._load(record)

    def _load(self, record: PluginRecord) -> None:
        """Import, validate and register one plugin; its faults end in its record and one log line."""
        try:
            if record.plugin is None:
                record.plugin = self._points[record.name].load()
            plugin = record.plugin
            record.hooks = implemented_hooks(self._pluggy, plugin)
            faults = [finding for finding in find_faults(self._pluggy, plugin) if finding.level == ERROR]
            if faults:
                record.fail("; ".join(fault.message for fault in faults))
            else:
                self._pluggy.register(plugin, record.name)
                record.activate()
        except PLUGIN_ERRORS as error:
            record.fail(describe_error(error), error)
        if record.state == FAILED:
            log.error("plugin %s is not used: %s", record.name, record.reason)
            log.debug("plugin %s: %s", record.name, record.traceback)

    def _unregister(self, record: PluginRecord) -> None:
        if self._pluggy.has_plugin(record.name):
            self._pluggy.unregister(name=record.name)

    def _changed(self) -> None:
        for listener in self._listeners:
            listener()


def _record_of(point: EntryPoint) -> PluginRecord:
    """A record with the distribution's name and version, as far as the metadata tells them."""
    if point.dist is None:
        return PluginRecord(point.name, "", point.value)
    return PluginRecord(point.name, point.dist.version, point.dist.name)


def build_plugin_manager(
    settings: PluginSettings, builtin: Mapping[str, object] | None = None,
    find: FindEntryPoints = installed_entry_points,
) -> PluginManager:
    """The manager of one process with everything loaded that is installed and not disabled."""
    return PluginManager(settings, builtin or {}, find)
