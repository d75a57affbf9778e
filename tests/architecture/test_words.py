# SPDX-License-Identifier: GPL-2.0-or-later
"""Nothing is left for later in the tree, and nothing in it knows the machine it was written on."""
from __future__ import annotations

import re

import pytest

#: Put together here, so that this file is no find of its own.
UNFINISHED = re.compile(r"\b(?:" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b")
MACHINE_PATH = re.compile(r"(?:^|[\s\"'`(=:])/(?:" + "work|ro" + r"ot|home/\w+)/")


def word_faults(source) -> list[str]:
    """Return the lines of one file that hold a forbidden word or path."""
    return [
        f"{source.path}:{number}: {line.strip()[:80]}"
        for number, line in enumerate(source.text.split("\n"), 1)
        if UNFINISHED.search(line) or MACHINE_PATH.search(line)
    ]


def test_nothing_is_left_for_later_and_no_path_is_of_one_machine(tree_files) -> None:
    ours = [source for source in tree_files if source.path not in ("LICENSE", "NOTES.md")]
    assert [fault for source in ours for fault in word_faults(source)] == []


@pytest.mark.parametrize("text", ["# TO" + "DO: later", "x  # FIX" + "ME", '"/ro' + 'ot/x"', "cd /home/" + "kim/mss"])
def test_rule_catches(make_source, text: str) -> None:
    assert word_faults(make_source("docs/x.md", "first\n" + text))


@pytest.mark.parametrize("text", ["sip:todo@example.org", "https://example.org/work/x", "the root / of the tree"])
def test_rule_allows(make_source, text: str) -> None:
    assert word_faults(make_source("docs/x.md", text)) == []
