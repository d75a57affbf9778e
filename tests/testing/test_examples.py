# SPDX-License-Identifier: GPL-2.0-or-later
"""The examples of docs/test-kit.md work as they stand there, and the page names every fixture."""
from __future__ import annotations

import re
from pathlib import Path

import pytest

from mss.testing import pytest_plugin

PAGE = (Path(__file__).parents[2] / "docs" / "test-kit.md").read_text(encoding="utf-8")
FLOW, PLAYBOOK = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def run(source: str, name: str):
    """The function ``name`` of an example."""
    namespace: dict = {}
    exec(compile(source, "docs/test-kit.md", "exec"), namespace)
    return namespace[name]


def test_the_flow(sip_network, sip_server, sip_phone) -> None:
    run(FLOW, "test_cancel_crosses_the_answer")(sip_network, sip_server, sip_phone)


def test_the_playbook() -> None:
    run(PLAYBOOK, "test_nobody_answers")()


@pytest.mark.parametrize("name", [name for name in vars(pytest_plugin)
                                  if name.startswith(("fake_", "sip_", "make_"))])
def test_every_fixture_is_named(name: str) -> None:
    assert f"`{name}`" in PAGE
