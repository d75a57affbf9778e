# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss serve``: what is created before, and who gets to see passwords."""
from __future__ import annotations

import pytest

from mss.cli import serve


@pytest.fixture
def started(monkeypatch) -> list:
    """The arguments of every start; a start ends at once with exit code 0."""
    calls = []

    def run_server(paths, settings, on_ready=None) -> int:
        calls.append((paths, settings))
        if on_ready is not None:
            on_ready()
        return 0

    monkeypatch.setattr(serve, "run_server", run_server)
    return calls


def test_first_start_creates_everything_and_tells_it(run, started, tmp_path) -> None:
    output = run("serve").stdout
    assert (tmp_path / "home" / "mss.db").exists()
    assert (tmp_path / "home" / "tls" / "server.crt").exists()
    assert "<sip:102@" in output
    assert started[0][0].config_dir == tmp_path / "home"


def test_later_start_is_silent_in_a_file(run, started, home) -> None:
    run("user", "add", "100", "--password", "geheim")
    assert run("serve").stdout == ""
    assert "auth_pass=geheim" in run("serve", "--show-phones").stdout


def test_terminal_is_told_unless_it_does_not_want_to(run, started, home, monkeypatch) -> None:
    run("user", "add", "100", "--password", "geheim")
    monkeypatch.setattr(serve, "is_terminal", lambda: True)
    assert "geheim" in run("serve").stdout
    assert run("serve", "--hide-phones").stdout == ""


def test_journal_never_gets_passwords(run, started, monkeypatch) -> None:
    monkeypatch.setattr(serve, "is_connected_to_journal", lambda environment, descriptor: True)
    assert run("serve").stdout == ""
    assert run("serve", "--show-phones").stdout == ""


def test_wrong_settings_stop_the_start(run, started, home) -> None:
    (home / "mss.toml").write_text("[sip]\nt1 = 'fast'\n")
    assert f"{home / 'mss.toml'}:2: sip.t1" in run("serve", code=1).stderr
    assert started == []


def test_exit_code_is_the_servers(run, home, monkeypatch) -> None:
    monkeypatch.setattr(serve, "run_server", lambda paths, settings, on_ready: 1)
    run("serve", code=1)
