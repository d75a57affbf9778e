# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import os

import pytest


@pytest.mark.parametrize(
    ("text", "key", "problem"),
    [
        ("[sip]\nlisten = []\n", "sip.listen", "is empty"),
        ("[sip]\nlisten = ['udp:0.0.0.0:1', 'UDP:0.0.0.0:1']\n", "sip.listen", "udp:0.0.0.0:1 is named twice"),
        (
            "[sip]\nlisten = ['tcp:0.0.0.0:5060', 'tls:127.0.0.1:5060']\n",
            "sip.listen", "tls:127.0.0.1:5060 and tcp:0.0.0.0:5060 use the same port",
        ),
        (
            "[sip]\nlisten = ['tcp:127.0.0.1:8080']\n",
            "web.port", "8080 is used by the SIP listener tcp:127.0.0.1:8080",
        ),
        ("[sip]\ndigest_algorithms = []\n", "sip.digest_algorithms", "is empty"),
        ("[sip]\nrealm = ''\n", "sip.realm", "is empty"),
        ("[sip]\nsession_expires = 60\n", "sip.session_expires", "is less than min_se (90)"),
        (
            "[sip]\nmax_message_bytes = 2000\nudp_switch_bytes = 2001\n",
            "sip.udp_switch_bytes", "is more than max_message_bytes (2000)",
        ),
        (
            "[registrar]\nmin_expires = 121\n", "registrar.min_expires", "nat_expires is less than min_expires (121)",
        ),
        ("[registrar]\ndefault_expires = 3601\n", "registrar.default_expires", "is more than max_expires (3600)"),
        ("[sip]\ntls_key = 'x.key'\n", "sip.tls_key", "tls_certificate is empty although tls_key is set"),
    ],
)  # fmt: skip
def test_conflict_is_found(installation, text, key, problem):
    installation.write("mss.toml", text)
    fault = installation.fault()
    assert (fault.key, fault.problem) == (key, problem)


def test_udp_beside_web_on_the_same_port_is_no_conflict(installation):
    installation.write("mss.toml", "[sip]\nlisten = ['udp:0.0.0.0:8080']\n")
    assert installation.load().web.port == 8080


def test_no_web_server_conflicts_with_nothing(installation):
    installation.write("mss.toml", "[sip]\nlisten = ['tcp:0.0.0.0:8080']\n[web]\nport = 0\n")
    assert installation.load().web.port == 0


def test_named_certificate_must_exist(installation):
    installation.write("mss.toml", "[sip]\ntls_certificate = 'c.pem'\ntls_key = 'k.pem'\n")
    installation.write("k.pem", "")
    fault = installation.fault()
    assert (fault.line, fault.key) == (2, "sip.tls_certificate")
    assert fault.problem == f"there is no file {installation.paths.config_dir / 'c.pem'}"


def test_named_certificate_must_be_readable(installation, monkeypatch):
    installation.write("mss.toml", "[sip]\ntls_certificate = 'c.pem'\ntls_key = 'k.pem'\n")
    installation.write("c.pem", "")
    key = installation.write("k.pem", "")
    # Root may read everything, so the answer of the system is made up.
    monkeypatch.setattr(os, "access", lambda file, mode: file != key)
    assert installation.fault().key == "sip.tls_key"


def test_default_certificate_may_be_made_later(installation):
    settings = installation.load()
    assert settings.tls_certificate == installation.paths.tls_dir / "server.crt"
    assert settings.tls_key == installation.paths.tls_dir / "server.key"
