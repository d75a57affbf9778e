# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss check`` finds what would go wrong, and says where and what to do."""
from __future__ import annotations

import datetime
import json
import shutil
import socket

import pytest
from cryptography import x509

from mss.cli import check as module
from mss.transport import certificate as certificate_module


def test_good_installation(run, home) -> None:
    assert run("check").stdout == f"{home / 'mss.toml'}: no mistake found.\n"
    assert json.loads(run("check", "--json").stdout) == {"ok": True, "problems": [], "warnings": []}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[sip]\nrealn = 'x'\n", ":2: sip.realn: unknown setting; did you mean realm?"),
        ("[sip]\nt1 = 'fast'\n", ":2: sip.t1: "),
        ("[sip]\nlisten = ['udp:host:5060']\n", ":2: sip.listen: "),
        ("[sip\n", ":1: "),
    ],
)
def test_wrong_settings(run, home, text: str, fault: str) -> None:
    (home / "mss.toml").write_text(text)
    result = run("check", code=1)
    assert result.stderr.startswith(f"Error: {home / 'mss.toml'}{fault}")
    assert result.stdout == ""
    (problem,) = json.loads(run("check", "--json", code=1).stdout)["problems"]
    assert problem["file"] == str(home / "mss.toml") and problem["line"] and problem["remedy"]


def test_wrong_variable(run, home) -> None:
    (home / "mss_var_param.ini").write_text("[sip]\ngVarSipRegSameDialg=0\n")
    assert "mss_var_param.ini:2: " in run("check", code=1).stderr


def test_no_installation(run, tmp_path) -> None:
    assert f"mss --home {tmp_path / 'home'} init" in run("check", code=1).stderr


def test_missing_directory_and_database(run, home) -> None:
    shutil.rmtree(home / "recordings")
    (home / "mss.db").unlink()
    stderr = run("check", code=1).stderr
    assert f"{home / 'recordings'}: there is no such directory; create it by: " in stderr
    assert f"{home / 'mss.db'}: there is no database yet" in stderr
    assert not (home / "mss.db").exists()


def test_broken_database(run, home) -> None:
    (home / "mss.db").write_bytes(b"no database at all" * 100)
    assert str(home / "mss.db") in run("check", code=1).stderr


def test_empty_database(run, home) -> None:
    (home / "mss.db").unlink()
    (home / "mss.db").touch()
    for name in ("mss.db-wal", "mss.db-shm"):
        (home / name).unlink(missing_ok=True)
    assert "no tables yet" in run("check", code=1).stderr


def test_database_of_a_newer_version(run, home, monkeypatch) -> None:
    monkeypatch.setattr(module, "SCHEMA_VERSION", "0000")
    assert "has schema 0001" in run("check", code=1).stderr


def test_unreachable_database(run, home) -> None:
    (home / "conf.d" / "db.toml").write_text('[database]\nurl = "postgresql://mss:geheim@127.0.0.1:1/mss"\n')
    stderr = run("check", code=1).stderr
    assert "database.url" in stderr
    assert "geheim" not in stderr


def test_missing_certificate(run, home) -> None:
    (home / "tls" / "server.crt").unlink()
    assert f"Error: {home / 'tls' / 'server.crt'}: " in run("check", code=1).stderr


@pytest.mark.parametrize(("days", "word"), [(5, "ends"), (-5, "has ended")])
def test_certificate_that_ends(run, home, monkeypatch, days: int, word: str) -> None:
    for name in ("server.crt", "server.key"):
        (home / "tls" / name).unlink()
    monkeypatch.setattr(certificate_module, "_VALID_DAYS", days)
    run("init")
    result = run("check")
    ends = x509.load_pem_x509_certificate((home / "tls" / "server.crt").read_bytes()).not_valid_after_utc
    assert abs(ends - datetime.datetime.now(datetime.UTC)) < datetime.timedelta(days=6)
    place = home / "tls" / "server.crt"
    assert result.stderr.startswith(f"Warning: {place}: the certificate {word} on {ends:%Y-%m-%d}")
    assert json.loads(run("check", "--json").stdout)["ok"] is True


def test_port_in_use(run, home) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 25060))
        other.listen()
        stderr = run("check", code=1).stderr
    assert "sip.listen tcp:127.0.0.1:25060: cannot be opened" in stderr
    assert "udp" not in stderr


def test_port_of_our_own_server_is_fine(run, home, server) -> None:
    with socket.socket() as ours:
        ours.bind(("127.0.0.1", 25060))
        ours.listen()
        run("check")


def test_misspelt_plugin(run, home) -> None:
    (home / "conf.d" / "plugins.toml").write_text('[plugins]\ndisabled = ["no-such"]\n')
    assert "plugins.disabled: no plugin no-such is installed" in run("check").stderr
