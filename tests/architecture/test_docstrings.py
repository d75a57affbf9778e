# SPDX-License-Identifier: GPL-2.0-or-later
"""Every public module, class, function and method says what it is."""
from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

EXEMPT_DECORATORS = {"override", "overload", "setter", "deleter"}


def decorator_names(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Return the last part of the name of each decorator."""
    names = set()
    for decorator in node.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        names.add(target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", ""))
    return names


def public_nodes(body: list[ast.stmt]) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield public classes, functions and methods; not what is inside a function."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node
            yield from public_nodes(node.body)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            if not decorator_names(node) & EXEMPT_DECORATORS:
                yield node


def docstring_faults(source) -> list[str]:
    """Return the public things of one file whose docstring is missing or a single word."""
    faults = []
    if len((ast.get_docstring(source.tree) or "").split()) < 2:
        faults.append(f"{source.path}: the module has no docstring")
    for node in public_nodes(source.tree.body):
        if len((ast.get_docstring(node) or "").split()) < 2:
            faults.append(f"{source.path}:{node.lineno}: {node.name} has no docstring")
    return faults


def test_public_things_have_docstrings(sources) -> None:
    assert [fault for source in sources for fault in docstring_faults(source)] == []


@pytest.mark.parametrize(
    "text",
    ["a = 1", '"""Word."""', '"""A module."""\ndef f(): pass', '"""A module."""\nclass C: pass',
     '"""A module."""\nclass C:\n    """A class."""\n    def f(self): pass'],
)  # fmt: skip
def test_rule_catches(make_source, text: str) -> None:
    assert docstring_faults(make_source("mss/x.py", text))


@pytest.mark.parametrize(
    "text",
    ['"""A module."""\ndef _f(): pass', '"""A module."""\nclass C:\n    """A class."""\n    def __len__(self): pass',
     '"""A module."""\nclass C:\n    """A class."""\n    @override\n    def f(self): pass'],
)  # fmt: skip
def test_rule_allows(make_source, text: str) -> None:
    assert docstring_faults(make_source("mss/x.py", text)) == []
