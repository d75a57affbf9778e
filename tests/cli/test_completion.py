# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss completion`` prints scripts that call us back."""
from __future__ import annotations

import pytest


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_script(run, shell: str) -> None:
    assert f"_MSS_COMPLETE={shell}_complete" in run("completion", shell).stdout


def test_unknown_shell(run) -> None:
    run("completion", "tcsh", code=2)
