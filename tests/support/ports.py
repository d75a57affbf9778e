# SPDX-License-Identifier: GPL-2.0-or-later
"""Free ports of the loopback interface, different in each pytest-xdist worker."""
from __future__ import annotations

import itertools
import os
import socket

HOST = "127.0.0.1"
_FIRST = 15100
_PER_WORKER = 800


def _range_start() -> int:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    return _FIRST + _PER_WORKER * (int(worker.removeprefix("gw")) % 2)



def _blocks() -> list[int]:
    """The first ports of all blocks, from a place of this process's own: two runs at a time seldom meet."""
    blocks = list(range(_range_start(), _range_start() + _PER_WORKER, 10))
    own = os.getpid() % len(blocks)
    return blocks[own:] + blocks[:own]


_cursor = itertools.cycle(_blocks())


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as sock:
            if kind == socket.SOCK_STREAM:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind((HOST, port))
            except OSError:
                return False
    return True


def free_port_block() -> int:
    """The first of ten ports, all free for UDP and TCP at this moment."""
    for _ in range(_PER_WORKER // 10):
        start = next(_cursor)
        if all(_is_free(port) for port in range(start, start + 10)):
            return start
    raise RuntimeError("no free ports for tests")
