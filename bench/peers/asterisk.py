# SPDX-License-Identifier: GPL-2.0-or-later
"""Asterisk (chan_pjsip), only with the modules a basic call needs, media through it."""
from __future__ import annotations

from pathlib import Path

from bench.peers.base import Peer, PeerError, fill_template, find_program

_MODULES = ("/usr/lib/x86_64-linux-gnu/asterisk/modules", "/usr/lib/aarch64-linux-gnu/asterisk/modules",
            "/usr/lib/asterisk/modules")  # fmt: skip
_FILES = ("asterisk.conf", "cdr.conf", "cel.conf", "extensions.conf", "logger.conf", "modules.conf", "rtp.conf")


class Asterisk(Peer):
    """CDRs are off, so that it writes nothing to disk."""

    name = "asterisk"

    def launch(self) -> None:
        """One endpoint, auth and aor per user."""
        program = find_program("asterisk")
        modules = next((path for path in _MODULES if Path(path).is_dir()), None)
        if modules is None:
            raise PeerError("asterisk: no directory of modules found")
        home = self.work_dir / "asterisk"
        for directory in ("etc", "lib", "run", "log", "spool"):
            (home / directory).mkdir(parents=True, exist_ok=True)
        documentation = home / "lib" / "documentation"
        if not documentation.exists():
            documentation.symlink_to("/usr/share/asterisk/documentation")
        values: dict[str, object] = {"HOME": home, "MODULES": modules, "HOST": self.host, "PORT": self.port}
        for name in _FILES:
            (home / "etc" / name).write_text(fill_template(f"asterisk/{name}", values))
        accounts = "".join(
            f"[{user.number}](endpoint-template)\nauth={user.number}\naors={user.number}\n"
            f"[{user.number}](auth-template)\nusername={user.number}\npassword={user.password}\n"
            f"[{user.number}](aor-template)\n"
            for user in self.users
        )
        (home / "etc" / "pjsip.conf").write_text(fill_template("asterisk/pjsip.conf", values) + accounts)
        self.spawn([program, "-f", "-C", str(home / "etc" / "asterisk.conf")])
