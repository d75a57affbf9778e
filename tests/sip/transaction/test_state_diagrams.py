# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/state-machines.md says what the tables say."""
from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from mss.sip.transaction import client_invite, client_other, server_invite, server_other

ROOT = Path(__file__).resolve().parents[3]
GENERATOR = runpy.run_path(str(ROOT / "scripts" / "generate_state_diagrams.py"))
MODULES = {"client_invite": client_invite, "client_other": client_other, "server_invite": server_invite,
           "server_other": server_other}


def test_the_page_is_up_to_date() -> None:
    page = (ROOT / "docs" / "state-machines.md").read_text(encoding="utf-8")
    assert page == GENERATOR["render"](), "run: python scripts/generate_state_diagrams.py"


@pytest.mark.parametrize("name", GENERATOR["MACHINES"])
def test_the_rows_read_from_the_source_are_those_of_the_table(name: str) -> None:
    module = MODULES[name]
    source = (ROOT / "mss" / "sip" / "transaction" / f"{name}.py").read_text(encoding="utf-8")
    rows = GENERATOR["read_table"](source)
    found = {(getattr(module, state), getattr(module, event)): getattr(module, after)
             for state, event, _action, after in rows}
    assert found == {key: after for key, (_action, after) in module.TRANSITIONS.items()}
    assert f"    {rows[0][0]} --> " in GENERATOR["render"]()


@pytest.mark.parametrize("source", ["", "TRANSITIONS = {}", "TRANSITIONS: dict = {1: (a, B)}",
                                    "TRANSITIONS: dict = {(A, E): act}"])
def test_a_table_that_cannot_be_read_is_no_empty_page(source: str) -> None:
    with pytest.raises(ValueError, match="TRANSITIONS"):
        GENERATOR["read_table"](source)
