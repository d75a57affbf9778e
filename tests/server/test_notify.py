# SPDX-License-Identifier: GPL-2.0-or-later
"""Notifications as the service manager gets them."""
from __future__ import annotations

import os
import socket
from types import SimpleNamespace

import pytest

from mss.server import service_manager
from mss.server.notify import Notifier, Watchdog, build_notifier, watchdog_interval


@pytest.fixture
def sent() -> list[str]:
    return []


@pytest.fixture
def notifier(sent) -> Notifier:
    return Notifier(sent.append)


def test_states(notifier, sent) -> None:
    notifier.ready("two\nlines")
    notifier.ready()
    notifier.reloading()
    notifier.stopping("3 calls left")
    notifier.status("12 calls")
    assert sent[:2] == ["READY=1\nSTATUS=two lines", "READY=1"]
    assert sent[2].startswith("RELOADING=1\nMONOTONIC_USEC=") and sent[2].partition("USEC=")[2].isdecimal()
    assert sent[3:] == ["STOPPING=1\nSTATUS=3 calls left", "STATUS=12 calls"]


def test_watchdog_is_fed_once_per_interval(notifier, sent) -> None:
    watchdog = Watchdog(5.0, notifier)
    for now in (100.0, 101.0, 104.9, 105.0, 109.0, 200.0):
        watchdog.beat(now)
    assert sent == ["WATCHDOG=1"] * 3


def test_watchdog_is_off_without_interval(notifier, sent) -> None:
    Watchdog(0.0, notifier).beat(1e12)
    assert sent == []


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, 0.0),
        ({"WATCHDOG_USEC": "soon"}, 0.0),
        ({}, 0.0),
    ],
)
def test_interval_is_half_of_what_is_asked(environment, seconds) -> None:
    assert watchdog_interval(environment) == seconds


@pytest.mark.parametrize("name", ["{tmp}/notify", "@mss-test-{pid}"])
def test_datagram(tmp_path, name) -> None:
    name = name.format(tmp=tmp_path, pid=os.getpid())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + name[1:] if name.startswith("@") else name)
        build_notifier({"NOTIFY_SOCKET": name}).ready("up")
        assert manager.recv(100) == b"READY=1\nSTATUS=up"


def test_nobody_listens(tmp_path) -> None:
    build_notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()
    build_notifier({}).ready()


def test_library_is_used_where_there_is_one(monkeypatch, sent) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/systemd/notify")
    monkeypatch.setattr(service_manager, "daemon", SimpleNamespace(notify=sent.append))
    build_notifier().watchdog()
    assert sent == ["WATCHDOG=1"]
