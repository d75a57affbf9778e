# SPDX-License-Identifier: GPL-2.0-or-later
"""SIP (RFC 3261) as pure code: no sockets, no clock, no randomness of its own."""
