# SPDX-License-Identifier: GPL-2.0-or-later
"""Sockets: UDP, TCP, TLS and WebSocket listeners and connections, and the resolver (RFC 3263)."""
