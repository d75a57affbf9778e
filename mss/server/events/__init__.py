# SPDX-License-Identifier: GPL-2.0-or-later
"""Event packages: what phones can subscribe to, and what they are told (RFC 6665 section 5)."""
