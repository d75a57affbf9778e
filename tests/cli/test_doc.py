# SPDX-License-Identifier: GPL-2.0-or-later
"""The page about the command line is made from the commands, and is not forgotten."""
from __future__ import annotations

import runpy
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[2]
GENERATOR = runpy.run_path(str(ROOT / "scripts" / "generate_cli_doc.py"))


def test_page_is_up_to_date() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert page == GENERATOR["render"](), "run: python scripts/generate_cli_doc.py"


def test_section_tells_usage_meaning_and_options() -> None:
    command = click.Command(
        "ring", help="Ring.\n\nTwice  at most.\n\n\b\nas it\nstands",
        params=[click.Option(["--loud"], help="As a|b."), click.Argument(["who"])],
    )  # fmt: skip
    text = "\n".join(GENERATOR["section"](command, click.Context(command, info_name="ring"), 3))
    assert text.startswith("### `ring`\n\n```text\nring [OPTIONS] WHO\n```\n\nRing.\n\nTwice at most.\n")
    assert "```text\nas it\nstands\n```" in text
    assert "| `--loud TEXT` | As a\\|b. |" in text
