# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss reload``."""
from __future__ import annotations

import json


def test_what_changed(run, server, facade, monkeypatch) -> None:
    assert run("reload").stdout == "log.level: in force now\nsip.listen: will be in force after a restart\n"
    assert json.loads(run("reload", "--json").stdout)["changed"] == ["log.level"]

    async def nothing() -> dict:
        return {"changed": [], "restart_needed": []}

    monkeypatch.setattr(facade, "reload_settings", nothing)
    assert run("reload").stdout == "No setting has changed.\n"


def test_mistakes_are_named(run, server, facade) -> None:
    facade.settings_fault = "mss.toml:3: sip.t1: is wrong; mend it\nmss.toml:4: sip.t2: is wrong; mend it"
    assert run("reload", code=1).stderr.splitlines() == [
        "Error: mss.toml:3: sip.t1: is wrong; mend it", "Error: mss.toml:4: sip.t2: is wrong; mend it",
    ]  # fmt: skip


def test_no_server(run, home) -> None:
    assert "no server" in run("reload", code=1).stderr
