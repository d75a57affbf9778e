# SPDX-License-Identifier: GPL-2.0-or-later
"""An example of a plugin for the mss PBX, to be copied and changed."""
from __future__ import annotations
