# SPDX-License-Identifier: GPL-2.0-or-later
"""The system's table of host names, which goes before the DNS (hosts(5))."""
from __future__ import annotations

import os
from pathlib import Path

from mss.transport.addresses import normalize_literal


class HostsFile:
    """Addresses by name; read again when the file has changed."""

    def __init__(self, path: Path | str = "/etc/hosts") -> None:
        self._path = path
        self._stamp = -1
        self._names: dict[str, list[str]] = {}

    def addresses(self, name: str, *, want_ipv6: bool) -> list[str] | None:
        """The addresses of one IP version for a name that is listed, None for any other name."""
        self._refresh()
        listed = self._names.get(name.rstrip(".").lower())
        return None if listed is None else [address for address in listed if (":" in address) == want_ipv6]

    def _refresh(self) -> None:
        try:
            stamp = os.stat(self._path).st_mtime_ns
        except OSError:
            stamp = 0
        if stamp == self._stamp:
            return
        self._stamp = stamp
        self._names = {}
        try:
            text = Path(self._path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return
        for line in text.splitlines():
            address, *names = line.partition("#")[0].split() or [""]
            literal = normalize_literal(address)
            for name in names if literal is not None else ():
                known = self._names.setdefault(name.lower(), [])
                if literal is not None and literal not in known:
                    known.append(literal)
