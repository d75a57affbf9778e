# SPDX-License-Identifier: GPL-2.0-or-later
"""A real server process with a home of its own."""
from __future__ import annotations

import json
import re
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.peers.base import User
from bench.peers.mss import Mss
from bench.process import memory_mb
from tests.support.ports import HOST, free_port_block

_PROGRAM = Path(sys.executable).parent / "mss"
_POLL_SECONDS = 0.1

#: Sections of mss.toml, as {"sip": {"t1": 0.1}}.
Settings = Mapping[str, Mapping[str, object]]


class LiveServer(Mss):
    """``mss serve`` on a free port of the loopback interface; UDP and TCP on ``port``, TLS on ``tls_port``."""

    def __init__(self, work_dir: Path, users: Sequence[User], settings: Settings | None = None) -> None:
        """``settings`` are sections of mss.toml."""
        super().__init__(HOST, free_port_block(), users, work_dir)
        self.tls_port = self.port + 1
        self._settings = settings or {}

    def command(self, *arguments: str) -> list[str]:
        """The command line of the ``mss`` next to this Python."""
        return [str(_PROGRAM), "--home", str(self.home), *arguments]

    def prepare(self) -> None:
        """A fresh home with users and settings."""
        super().prepare()
        directory = self.home / "conf.d"
        directory.mkdir(exist_ok=True)
        (directory / "test.toml").write_text(format_toml(self._settings))

    def json(self, *arguments: str) -> Any:
        """What a command prints with ``--json``."""
        return json.loads(self.run_command(*arguments, "--json"))

    def change_users(self, users: Sequence[User], **fields: object) -> None:
        """Set fields of users, as ``multi_device="yes"``, in one command."""
        table = self.work_dir / "change.csv"
        header = ["number", "password", *fields]
        rows = [",".join([user.number, user.password, *map(str, fields.values())]) for user in users]
        table.write_text("\n".join([",".join(header), *rows]) + "\n")
        self.run_command("user", "import", str(table))

    def records(self, call_id: str = "") -> list[dict[str, Any]]:
        """The call records, newest first, of all calls or of one by the Call-ID of the caller's leg."""
        chosen = ["--call-id", call_id] if call_id else ["--limit", "0"]
        found: list[dict[str, Any]] = self.json("cdr", "list", *chosen)
        return found

    def wait_for_record(self, call_id: str, seconds: float = 3) -> dict[str, Any]:
        """The record of an ended call, as soon as it is written; there must be exactly one."""
        self.wait_for(lambda: bool(self.records(call_id)), seconds, f"a call record of {call_id}")
        found = self.records(call_id)
        assert len(found) == 1, found
        return found[0]

    def kill(self) -> None:
        """End it as a crash does (SIGKILL)."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._process = None

    def restart(self) -> None:
        """Serve the same home again and return when it answers."""
        self.relaunch()
        self.wait_until_ready()

    def log(self) -> str:
        """All it has printed since it was started."""
        return (self.work_dir / f"{self.name}.log").read_text(errors="replace")

    def assert_no_exception(self) -> None:
        """Fail when its log holds a traceback."""
        log = self.log()
        assert "Traceback (most recent call last)" not in log, log[-6000:]

    def rss_mb(self) -> float:
        """Resident memory of the process tree."""
        return memory_mb(self.pids())[0]

    def wait_for(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        """Poll ``condition`` (as an administrator would); fail with ``what`` when it stays false."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"not within {seconds} s: {what}"
            time.sleep(_POLL_SECONDS)

    def wait_until_no_calls(self, seconds: float) -> None:
        """Until no call is left."""
        self.wait_for(lambda: self.json("status")["calls"] == 0, seconds, "no call left")

    def wait_until_idle(self, seconds: float) -> None:
        """Until no call and no transaction is left."""
        self.wait_for(lambda: idle_state(self.json("status")) == (0, 0), seconds, "no call and no transaction left")


class DemoServer(LiveServer):
    """A server as ``make run`` starts it: with the users that ``init`` makes, telling what to type into a phone."""

    name = "mss-demo"

    def __init__(self, work_dir: Path) -> None:
        """Nothing is set but address and port."""
        super().__init__(work_dir, [])

    def prepare(self) -> None:
        """Only ``init``."""
        self.run_command("init", "--bind", self.host, "--sip-port", str(self.port), "--web-port", str(self.port + 2))

    def relaunch(self) -> None:
        """Serve, and print what to type into a phone."""
        self.spawn(self.command("serve", "--show-phones"))

    def account_lines(self, transport: str) -> list[str]:
        """The lines for baresip's file ``accounts`` which it printed, of one transport, in order of the users."""
        self.wait_for(lambda: "<sip:" in self.log(), 5, "account lines printed")
        return [line.strip() for line in self.log().splitlines() if f";transport={transport}>" in line]

    def ca_file(self) -> Path:
        """The file that TLS phones must trust, as it printed it."""
        found = re.search(r"sip_cafile (\S+?)\)", self.log())
        assert found, self.log()
        return Path(found[1])


def idle_state(status: Mapping[str, Any]) -> tuple[int, int]:
    """(calls, transactions) of ``mss status --json``."""
    return int(status["calls"]), int(status["transactions"])


def format_toml(settings: Settings) -> str:
    """Sections of simple values as TOML; JSON's texts, numbers and lists are TOML's too."""
    lines: list[str] = []
    for section, values in settings.items():
        lines += [f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
    return "\n".join(lines) + "\n"
