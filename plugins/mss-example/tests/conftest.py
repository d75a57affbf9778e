# SPDX-License-Identifier: GPL-2.0-or-later
"""Lets the tests run from a checkout, without the package being installed."""
from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
