# SPDX-License-Identifier: GPL-2.0-or-later
"""What every peer has in common: start, wait until it answers, measure, stop."""
from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


class PeerError(Exception):
    """A peer is not installed, did not start, or does not answer."""


class User(NamedTuple):
    """An account of the load: number and password."""

    number: str
    password: str


def make_users(count: int, first: int = 1000) -> list[User]:
    """``count`` accounts with passwords that only a bench uses."""
    return [User(str(number), f"bench-{number}") for number in range(first, first + count)]


def find_program(name: str) -> str:
    """Its path, looked for in PATH and /usr/sbin; raises ``PeerError`` when it is not installed."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if path is None:
        raise PeerError(f"{name} is not installed")
    return path


def fill_template(name: str, values: dict[str, object]) -> str:
    """A file of ``templates`` with each ``@KEY@`` replaced."""
    text = (TEMPLATES / name).read_text()
    for key, value in values.items():
        text = text.replace(f"@{key}@", str(value))
    return text


def _options_request(host: str, port: int, local_port: int, number: int) -> bytes:
    return (
        f"OPTIONS sip:{host}:{port} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {host}:{local_port};branch=z9hG4bKready{number};rport\r\n"
        f"Max-Forwards: 70\r\nFrom: <sip:ready@{host}>;tag=ready\r\nTo: <sip:{host}:{port}>\r\n"
        f"Call-ID: ready-{os.getpid()}-{number}\r\nCSeq: {number} OPTIONS\r\n"
        f"Contact: <sip:ready@{host}:{local_port}>\r\nContent-Length: 0\r\n\r\n"
    ).encode()


class Peer:
    """One server.  Sub-classes say how to ``launch`` it."""

    name = ""
    #: The rates at which calls are measured when none are asked for.
    call_rates: tuple[int, ...] = (100,)

    def __init__(self, host: str, port: int, users: Sequence[User], work_dir: Path) -> None:
        """It will listen on UDP ``host``:``port`` and know ``users``; its files go to ``work_dir``."""
        self.host = host
        self.port = port
        self.users = list(users)
        self.work_dir = work_dir
        self._process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        """Write the configuration and start the process."""
        raise NotImplementedError

    def pids(self) -> list[int]:
        """The roots of the process trees to measure."""
        return [] if self._process is None else [self._process.pid]

    def start(self) -> None:
        """Launch, and return when it answers; raises ``PeerError``."""
        self.launch()
        self.wait_until_ready()

    def spawn(self, command: Sequence[str]) -> None:
        """Run the server in the foreground, its output in ``NAME.log``."""
        with (self.work_dir / f"{self.name}.log").open("wb") as log:
            self._process = subprocess.Popen(
                list(command), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=self.work_dir
            )

    def wait_until_ready(self, seconds: float = 60) -> None:
        """Until an OPTIONS gets any answer."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind((self.host, 0))
            sock.settimeout(0.1)
            end = time.monotonic() + seconds
            number = 0
            while time.monotonic() < end:
                if self._process is not None and self._process.poll() is not None:
                    raise PeerError(f"{self.name} ended with status {self._process.returncode}\n{self._log_tail()}")
                number += 1
                try:
                    sock.sendto(
                        _options_request(self.host, self.port, sock.getsockname()[1], number), (self.host, self.port)
                    )
                    sock.recv(65535)
                    return
                except OSError:
                    time.sleep(0.05)
        raise PeerError(f"{self.name} did not answer OPTIONS within {seconds:.0f} s\n{self._log_tail()}")

    def _log_tail(self) -> str:
        log = self.work_dir / f"{self.name}.log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-20:]) if log.exists() else ""

    def stop(self) -> None:
        """End it: by request, after 10 seconds by force."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
