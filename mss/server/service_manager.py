# SPDX-License-Identifier: GPL-2.0-or-later
"""The one place that imports systemd-python; without it (or elsewhere than under systemd) all of this is ``None``."""
from __future__ import annotations

from typing import Any

try:
    from systemd import daemon as _daemon
    from systemd import journal as _journal
except ImportError:
    _daemon = None
    _journal = None

#: ``systemd.daemon`` or ``None``.
daemon: Any = _daemon
#: ``systemd.journal`` or ``None``.
journal: Any = _journal
