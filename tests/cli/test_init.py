# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss init``: everything is created, once."""
from __future__ import annotations

import json
import stat

from cryptography import x509

from mss.config.loader import load
from mss.config.paths import Paths
from mss.store.store import Store


def files_of(directory) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()}


def test_new_installation(run, tmp_path) -> None:
    result = run("init", "--bind", "127.0.0.1", "--sip-port", "25060", "--web-port", "28080")
    paths = Paths.for_home(tmp_path / "home")
    settings = load(paths, {})
    assert [str(listener) for listener in settings.sip.listeners] == [
        "udp:127.0.0.1:25060", "tcp:127.0.0.1:25060", "tls:127.0.0.1:25061",
    ]  # fmt: skip
    assert settings.web.port == 28080
    store = Store.open(settings.database_url)
    users = store.users.list()
    store.close()
    assert [user.number for user in users] == ["100", "101", "102"]
    assert len({user.password for user in users}) == 3
    for user in users:
        assert f"user {user.number} with password {user.password}" in result.stdout
    assert result.stdout.endswith(f"Next: mss --home {tmp_path / 'home'} serve\n")
    for directory in paths.directories():
        assert directory.is_dir()
        assert not stat.S_IMODE(directory.stat().st_mode) & 0o007
    assert stat.S_IMODE(settings.tls_key.stat().st_mode) == 0o600
    certificate = x509.load_pem_x509_certificate(settings.tls_certificate.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "127.0.0.1" in map(str, names.get_values_for_type(x509.IPAddress))


def test_second_time_changes_nothing(run, tmp_path) -> None:
    run("init")
    before = files_of(tmp_path / "home")
    result = run("init", "--sip-port", "6000")
    assert files_of(tmp_path / "home") == before
    assert "Everything is there already" in result.stdout
    assert "--sip-port had no effect" in result.stderr


def test_deleted_users_do_not_come_back(run) -> None:
    run("init")
    run("user", "delete", "100", "101", "102")
    run("init")
    assert run("user", "list").stdout.count("\n") == 1


def test_without_demo_users(run) -> None:
    result = json.loads(run("init", "--no-demo-users", "--json").stdout)
    assert result["users"] == []
    assert any(name.endswith("mss.toml") for name in result["created"])
    assert json.loads(run("user", "list", "--json").stdout) == []


def test_json_has_the_passwords(run) -> None:
    made = json.loads(run("init", "--json").stdout)["users"]
    stored = json.loads(run("user", "list", "--passwords", "--json").stdout)
    assert made == [{"number": user["number"], "password": user["password"]} for user in stored]


def test_lost_certificate_is_made_again(run, home) -> None:
    for name in ("server.crt", "server.key"):
        (home / "tls" / name).unlink()
    assert "server.crt" in run("init").stdout


def test_half_a_certificate_is_left_alone(run, home) -> None:
    (home / "tls" / "server.crt").unlink()
    key = (home / "tls" / "server.key").read_bytes()
    run("init")
    assert (home / "tls" / "server.key").read_bytes() == key
    assert not (home / "tls" / "server.crt").exists()


def test_senseless_options(run) -> None:
    assert "70000" in run("init", "--sip-port", "70000", code=1).stderr
    run("init", "--bind", "nowhere", code=1)
    run("init", "--sip-port", "x", code=2)


def test_broken_settings_are_named(run, home) -> None:
    (home / "mss.toml").write_text("[sip]\nt1 = 'fast'\n")
    assert f"{home / 'mss.toml'}:2: sip.t1" in run("init", code=1).stderr


def test_directory_that_cannot_be_made(run, tmp_path) -> None:
    (tmp_path / "home").write_text("")
    assert "home" in run("init", code=2).stderr
