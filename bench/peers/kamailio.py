# SPDX-License-Identifier: GPL-2.0-or-later
"""Kamailio as registrar and plain stateful proxy with digest: no B2BUA, no CDR, no media."""
from __future__ import annotations

from bench.peers.base import Peer, fill_template, find_program


class Kamailio(Peer):
    """The users are in a hash table filled from a text file at start."""

    name = "kamailio"
    call_rates: tuple[int, ...] = (800, 100)

    def launch(self) -> None:
        """Write configuration and user table, start with four workers."""
        program = find_program("kamailio")
        home = self.work_dir / "kamailio"
        (home / "db").mkdir(parents=True, exist_ok=True)
        (home / "db" / "version").write_text("table_name(string) table_version(int)\nusers:2\n")
        rows = "".join(f"{i}:{user.number}:0:0:{user.password}:0\n" for i, user in enumerate(self.users, 1))
        (home / "db" / "users").write_text(
            "id(int,auto) key_name(string) key_type(int) value_type(int) key_value(string) expires(int)\n" + rows
        )
        values: dict[str, object] = {"HOST": self.host, "PORT": self.port, "DB": home / "db"}
        (home / "kamailio.cfg").write_text(fill_template("kamailio.cfg", values))
        self.spawn([program, "-DD", "-E", "-m", "256", "-M", "16", "-w", str(home), "-P", str(home / "pid"),
                    "-Y", str(home), "-f", str(home / "kamailio.cfg")])  # fmt: skip
