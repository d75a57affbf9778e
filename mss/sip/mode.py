# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether the pure packages run interpreted or compiled by mypyc."""
from __future__ import annotations

from mss.sip import flow


def is_compiled() -> bool:
    """Return True if the pure packages come from an extension module."""
    return not str(flow.__file__).endswith((".py", ".pyc"))


def mode_name() -> str:
    """Return ``compiled`` or ``interpreted``, as shown by ``mss --version`` and ``mss status``."""
    return "compiled" if is_compiled() else "interpreted"
