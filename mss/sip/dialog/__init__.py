# SPDX-License-Identifier: GPL-2.0-or-later
"""Dialogs (RFC 3261 section 12)."""
