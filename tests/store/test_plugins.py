# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from mss.model.plugin_state import PluginState
from mss.store import schema


def test_columns_are_the_fields_of_a_state_in_their_order():
    assert [column.name for column in schema.plugins.c] == list(PluginState._fields)


def test_unknown_plugin_is_enabled(store):
    assert store.plugins.get("x") == PluginState("x", True, "", 0.0)
    assert store.plugins.list() == []


def test_switch_and_error_do_not_disturb_each_other(store):
    store.plugins.set_enabled("b", False)
    store.plugins.set_error("b", "raised", 1700000000.5)
    store.plugins.set_enabled("a", True)
    assert store.plugins.list() == [PluginState("a", True, "", 0.0), PluginState("b", False, "raised", 1700000000.5)]
    store.plugins.set_enabled("b", True)
    assert store.plugins.get("b") == PluginState("b", True, "raised", 1700000000.5)
