# SPDX-License-Identifier: GPL-2.0-or-later
"""A headless baresip (1.0 or later) that plays a tone, records what it hears, and is driven over its control port."""
from __future__ import annotations

import json
import re
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.ports import HOST, free_port_block
from tests.support.tones import read_samples, seconds_with_tone, write_tone

_MODULES = ("/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules")
_CONFIG = """\
poll_method epoll
sip_listen {host}:{sip_port}
net_interface {host}
call_local_timeout 60
audio_path {directory}
audio_source aufile,{directory}/tone.wav
audio_player aufile,{directory}/unused.wav
audio_alert aufile,{directory}/unused.wav
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
rtp_ports {rtp_port}-{last_rtp_port}
jitter_buffer_delay 5-10
snd_path {directory}
ctrl_tcp_listen {host}:{control_port}
module_path {modules}
module g711.so
module aufile.so
module sndfile.so
module_tmp uuid.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
{more}"""

Event = dict[str, Any]


class Baresip:
    """One process with one account."""

    def __init__(self, directory: Path, account: str, tone_hertz: float, ca_file: Path | None = None) -> None:
        """Start it with the account line ``account``; what it says is a tone of ``tone_hertz``."""
        self.directory = directory
        self.tone_hertz = tone_hertz
        self.events: list[Event] = []
        ports = free_port_block()
        write_tone(directory / "tone.wav", tone_hertz, seconds=60)
        modules = next((path for path in _MODULES if Path(path).is_dir()), _MODULES[0])
        more = f"sip_cafile {ca_file}\n" if ca_file is not None else ""
        (directory / "config").write_text(
            _CONFIG.format(host=HOST, directory=directory, modules=modules, sip_port=ports, control_port=ports + 2,
                           rtp_port=ports + 4, last_rtp_port=ports + 9, more=more)
        )  # fmt: skip
        (directory / "accounts").write_text(account + "\n")
        (directory / "contacts").write_text("")
        with (directory / "output.txt").open("wb") as output:
            self._process = subprocess.Popen(
                ["baresip", "-f", str(directory)], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        self._buffer = b""
        self._control = self._connect(ports + 2)

    def _connect(self, port: int) -> socket.socket:
        end = time.monotonic() + 10
        while True:
            try:
                return socket.create_connection((HOST, port), timeout=5)
            except OSError:
                assert time.monotonic() < end and self._process.poll() is None, self.output()
                time.sleep(0.05)

    def output(self) -> str:
        """The last that it printed, without its running display of bit rates."""
        text = (self.directory / "output.txt").read_text(errors="replace")
        return re.sub(r"\s*\[\d+:\d+:\d+\] audio=\S+ \(bit/s\)\s*", "\n", text)[-4000:]

    def ask(self, name: str) -> str:
        """What a command answers."""
        self.events = [event for event in self.events if event.get("token") != name]
        self.command(name)
        end = time.monotonic() + 5
        while True:
            for event in self.events:
                if event.get("response") and event.get("token") == name:
                    self.events.remove(event)
                    return str(event["data"])
            assert time.monotonic() < end, f"no answer to {name}\n{self.output()}"
            self._read(0.2)

    def command(self, name: str, parameters: str = "") -> None:
        """Type a command of its menu, as "dial", "accept", "hold", "transfer"."""
        text = json.dumps({"command": name, "params": parameters, "token": name}).encode()
        self._control.sendall(b"%d:%s," % (len(text), text))

    def _read(self, seconds: float) -> None:
        self._control.settimeout(max(seconds, 0.001))
        try:
            self._buffer += self._control.recv(65536)
        except TimeoutError:
            return
        while b":" in self._buffer:
            length, _, rest = self._buffer.partition(b":")
            size = int(length)
            if len(rest) <= size:
                return
            self.events.append(json.loads(rest[:size]))
            self._buffer = rest[size + 1 :]

    def expect(self, event_type: str, seconds: float = 10, matches: Callable[[Event], bool] = lambda _: True) -> Event:
        """Take the first event of a type, as "REGISTER_OK", "CALL_INCOMING", "CALL_ESTABLISHED", "CALL_CLOSED"."""
        end = time.monotonic() + seconds
        while True:
            for event in self.events:
                if event.get("type") == event_type and matches(event):
                    self.events.remove(event)
                    return event
            left = end - time.monotonic()
            kinds = [event.get("type") for event in self.events]
            assert left > 0, f"no {event_type} within {seconds} s, but {kinds}\n{self.output()}"
            self._read(left)

    def wait_until_registered(self, seconds: float = 10) -> None:
        """Until the first REGISTER got its 200.  That may be before the control port is open, so no event tells it."""
        end = time.monotonic() + seconds
        while " 200 OK (" not in self.output():
            assert time.monotonic() < end, f"not registered within {seconds} s\n{self.output()}"
            self._read(0.1)

    def heard_seconds(self, hertz: float) -> float:
        """How long a tone is heard in all its recordings of the other side."""
        return sum(seconds_with_tone(read_samples(path), hertz) for path in self.directory.glob("dump-*-dec.wav"))

    def wait_until_heard(self, hertz: float, seconds: float, limit: float = 15) -> None:
        """Until the tone has been heard for ``seconds`` in all."""
        end = time.monotonic() + limit
        while (heard := self.heard_seconds(hertz)) < seconds:
            assert time.monotonic() < end, f"{hertz} Hz heard for {heard} s only\n{self.output()}"
            self._read(0.2)

    def received_packets(self) -> int:
        """RTP packets received in the call, from all senders."""
        return sum(int(count) for count in re.findall(r"psent=\d+ rcvd=(\d+)", self.ask("audio_debug")))

    def wait_until_media(self, flows: bool, limit: float = 10) -> None:
        """Until packets come steadily (at least 20 in half a second), or none comes.

        Its recording ends with the first hold, so that later on only packets can be counted.
        """
        end = time.monotonic() + limit
        while True:
            before = self.received_packets()
            self._pause(0.5)
            received = self.received_packets() - before
            if (received >= 20) if flows else (received == 0):
                return
            assert time.monotonic() < end, f"{received} packets in half a second\n{self.output()}"

    def _pause(self, seconds: float) -> None:
        """Let time pass, reading events."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._read(left)

    def stop(self) -> None:
        """Let it unregister and end."""
        if self._process.poll() is None:
            self.command("quit")
            try:
                self._process.wait(3)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._control.close()
