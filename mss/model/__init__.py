# SPDX-License-Identifier: GPL-2.0-or-later
"""Shared plain data: users, bindings, call records."""
