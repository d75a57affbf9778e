# SPDX-License-Identifier: GPL-2.0-or-later
"""Tells the service manager how the server is: ready, reloading, stopping, and alive (sd_notify, Type=notify).

Elsewhere than under systemd every call does nothing.
"""
from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from typing import Final

from mss.server import service_manager

Send = Callable[[str], None]

#: The service manager expects a sign of life at least this often; we give it twice as often.
_WATCHDOG_SHARE: Final = 0.5


class Notifier:
    """The states of ``Type=notify`` (sd_notify(3)).  ``send`` gets the text of one notification and must not block."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def ready(self, status: str = "") -> None:
        """Start-up, or a reload, is complete."""
        self._send("READY=1" + _status_line(status))

    def reloading(self) -> None:
        """Settings are being read again; followed by ``ready``.  Type=notify-reload wants the clock with it."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self, status: str = "") -> None:
        """Shut-down has begun."""
        self._send("STOPPING=1" + _status_line(status))

    def status(self, text: str) -> None:
        """One line for ``systemctl status``."""
        self._send(f"STATUS={_one_line(text)}")

    def watchdog(self) -> None:
        """One sign of life."""
        self._send("WATCHDOG=1")


class Watchdog:
    """Fed from the signalling loop's timer, so that a loop that hangs is seen from outside.

    ``interval`` is in seconds, 0 switches it off.  ``beat`` costs one comparison while nothing is due.
    """

    def __init__(self, interval: float, notifier: Notifier) -> None:
        self.interval = interval
        self._notifier = notifier
        self._due = 0.0 if interval > 0 else float("inf")

    def beat(self, now: float) -> None:
        """The loop is alive at ``now`` (monotonic seconds)."""
        if now >= self._due:
            self._due = now + self.interval
            self._notifier.watchdog()


def build_notifier(environment: Mapping[str, str] | None = None) -> Notifier:
    """A notifier for the service manager named by ``NOTIFY_SOCKET``, or one that does nothing."""
    environment = os.environ if environment is None else environment
    address = environment.get("NOTIFY_SOCKET", "")
    if not address:
        return Notifier(_ignore)
    if service_manager.daemon is not None and environment is os.environ:
        return Notifier(_send_by_library)
    return Notifier(_DatagramSender(address))


def watchdog_interval(environment: Mapping[str, str] | None = None) -> float:
    """Seconds between two signs of life as asked for by ``WATCHDOG_USEC`` (sd_watchdog_enabled(3)); 0 = not asked."""
    environment = os.environ if environment is None else environment
    meant_for = environment.get("WATCHDOG_PID", "")
    if meant_for and meant_for != str(os.getpid()):
        return 0.0
    microseconds = environment.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1_000_000 * _WATCHDOG_SHARE if microseconds.isdecimal() else 0.0


class _DatagramSender:
    """Writes to the notification socket without systemd-python.  A service manager that is gone is not our trouble."""

    def __init__(self, address: str) -> None:
        # An abstract socket is written with a leading @ in the environment.
        self._address = "\0" + address[1:] if address.startswith("@") else address

    def __call__(self, text: str) -> None:
        kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
        with socket.socket(socket.AF_UNIX, kind) as sender:
            try:
                sender.sendto(text.encode(), self._address)
            except OSError:
                return


def _send_by_library(text: str) -> None:
    service_manager.daemon.notify(text)


def _ignore(text: str) -> None:
    """There is nobody to tell."""


def _status_line(text: str) -> str:
    return f"\nSTATUS={_one_line(text)}" if text else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())
