# SPDX-License-Identifier: GPL-2.0-or-later
"""What must hold for an imported plugin before its hooks are called.

pluggy ignores a hook that it does not know.  A plugin that silently does nothing is the worst of
its faults, so here every unknown name and argument is an error that names what was probably meant.
"""
from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import pluggy

from mss.plugin import hookspecs
from mss.plugin.types import API_VERSION, OLDEST_API_VERSION

ERROR: Final = "error"
WARNING: Final = "warning"


class Finding(NamedTuple):
    """One remark on a plugin: ``level`` is ``error`` or ``warning``, ``place`` the hook or file."""

    level: str
    place: str
    message: str


class SpecifiedManager(pluggy.PluginManager):
    """A pluggy manager that knows the hooks of mss; nothing else about it is special."""

    def __init__(self) -> None:
        super().__init__(hookspecs.PROJECT_NAME)
        self.add_hookspecs(hookspecs)
        #: Hook name -> its arguments in the order of the specification.
        self.arguments: dict[str, tuple[str, ...]] = {
            name: _arguments_of(getattr(hookspecs, name)) for name in vars(self.hook) if name.startswith("mss_")
        }


def _arguments_of(function: object) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters) if callable(function) else ()


def did_you_mean(name: str, known: list[str]) -> str:
    """``, did you mean X?`` for the nearest of the known names, or nothing."""
    close = difflib.get_close_matches(name, known, n=1)
    return f", did you mean {close[0]}?" if close else ""


def implemented_hooks(manager: SpecifiedManager, plugin: object) -> tuple[str, ...]:
    """The names of the hooks that ``plugin`` implements, whether they exist or not."""
    names = (opts.get("specname") or name for name, opts in _marked(manager, plugin))
    return tuple(sorted(names))


def find_faults(manager: SpecifiedManager, plugin: object) -> list[Finding]:
    """All that stands against calling the hooks of ``plugin``, errors first."""
    findings = [*_api_faults(plugin)]
    count = 0
    for attribute, opts in _marked(manager, plugin):
        count += 1
        findings.extend(_hook_faults(manager, plugin, attribute, opts))
    findings.extend(_unmarked(manager, plugin))
    if not count and not findings:
        findings.append(Finding(WARNING, "hooks", "it implements no hook"))
    return sorted(findings, key=lambda finding: finding.level)


def _marked(manager: SpecifiedManager, plugin: object) -> Iterator[tuple[str, dict[str, Any]]]:
    for attribute in dir(plugin):
        opts = manager.parse_hookimpl_opts(plugin, attribute)
        if opts is not None:
            yield attribute, dict(opts)


def _api_faults(plugin: object) -> Iterator[Finding]:
    wanted = getattr(plugin, "mss_api", API_VERSION)
    if not isinstance(wanted, int):
        yield Finding(ERROR, "mss_api", f"mss_api must be a whole number, not {wanted!r}")
    elif not OLDEST_API_VERSION <= wanted <= API_VERSION:
        known = str(API_VERSION) if API_VERSION == OLDEST_API_VERSION else f"{OLDEST_API_VERSION} to {API_VERSION}"
        yield Finding(ERROR, "mss_api", f"it was written for plugin API {wanted}, this server has {known}")


def _hook_faults(
    manager: SpecifiedManager, plugin: object, attribute: str, opts: dict[str, Any],
) -> Iterator[Finding]:
    name = opts.get("specname") or attribute
    known = manager.arguments
    if name not in known:
        if not opts.get("optionalhook"):
            yield Finding(ERROR, name, f"unknown hook {name}{did_you_mean(name, list(known))}")
        return
    if opts.get("wrapper") or opts.get("hookwrapper"):
        yield Finding(ERROR, name, f"{name} is a wrapper; plugins are called apart from each other, so none can be")
        return
    function = getattr(plugin, attribute)
    if inspect.isasyncgenfunction(function):
        yield Finding(ERROR, name, f"{name} is an asynchronous generator; return a list instead")
    for argument in _required_arguments(function):
        if argument not in known[name]:
            allowed = ", ".join(known[name]) or "none"
            hint = did_you_mean(argument, list(known[name]))
            yield Finding(ERROR, name, f"{name} has no argument {argument}{hint or f' (there are: {allowed})'}")


def _required_arguments(function: Any) -> Iterator[str]:
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            yield f"*{parameter.name}"
        elif parameter.default is parameter.empty:
            yield parameter.name


def _unmarked(manager: SpecifiedManager, plugin: object) -> Iterator[Finding]:
    for name in manager.arguments:
        function = inspect.getattr_static(plugin, name, None)
        if inspect.isfunction(function) and manager.parse_hookimpl_opts(plugin, name) is None:
            yield Finding(ERROR, name, f"{name} is not marked with @hookimpl")
