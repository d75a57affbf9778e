# SPDX-License-Identifier: GPL-2.0-or-later
"""The address of the control socket, for server and command line."""
from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

#: sun_path of struct sockaddr_un, with its final zero (unix(7)).
_LONGEST_PATH: Final = 107


class UnusableSocket(Exception):
    """The control socket cannot be used; the text names it and the remedy."""


@contextlib.contextmanager
def connectable(path: Path) -> Iterator[str]:
    """An address for bind and connect, valid within the ``with`` block.

    A path too long for a socket address is reached through its directory's descriptor (Linux).
    """
    text = str(path)
    if len(os.fsencode(text)) <= _LONGEST_PATH:
        yield text
        return
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)
