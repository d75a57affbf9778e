# SPDX-License-Identifier: GPL-2.0-or-later
"""The source files of the tree, read and parsed once for all tests of the architecture."""
from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = {"__pycache__", "build", "node_modules"}


@dataclass(frozen=True)
class Source:
    """One file: its path relative to the root with slashes, and its text."""

    path: str
    text: str

    @property
    def module(self) -> str:
        """The dotted name, as in ``mss.sip.parser``; that of a package is the package's."""
        name = self.path.removesuffix(".py").replace("/", ".")
        return name.removesuffix(".__init__")

    @property
    def package(self) -> str:
        """The dotted name of the package that the module is in, or is."""
        return self.module if self.path.endswith("__init__.py") else self.module.rpartition(".")[0]

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.text, self.path)


def is_ours(path: Path) -> bool:
    """Return False for hidden, generated and cached files."""
    parts = path.relative_to(ROOT).parts
    if any(part in SKIPPED or part.endswith(".egg-info") for part in parts):
        return False
    return not any(part.startswith(".") for part in parts) or parts[0] == ".ci"


def read(path: Path) -> Source:
    """Return one file; raises ``UnicodeDecodeError`` if it is not text."""
    return Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def sources() -> list[Source]:
    """Every Python file under mss, plugins and bench, without the plugins' tests."""
    paths = [path for top in ("mss", "plugins", "bench") for path in sorted((ROOT / top).rglob("*.py"))]
    found = [read(path) for path in paths if is_ours(path)]
    return [source for source in found if not (source.path.startswith("plugins/") and "/tests/" in source.path)]


@pytest.fixture(scope="session")
def mss_sources(sources: list[Source]) -> list[Source]:
    """Every Python file of the package mss."""
    return [source for source in sources if source.path.startswith("mss/")]


@pytest.fixture(scope="session")
def tree_files() -> list[Source]:
    """Every text file of ours in the tree, of any kind."""
    tops = [path for path in sorted(ROOT.iterdir()) if is_ours(path)]
    paths = [path for path in tops if path.is_file()]
    folders = [path for path in tops if path.is_dir()]
    paths += [path for top in folders for path in sorted(top.rglob("*")) if path.is_file() and is_ours(path)]
    found = []
    for path in paths:
        try:
            found.append(read(path))
        except UnicodeDecodeError:
            continue
    return found


@pytest.fixture(scope="session")
def make_source() -> type[Source]:
    """Build a source out of a snippet, to show that a rule catches what it forbids."""
    return Source
