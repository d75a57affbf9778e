# SPDX-License-Identifier: GPL-2.0-or-later
"""Sockets and names: UDP, TCP, TLS and WebSocket listeners, connections, and the way to a peer."""
