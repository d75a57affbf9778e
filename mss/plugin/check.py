# SPDX-License-Identifier: GPL-2.0-or-later
"""Examining one plugin, installed or not yet, for whoever writes or installs it."""
from __future__ import annotations

import importlib
import importlib.util
import sys
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from mss.plugin.discovery import (
    ENTRY_POINT_GROUP,
    PLUGIN_ERRORS,
    FindEntryPoints,
    describe_error,
    installed_entry_points,
)
from mss.plugin.validation import ERROR, Finding, SpecifiedManager, did_you_mean, find_faults


def check(target: str, find: FindEntryPoints = installed_entry_points) -> list[Finding]:
    """Import a plugin and list all that stands against using it; empty if nothing does.

    ``target`` is the name of an installed plugin, a ``.py`` file, or a package's folder with its
    ``pyproject.toml``.  The plugin's code runs: this belongs on the command line, not in the server.
    """
    path = Path(target)
    if path.is_dir():
        return _check_folder(path)
    if path.suffix == ".py":
        return _check_file(path)
    points = {point.name: point for point in find()}
    if target not in points:
        hint = did_you_mean(target, [*points])
        return [Finding(ERROR, target, f"neither a folder, a .py file nor an installed plugin{hint}")]
    return _examine(target, points[target].load)


def _examine(place: str, load: Callable[[], object]) -> list[Finding]:
    """Findings on the object that ``load()`` imports."""
    try:
        return find_faults(SpecifiedManager(), load())
    except PLUGIN_ERRORS as error:
        return [Finding(ERROR, place, f"it cannot be imported: {describe_error(error)}")]


def _check_file(path: Path) -> list[Finding]:
    if not path.is_file():
        return [Finding(ERROR, str(path), "there is no such file")]

    def load() -> object:
        spec = importlib.util.spec_from_file_location(f"checked_{path.stem}", path)
        if spec is None or spec.loader is None:
            raise ImportError(f"not a Python file: {path}")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return _examine(str(path), load)


def _check_folder(folder: Path) -> list[Finding]:
    project_file = folder / "pyproject.toml"
    if not project_file.is_file():
        return [Finding(ERROR, str(folder), "there is no pyproject.toml in it")]
    try:
        project = tomllib.loads(project_file.read_text(encoding="utf-8")).get("project", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return [Finding(ERROR, str(project_file), str(error))]
    points = project.get("entry-points", {}).get(ENTRY_POINT_GROUP, {})
    if not points:
        return [Finding(ERROR, str(project_file), f'there is no [project.entry-points.{ENTRY_POINT_GROUP}] in it')]
    findings: list[Finding] = []
    roots = [str(root.resolve()) for root in (folder / "src", folder) if root.is_dir()]
    sys.path[:0] = roots
    try:
        for name, value in points.items():
            findings.extend(_examine(f"{name} = {value}", partial(_import_object, str(value))))
    finally:
        for root in roots:
            sys.path.remove(root)
    return findings


def _import_object(value: str) -> object:
    """What an entry point ``package.module:attribute`` stands for."""
    module_name, _, attribute = value.partition(":")
    found: object = importlib.import_module(module_name)
    for part in attribute.split(".") if attribute else ():
        found = getattr(found, part)
    return found
