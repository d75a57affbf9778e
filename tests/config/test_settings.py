# SPDX-License-Identifier: GPL-2.0-or-later
"""The settings themselves, and the page that is made of them."""
from __future__ import annotations

import dataclasses
import runpy
from pathlib import Path

import pytest

from mss.config.paths import Paths
from mss.config.setting import describe
from mss.config.settings import SECTIONS, DatabaseSettings, Settings, SipSettings, all_settings, get_value

ROOT = Path(__file__).resolve().parents[2]
GENERATOR = runpy.run_path(str(ROOT / "scripts" / "generate_settings_doc.py"))


def test_page_is_up_to_date():
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page == GENERATOR["render"](), "run: python scripts/generate_settings_doc.py"


def test_sections_are_the_fields_of_settings():
    fields = [field.name for field in dataclasses.fields(Settings)]
    assert fields == ["paths", *SECTIONS, "var_params"]


@pytest.mark.parametrize("info", list(all_settings()), ids=lambda info: info.key)
def test_setting_is_described(info):
    assert info.rule.description.endswith(".")
    assert info.type_name in ("str", "int", "float", "bool", "list")
    if info.type_name in ("int", "float"):
        assert info.rule.minimum is not None and info.rule.maximum is not None
    assert get_value(Settings(), info) == info.default


def test_settings_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().sip.realm = "x"  # type: ignore[misc]


def test_database_url_defaults_to_a_file(tmp_path):
    settings = Settings(paths=Paths.for_home(tmp_path))
    assert settings.database_url == f"sqlite:///{tmp_path}/mss.db"
    assert Settings(database=DatabaseSettings(url="postgresql://db/x")).database_url == "postgresql://db/x"


def test_password_of_the_database_is_not_shown():
    assert "geheim" not in repr(Settings(database=DatabaseSettings(url="postgresql://mss:geheim@db/mss")))


def test_certificate_path_is_relative_to_the_configuration(tmp_path):
    sip = SipSettings(tls_certificate="my/cert.pem", tls_key="/keys/key.pem")
    settings = Settings(paths=Paths.for_home(tmp_path), sip=sip)
    assert settings.tls_certificate == tmp_path / "my/cert.pem"
    assert settings.tls_key == Path("/keys/key.pem")


def test_listeners_and_networks_are_parsed():
    sip = SipSettings(listen=("udp:127.0.0.1:5060",), local_networks=("10.0.0.0/8",))
    assert [str(listener) for listener in sip.listeners] == ["udp:127.0.0.1:5060"]
    assert [str(network) for network in sip.networks] == ["10.0.0.0/8"]


def test_lists_are_described_as_lists():
    types = {info.name: info.type_name for info in describe("sip", SipSettings)}
    assert (types["listen"], types["realm"], types["t1"]) == ("list", "str", "float")
