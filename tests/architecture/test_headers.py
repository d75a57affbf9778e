# SPDX-License-Identifier: GPL-2.0-or-later
"""Every source file names its licence in its first line (the second, after a ``#!``)."""
from __future__ import annotations

import pytest

NOTICE = "SPDX-License-Identifier: GPL-2.0-or-later"
SUFFIXES = (".py", ".sh", ".lua", ".toml", ".js", ".css")


def is_source(source) -> bool:
    """Return True for programs: by suffix, by ``#!``, and the Makefile."""
    return source.path.endswith(SUFFIXES) or source.text.startswith("#!/") or source.path.endswith("Makefile")


def has_header(source) -> bool:
    """Return True if the licence stands where it must."""
    lines = [*source.text.split("\n")[:2], ""]
    return NOTICE in (lines[1] if lines[0].startswith("#!/") else lines[0])


def test_every_source_file_names_its_licence(tree_files) -> None:
    programs = [source for source in tree_files if is_source(source)]
    assert len(programs) > 30
    assert [source.path for source in programs if not has_header(source)] == []


@pytest.mark.parametrize("text", ["", "import re\n", f"import re\n# {NOTICE}\n", "#!/bin/sh\nset -e\n"])
def test_rule_catches(make_source, text: str) -> None:
    assert not has_header(make_source("mss/x.py", text))


@pytest.mark.parametrize("text", [f"# {NOTICE}\n", f"#!/bin/sh\n# {NOTICE}\n", f"-- {NOTICE}\n"])
def test_rule_allows(make_source, text: str) -> None:
    assert has_header(make_source("scripts/x", text))
