# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import stat
import tomllib

import pytest

from mss.config.loader import load
from mss.config.paths import Paths
from mss.config.settings import Settings, all_settings
from mss.config.template import InitOptions, render_toml, write_files
from mss.config.var_param import VARIABLES


@pytest.fixture
def paths(tmp_path):
    return Paths.for_home(tmp_path / "home")


def test_written_files_load(paths):
    written = write_files(paths, InitOptions("127.0.0.1", 15060, 18080))
    assert written == [paths.config_file, paths.var_param_file]
    settings = load(paths, {})
    assert settings.sip.listen == ("udp:127.0.0.1:15060", "tcp:127.0.0.1:15060", "tls:127.0.0.1:15061")
    assert (settings.web.address, settings.web.port) == ("127.0.0.1", 18080)


def test_default_options_give_the_default_settings(paths):
    write_files(paths, InitOptions())
    assert load(paths, {}) == Settings(paths=paths)


def test_all_directories_are_made(paths):
    write_files(paths, InitOptions())
    assert all(directory.is_dir() for directory in paths.directories())


def test_files_are_not_for_everybody(paths):
    for file in write_files(paths, InitOptions()):
        assert not file.stat().st_mode & (stat.S_IRWXO | stat.S_IWGRP)


def test_existing_file_is_kept(paths):
    write_files(paths, InitOptions())
    paths.config_file.write_text("[sip]\nrealm = 'mine'\n")
    paths.var_param_file.unlink()
    assert write_files(paths, InitOptions(sip_port=15060)) == [paths.var_param_file]
    assert paths.config_file.read_text() == "[sip]\nrealm = 'mine'\n"


def test_every_setting_is_shown_and_can_be_switched_on():
    text = render_toml(InitOptions())
    switched_on = "\n".join(
        line[1:] if line.startswith("#") and not line.startswith("# ") else line for line in text.splitlines()
    )
    document = tomllib.loads(switched_on)
    assert [(section, name) for section, table in document.items() for name in table] == [
        (info.section, info.name) for info in all_settings()
    ]


def test_every_variable_is_shown(paths):
    write_files(paths, InitOptions())
    text = paths.var_param_file.read_text()
    for variable in VARIABLES:
        assert f"\n;{variable.name}={variable.default}\n" in text


def test_ipv6_address(paths):
    for bind in ("::1", "[::1]"):
        assert str(InitOptions(bind).listeners()[0]) == "udp:[::1]:5060"


@pytest.mark.parametrize(
    "options",
    [
        InitOptions(bind="localhost"), InitOptions(sip_port=0), InitOptions(sip_port=65535),
        InitOptions(web_port=5060), InitOptions(web_port=5061), InitOptions(web_port=-1), InitOptions(web_port=65536),
    ],
)  # fmt: skip
def test_impossible_options_write_nothing(paths, options):
    with pytest.raises(ValueError, match=r".+"):
        write_files(paths, options)
    assert not paths.config_dir.exists()
