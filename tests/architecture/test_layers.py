# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may import whom: layers, purity, the one home of each library, and no cycles."""
from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

#: Lowest first; names in one row are brothers and do not import each other.
LAYERS: list[set[str]] = [
    {"config"},
    {"sip", "sdp", "model"},
    {"call", "registrar"},
    {"lua", "plugin", "transport", "media", "store", "trunk"},
    {"web"},
    {"server"},
    {"cli"},
    {"testing"},
]
RANK = {name: rank for rank, row in enumerate(LAYERS) for name in row}
PURE = {"sip", "sdp", "model", "call", "registrar"}
#: What a pure package may use of the standard library: nothing that has a clock, a socket, a file or chance in it.
PURE_STDLIB = {
    "__future__", "abc", "array", "base64", "binascii", "bisect", "collections", "copy", "dataclasses", "enum",
    "functools", "hashlib", "heapq", "hmac", "ipaddress", "itertools", "math", "mypy_extensions", "operator", "re",
    "string", "struct", "sys", "types", "typing", "unicodedata", "urllib", "zlib",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input", "exec", "eval"}
#: Libraries with one home.
HOMES = {
    "pluggy": ("mss.plugin", "plugins."),
    "sqlalchemy": ("mss.store",),
    "alembic": ("mss.store",),
    "systemd": ("mss.server",),
    "uvloop": ("mss.server",),
    "lupa": ("mss.lua",),
    "pjsua2": ("plugins.mss-media-pjsua2",),
}
#: What may be imported without being a dependency: extras, each guarded where it is used.
OPTIONAL = {"uvloop", "systemd", "psycopg", "pytest"}
#: The name to import where it is not the distribution's.
IMPORT_NAMES = {"dnspython": "dns", "prometheus-client": "prometheus_client"}


def imports_of(source, modules: Iterable[str] = ()) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of each import; ``from a import b`` is a.b if that is one of ``modules``."""
    known = set(modules)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = source.package.split(".")
                parents = parents[: len(parents) - node.level + 1]
                base = ".".join([*parents, base] if base else parents)
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield node.lineno, full if full in known or base == "mss" else base


def typing_only_lines(source) -> set[int]:
    """Return the lines under ``if TYPE_CHECKING``: they name types and import nothing when the program runs."""
    lines: set[int] = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", getattr(node.test, "attr", "")) == "TYPE_CHECKING":
            for statement in node.body:
                lines.update(range(statement.lineno, (statement.end_lineno or statement.lineno) + 1))
    return lines


def room_of(module: str) -> str:
    """Return ``sip`` for ``mss.sip.parser``, and nothing for ``mss`` itself and what is not ours."""
    parts = module.split(".")
    return parts[1] if parts[0] == "mss" and len(parts) > 1 else ""


def layer_faults(source) -> list[str]:
    """Return the imports of one file of mss that do not point downward."""
    here = room_of(source.module)
    if not here:
        return []
    if here not in RANK:
        return [f"{source.path}: mss/{here} is in no layer"]
    faults = []
    for line, name in imports_of(source):
        there = room_of(name)
        if there not in RANK or there == here:
            continue
        if there == "testing" or not (RANK[there] < RANK[here] or (there == "model" and RANK[here] >= RANK["model"])):
            faults.append(f"{source.path}:{line}: mss.{here} may not import {name}")
    return faults


def purity_faults(source) -> list[str]:
    """Return what a file of a pure package uses and may not."""
    if room_of(source.module) not in PURE:
        return []
    faults = [
        f"{source.path}:{line}: a pure package may not import {name}"
        for line, name in imports_of(source)
        if name.split(".")[0] not in PURE_STDLIB | {"mss"}
    ]
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in IMPURE_CALLS:
            faults.append(f"{source.path}:{node.lineno}: a pure package may not call {node.func.id}")
    return faults


def home_faults(source) -> list[str]:
    """Return the imports of a library outside its home."""
    faults = []
    for line, name in imports_of(source):
        homes = HOMES.get(name.split(".")[0])
        if homes is None:
            continue
        if not any(source.module == home or source.module.startswith(home.rstrip(".") + ".") for home in homes):
            faults.append(f"{source.path}:{line}: {name} is for {' and '.join(homes)} only")
    return faults


def cycle_fault(sources) -> str:
    """Return the first cycle of imports that run, or an empty text."""
    modules = {source.module for source in sources}
    graph: dict[str, set[str]] = {}
    for source in sources:
        skipped = typing_only_lines(source)
        names = {name for line, name in imports_of(source, modules) if line not in skipped}
        graph[source.module] = (names & modules) - {source.module}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return " -> ".join(reversed(error.args[1]))
    return ""


def third_party(sources) -> dict[str, str]:
    """Return the top names of imported packages that are neither ours nor the standard library's, with a place."""
    found: dict[str, str] = {}
    for source in sources:
        for line, name in imports_of(source):
            top = name.split(".")[0]
            if top not in sys.stdlib_module_names and top != "mss":
                found.setdefault(top, f"{source.path}:{line}")
    return found


def declared_dependencies() -> set[str]:
    """Return the import names of the dependencies in pyproject.toml."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {line.split(">")[0].split("[")[0].strip() for line in project["dependencies"]}
    return {IMPORT_NAMES.get(name, name) for name in names}


def test_imports_point_downward(mss_sources) -> None:
    assert len(mss_sources) > 20
    assert [fault for source in mss_sources for fault in layer_faults(source)] == []


def test_pure_packages_are_pure(mss_sources) -> None:
    assert {room_of(source.module) for source in mss_sources} >= PURE
    assert [fault for source in mss_sources for fault in purity_faults(source)] == []


def test_libraries_stay_at_home(sources) -> None:
    assert [fault for source in sources for fault in home_faults(source)] == []


def test_there_are_no_import_cycles(mss_sources) -> None:
    assert cycle_fault(mss_sources) == ""


def test_every_import_is_a_declared_dependency(mss_sources) -> None:
    allowed = declared_dependencies() | OPTIONAL
    assert {name: place for name, place in third_party(mss_sources).items() if name not in allowed} == {}


def test_every_dependency_is_imported(mss_sources) -> None:
    assert declared_dependencies() - set(third_party(mss_sources)) == set()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("mss/sip/x.py", "from mss.call.b2bua import Call"),
        ("mss/sip/x.py", "from mss.sdp import description"),
        ("mss/sip/x.py", "from ..sdp import description"),
        ("mss/model/x.py", "import mss.sip.uri"),
        ("mss/config/x.py", "from mss.model.user import User"),
        ("mss/store/x.py", "from mss.plugin import manager"),
        ("mss/call/x.py", "from mss import server"),
        ("mss/server/x.py", "from mss.testing.clock import Clock"),
        ("mss/cellar/x.py", "import re"),
    ],
)
def test_layer_rule_catches(make_source, path: str, text: str) -> None:
    assert layer_faults(make_source(path, text))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("mss/cli/x.py", "from mss.server import build"),
        ("mss/sip/x.py", "from mss.model.user import User"),
        ("mss/sip/dialog/x.py", "from ..uri import parse_uri"),
        ("mss/call/x.py", "from mss import __version__"),
        ("mss/testing/x.py", "from mss.server import build"),
    ],
)
def test_layer_rule_allows(make_source, path: str, text: str) -> None:
    assert layer_faults(make_source(path, text)) == []


@pytest.mark.parametrize(
    "text",
    ["import asyncio", "import socket", "from time import monotonic", "import random", "import logging", "import os",
     "import sqlalchemy", "def f():\n    return open('x')"],
)  # fmt: skip
def test_purity_rule_catches(make_source, text: str) -> None:
    assert purity_faults(make_source("mss/call/x.py", text))
    assert purity_faults(make_source("mss/server/x.py", text)) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("mss/call/x.py", "import pluggy"),
        ("mss/server/x.py", "from sqlalchemy.orm import Session"),
        ("mss/cli/x.py", "from alembic import command"),
        ("mss/transport/x.py", "from systemd import daemon"),
        ("mss/media/x.py", "import pjsua2"),
        ("mss/storehouse.py", "import sqlalchemy"),
    ],
)
def test_home_rule_catches(make_source, path: str, text: str) -> None:
    assert home_faults(make_source(path, text))


def test_home_rule_allows_plugins(make_source) -> None:
    assert home_faults(make_source("plugins/mss-example/mss_example/hooks.py", "import pluggy")) == []


def test_cycle_rule_catches(make_source) -> None:
    one = make_source("mss/sip/one.py", "from mss.sip import two")
    two = make_source("mss/sip/two.py", "from mss.sip.three import x")
    three = make_source("mss/sip/three.py", "import mss.sip.one")
    assert cycle_fault([one, two]) == ""
    assert "mss.sip.three" in cycle_fault([one, two, three])
    typed = make_source("mss/sip/three.py", "if TYPE_CHECKING:\n    import mss.sip.one")
    assert cycle_fault([one, two, typed]) == ""
