# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

from mss.config.paths import Paths


def test_home_holds_everything(tmp_path):
    paths = Paths.for_home(tmp_path)
    assert paths.is_home
    files = [paths.config_file, paths.var_param_file, paths.database_file, paths.socket]
    assert [file.relative_to(tmp_path).as_posix() for file in files] == [
        "mss.toml", "mss_var_param.ini", "mss.db", "mss.sock",
    ]  # fmt: skip
    assert [directory.relative_to(tmp_path).as_posix() for directory in paths.directories()] == [
        ".", "conf.d", "lua/services", "tls", "journal", "recordings", "plugins",
    ]  # fmt: skip


def test_home_is_made_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Paths.for_home("pbx").config_dir == tmp_path / "pbx"


def test_system_paths_follow_the_file_system_standard():
    paths = Paths.system()
    assert not paths.is_home
    assert paths.config_file == Path("/etc/mss/mss.toml")
    assert paths.lua_services == Path("/etc/mss/lua/services")
    assert paths.database_file == Path("/var/lib/mss/mss.db")
    assert paths.journal_dir == Path("/var/lib/mss/journal")
    assert paths.socket == Path("/run/mss/mss.sock")


def test_system_paths_below_another_root(tmp_path):
    assert Paths.system(tmp_path).socket == tmp_path / "run/mss/mss.sock"
