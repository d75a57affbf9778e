# SPDX-License-Identifier: GPL-2.0-or-later
"""mss itself, from ``.venv`` or, compiled, from ``.venv-compiled``, each time with a home of its own."""
from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from bench.peers.base import Peer, PeerError

_ROOT = Path(__file__).resolve().parent.parent.parent


class Mss(Peer):
    """The interpreted server with everything on: CDRs, persistence, hooks."""

    name = "mss"
    venv = ".venv"
    call_rates: tuple[int, ...] = (1000, 100)

    @property
    def home(self) -> Path:
        """Where it keeps its configuration and database."""
        return self.work_dir / f"{self.name}-home"

    def command(self, *arguments: str) -> list[str]:
        """The command line of one ``mss`` command on this home."""
        program = _ROOT / self.venv / "bin" / "mss"
        if not program.exists():
            raise PeerError(f"{program} does not exist: run make setup (or make compiled)")
        return [str(program), "--home", str(self.home), *arguments]

    def run_command(self, *arguments: str) -> str:
        """Run one command to its end and return what it printed; raises ``PeerError``."""
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, check=False)
        if done.returncode:
            raise PeerError(f"mss {' '.join(arguments)}: {done.stderr or done.stdout}")
        return done.stdout

    def prepare(self) -> None:
        """A fresh home with all users in its database."""
        shutil.rmtree(self.home, ignore_errors=True)
        self.run_command("init", "--bind", self.host, "--sip-port", str(self.port),
                         "--web-port", str(self.port + 2), "--no-demo-users")  # fmt: skip
        table = self.work_dir / "users.csv"
        table.write_text("number,password\n" + "".join(f"{user.number},{user.password}\n" for user in self.users))
        self.run_command("user", "import", str(table))

    def launch(self) -> None:
        """Prepare the home and serve."""
        self.prepare()
        self.relaunch()

    def relaunch(self) -> None:
        """Serve the home as it is."""
        self.spawn(self.command("serve"))


class CompiledMss(Mss):
    """The same with the pure packages compiled by mypyc."""

    name = "mss-compiled"
    venv = ".venv-compiled"
