# SPDX-License-Identifier: GPL-2.0-or-later
"""REGISTER rules and the location service (RFC 3261 section 10)."""
