# SPDX-License-Identifier: GPL-2.0-or-later
"""Opening of listening sockets, with errors that an administrator can act on."""
from __future__ import annotations

import contextlib
import errno
import socket

from mss.config.address import Listener
from mss.transport.addresses import family_of, socket_address
from mss.transport.errors import ListenError

_BACKLOG = 1024
# Linux: the same as SO_SNDBUF and SO_RCVBUF without the administrator's upper limit, for root only.
_SO_SNDBUFFORCE = 32
_SO_RCVBUFFORCE = 33

_REMEDIES = {
    errno.EADDRINUSE: (
        "the port is in use",
        "stop the other program (ss -lnp 'sport = :{port}' names it) or choose another port under [sip] listen",
    ),
    errno.EACCES: (
        "permission denied",
        "choose a port above 1023 under [sip] listen, or give the service CAP_NET_BIND_SERVICE",
    ),
    errno.EADDRNOTAVAIL: (
        "no interface of this machine has the address",
        "use 0.0.0.0 or [::] for all interfaces, or one of those shown by: ip address",
    ),
    errno.EAFNOSUPPORT: ("IPv6 is switched off on this machine", "remove the IPv6 entries under [sip] listen"),
}


def open_socket(where: Listener, buffer_bytes: int = 0) -> socket.socket:
    """A bound non-blocking socket: UDP with the given kernel buffers, otherwise TCP in listening state.

    Raises ListenError that names the listener and the remedy.
    """
    is_udp = where.is_datagram
    opened: socket.socket | None = None
    try:
        opened = socket.socket(family_of(where.host), socket.SOCK_DGRAM if is_udp else socket.SOCK_STREAM)
        opened.setblocking(False)
        if ":" in where.host:
            # IPv4 has listeners of its own; mapped addresses would show up in Via and bindings otherwise.
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if is_udp:
            _set_buffers(opened, buffer_bytes)
        else:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(socket_address(where.host, where.port))
        if not is_udp:
            opened.listen(_BACKLOG)
    except OSError as error:
        if opened is not None:
            opened.close()
        problem, remedy = _REMEDIES.get(error.errno or 0, (str(error), "correct the entry under [sip] listen"))
        raise ListenError(str(where), problem, remedy.format(port=where.port)) from error
    return opened


def _set_buffers(opened: socket.socket, size: int) -> None:
    """Ask for large kernel buffers, which ride out pauses of the process; best effort."""
    for usual, forced in ((socket.SO_RCVBUF, _SO_RCVBUFFORCE), (socket.SO_SNDBUF, _SO_SNDBUFFORCE)):
        with contextlib.suppress(OSError):
            opened.setsockopt(socket.SOL_SOCKET, usual, size)
        with contextlib.suppress(OSError):
            opened.setsockopt(socket.SOL_SOCKET, forced, size)
