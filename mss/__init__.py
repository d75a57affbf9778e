# SPDX-License-Identifier: GPL-2.0-or-later
"""mss: an open SIP PBX."""
from __future__ import annotations

__version__ = "0.1.0"
