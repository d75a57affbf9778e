# SPDX-License-Identifier: GPL-2.0-or-later
"""Settings and stored states together."""
from __future__ import annotations

from mss.config.settings import PluginSettings
from mss.model.plugin_state import PluginState
from mss.server.plugin_settings import with_disabled


def test_both_count_and_each_name_once() -> None:
    states = [PluginState("a", False, "", 0.0), PluginState("b", True, "x", 1.0), PluginState("c", False, "", 0.0)]
    merged = with_disabled(PluginSettings(disabled=("c", "d"), timeout_ms=7), states)
    assert merged == PluginSettings(disabled=("c", "d", "a"), timeout_ms=7)
