# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs SIPp (3.6 or later) and reads its statistics."""
from __future__ import annotations

import csv
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_POLL_SECONDS = 0.2


class SippError(Exception):
    """SIPp did not start, or left no statistics; the text ends with what it printed."""


@dataclass(frozen=True)
class SippResult:
    """Totals of one run.  ``resp_ms_mean`` is the mean of response time 1 in milliseconds (0.0: none)."""

    created: int
    ok: int
    failed: int
    retrans: int
    resp_ms_mean: float

    def as_dict(self) -> dict[str, float]:
        """For a line of figures."""
        return asdict(self)


@dataclass(frozen=True)
class Place:
    """Where SIPp runs: scratch directory, own address, the server's host and port."""

    work_dir: Path
    local_ip: str
    remote_host: str
    remote_port: int
    domain: str = ""

    @property
    def remote(self) -> str:
        """``host:port`` of the server."""
        return f"{self.remote_host}:{self.remote_port}"


def write_rows(path: Path, rows: Iterable[Sequence[object]]) -> Path:
    """Write an injection file (``-inf``) that is read in order; returns ``path``."""
    lines = ["SEQUENTIAL", *(";".join(str(field) for field in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def credentials(user: str, password: str) -> str:
    """The field of an injection file which SIPp turns into an Authorization header."""
    return f"[authentication username={user} password={password}]"


def _milliseconds(text: str) -> float:
    """``HH:MM:SS:microseconds`` of a statistics file; 0.0 for anything else."""
    parts = text.split(":")
    if len(parts) != 4:
        return 0.0
    hours, minutes, seconds, micros = (int(part) for part in parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + micros / 1000


class Sipp:
    """One SIPp process.  Its files are ``NAME.out`` (screen), ``.err``, ``.stat`` in the work directory."""

    def __init__(self, name: str, scenario: Path, place: Place, port: int, options: Sequence[str] = ()) -> None:
        """Start ``scenario`` on local ``port``; ``options`` are SIPp's own."""
        self.name = name
        self._place = place
        self._stat = place.work_dir / f"{name}.stat"
        for suffix in (".out", ".err", ".stat"):
            (place.work_dir / (name + suffix)).unlink(missing_ok=True)
        command = [
            "sipp", place.remote, "-sf", str(scenario), "-i", place.local_ip, "-p", str(port),
            "-key", "domain", place.domain or place.remote, "-nostdin", "-skip_rlimit",
            "-trace_stat", "-stf", str(self._stat), "-fd", "1",
            "-trace_err", "-error_file", str(place.work_dir / f"{name}.err"),
            "-buff_size", "4194304", *options,
        ]  # fmt: skip
        with (place.work_dir / f"{name}.out").open("w") as output:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=place.work_dir
            )

    def wait(self, limit: float, meanwhile: Callable[[], None] | None = None) -> SippResult:
        """Until it ends, or is ended after ``limit`` seconds; calls ``meanwhile`` about once a second."""
        end = time.monotonic() + limit
        next_call = time.monotonic()
        while self.process.poll() is None and time.monotonic() < end:
            time.sleep(_POLL_SECONDS)
            if meanwhile is not None and time.monotonic() >= next_call:
                meanwhile()
                next_call = time.monotonic() + 1
        self.stop()
        return self.result()

    def stop(self) -> None:
        """End it: first by request (SIGUSR1 would let calls finish), then by force."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def errors(self) -> str:
        """The last lines of its error file and of its screen, for a failure message."""
        text = ""
        for suffix in (".err", ".out"):
            path = self._place.work_dir / (self.name + suffix)
            if path.exists():
                text += "\n".join(path.read_text(errors="replace").splitlines()[-40:]) + "\n"
        return text

    def result(self) -> SippResult:
        """The totals written so far; raises ``SippError`` when there are none."""
        try:
            with self._stat.open(newline="") as stream:
                last = list(csv.DictReader(stream, delimiter=";"))[-1]
        except (OSError, IndexError):
            status = self.process.returncode
            raise SippError(f"{self.name}: no statistics (exit status {status})\n{self.errors()}") from None
        return SippResult(
            created=int(last["TotalCallCreated"]),
            ok=int(last["SuccessfulCall(C)"]),
            failed=int(last["FailedCall(C)"]),
            retrans=int(last["Retransmissions(C)"]),
            resp_ms_mean=round(_milliseconds(last.get("ResponseTime1(C)", "")), 1),
        )
