# SPDX-License-Identifier: GPL-2.0-or-later
"""What all tests share: the hypothesis profile, a lean heap, and the proof that a compiled run is compiled."""
from __future__ import annotations

import gc
import os

import hypothesis
import pytest

from mss.sip.mode import is_compiled

hypothesis.settings.register_profile("mss", deadline=None, derandomize="CI" in os.environ, print_blob=True)
hypothesis.settings.load_profile("mss")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to call a run compiled that is not, or the other way round (run_tests.py sets ``MSS_MODE``)."""
    wanted = os.environ.get("MSS_MODE")
    found = "compiled" if is_compiled() else "interpreted"
    if wanted is not None and wanted != found:
        raise pytest.UsageError(f"these tests were to run {wanted}, but the pure packages are {found}")


def pytest_collection_finish() -> None:
    """Keep the thousands of collected tests out of every later look at what is alive: flow tests take many."""
    gc.collect()
    gc.freeze()
