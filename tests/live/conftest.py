# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures of the tests that try to break a running server."""
from __future__ import annotations

from tests.support.fixtures import make_phone, make_server, module_settings, server, sipp_program, unused_users

__all__ = ["make_phone", "make_server", "module_settings", "server", "sipp_program", "unused_users"]
