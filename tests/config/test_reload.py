# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from mss.config.reload import Change, reload


def test_nothing_changed(installation):
    old = installation.load()
    result = reload(old, installation.paths, {})
    assert (result.settings, result.errors, result.changes) == (old, (), ())


def test_changes_tell_what_needs_a_restart(installation):
    old = installation.load()
    installation.write("mss.toml", "[web]\nport = 9090\n[sip]\nrealm = 'new'\n")
    installation.write("mss_var_param.ini", "[sip]\ngVarSipRegSameDialog=0\n")
    result = reload(old, installation.paths, {})
    assert result.settings.sip.realm == "new"
    assert result.changes == (
        Change("sip.realm", False), Change("web.port", True), Change("[sip] gVarSipRegSameDialog", True),
    )  # fmt: skip


def test_wrong_file_keeps_the_old_settings(installation):
    installation.write("mss.toml", "[sip]\nrealm = 'old'\n")
    old = installation.load()
    installation.write("mss.toml", "[sip]\nrealm = 'new'\nt1 = 'x'\n")
    result = reload(old, installation.paths, {})
    assert result.settings is old
    assert [error.key for error in result.errors] == ["sip.t1"]
    assert result.changes == ()
