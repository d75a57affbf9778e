# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/hooks.md says what the specifications say, and each hook has a docstring and a test."""
from __future__ import annotations

import inspect
import runpy
from pathlib import Path

import pytest

from mss.plugin import hookspecs
from mss.plugin.validation import SpecifiedManager

ROOT = Path(__file__).resolve().parents[2]
GENERATOR = runpy.run_path(str(ROOT / "scripts" / "generate_hooks_doc.py"))
HOOKS = sorted(SpecifiedManager().arguments)


def test_page_is_up_to_date():
    page = (ROOT / "docs" / "hooks.md").read_text(encoding="utf-8")
    assert page == GENERATOR["render"](), "run: python scripts/generate_hooks_doc.py"


def test_page_has_all_hooks():
    assert sorted(GENERATOR["hook_names"]()) == HOOKS


@pytest.mark.parametrize("name", HOOKS)
def test_hook_has_docstring(name):
    assert len((inspect.getdoc(getattr(hookspecs, name)) or "").split()) > 5


@pytest.mark.parametrize("name", HOOKS)
def test_hook_has_test(name):
    tests = (ROOT / "tests" / "plugin" / "test_hookspecs.py").read_text(encoding="utf-8")
    assert f"def test_{name}(" in tests


def test_docstring_marks_become_markdown():
    assert GENERATOR["code_marked"](":class:`~mss.plugin.types.Metric` and ``x``.  Then") == "`Metric` and `x`. Then"
