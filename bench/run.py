#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""``bench/run.py ...`` is ``python3 -m bench ...`` from any directory."""
from __future__ import annotations

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    runpy.run_module("bench", run_name="__main__", alter_sys=True)
