# SPDX-License-Identifier: GPL-2.0-or-later
"""The mode of the pure packages is told as it is."""
from __future__ import annotations

from importlib.util import find_spec

from mss.sip.mode import is_compiled, mode_name


def test_mode_follows_the_file_that_is_loaded() -> None:
    spec = find_spec("mss.sip.flow")
    assert spec is not None and spec.origin is not None
    assert is_compiled() == spec.origin.endswith(".so")
    assert mode_name() == ("compiled" if spec.origin.endswith(".so") else "interpreted")
