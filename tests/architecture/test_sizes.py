# SPDX-License-Identifier: GPL-2.0-or-later
"""Files stay under 400 lines and functions under 50, so that each can be read in one go."""
from __future__ import annotations

import ast

MAX_FILE_LINES = 399
MAX_FUNCTION_LINES = 49


def size_faults(source) -> list[str]:
    """Return what is too long in one file."""
    faults = []
    lines = len(source.text.splitlines())
    if lines > MAX_FILE_LINES:
        faults.append(f"{source.path}: {lines} lines")
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MAX_FUNCTION_LINES:
                faults.append(f"{source.path}:{node.lineno}: {node.name} has {length} lines")
    return faults


def test_files_and_functions_are_short(sources) -> None:
    assert [fault for source in sources for fault in size_faults(source)] == []


def test_rule_catches_a_long_file(make_source) -> None:
    assert size_faults(make_source("mss/x.py", "a = 1\n" * 399)) == []
    assert size_faults(make_source("mss/x.py", "a = 1\n" * 400)) == ["mss/x.py: 400 lines"]


def test_rule_catches_a_long_function(make_source) -> None:
    assert size_faults(make_source("mss/x.py", "def f():\n" + "    a = 1\n" * 48)) == []
    assert size_faults(make_source("mss/x.py", "class C:\n    async def f():\n" + "        a = 1\n" * 49))
