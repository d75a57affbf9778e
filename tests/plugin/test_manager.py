# SPDX-License-Identifier: GPL-2.0-or-later
"""One broken plugin says why; the others are loaded all the same."""
from __future__ import annotations

import pytest

from mss.config.settings import PluginSettings
from mss.plugin.api import API_VERSION, Redirect, hookimpl
from mss.plugin.manager import UnknownPluginError, build_plugin_manager


class Good:
    @hookimpl
    def mss_route_call(self, call):
        return Redirect("200")


class Misspelt:
    @hookimpl
    def mss_rout_call(self, call):
        return None


class WrongArgument:
    @hookimpl
    def mss_route_call(self, cal):
        return None


class TooNew(Good):
    mss_api = API_VERSION + 1


def broken_import():
    raise ImportError("No module named 'nowhere'")


def info_of(manager, name):
    return next(info for info in manager.list() if info.name == name)


def test_good_plugin_is_listed(world):
    manager = world.manager(good=Good())
    info = info_of(manager, "good")
    assert info._asdict() == {
        "name": "good", "version": "1.0", "source": "good", "state": "active", "reason": "",
        "hooks": ("mss_route_call",), "calls": 0, "errors": 0, "slow": 0, "dropped": 0, "last_error": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("plugin", "reason"),
    [
        (Misspelt(), "unknown hook mss_rout_call, did you mean mss_route_call?"),
        (WrongArgument(), "mss_route_call has no argument cal, did you mean call?"),
        (TooNew(), f"it was written for plugin API {API_VERSION + 1}, this server has {API_VERSION}"),
    ],
)
def test_faulty_plugin_is_not_used_and_says_why(world, caplog, plugin, reason):
    manager = world.manager(bad=plugin, good=Good())
    assert info_of(manager, "bad").state == "failed"
    assert info_of(manager, "bad").reason == reason
    assert info_of(manager, "good").state == "active"
    assert [record.name for record, _ in manager.implementations("mss_route_call")] == ["good"]
    assert f"plugin bad is not used: {reason}" in caplog.text


@pytest.mark.parametrize("error", [ImportError("No module named 'nowhere'"), SyntaxError("bad"), SystemExit(3)])
def test_failed_import_is_recorded_with_its_traceback(world, entry_point, error):
    def load():
        raise error

    world.points.append(entry_point("bad", load))
    manager = world.manager(good=Good())
    info = info_of(manager, "bad")
    assert info.state == "failed"
    assert info.reason.startswith(f"{type(error).__name__}: {error} (")
    assert "in load" in manager.record("bad").traceback
    assert info_of(manager, "good").state == "active"


def test_plugin_that_raises_when_looked_at(world):
    class Hostile:
        def __dir__(self):
            raise ValueError("do not look")

    manager = world.manager(bad=Hostile(), good=Good())
    assert info_of(manager, "bad").reason.startswith("ValueError: do not look")
    assert info_of(manager, "good").state == "active"


def test_disabled_plugin_is_not_even_imported(world, entry_point):
    world.points.append(entry_point("bad", broken_import))
    manager = world.manager_with(PluginSettings(disabled=("bad",)))
    info = info_of(manager, "bad")
    assert (info.state, info.reason) == ("disabled", "disabled in [plugins] disabled")


def test_installed_plugins_come_before_the_builtin_ones_and_by_name(world):
    class First(Good):
        @hookimpl(tryfirst=True)
        def mss_route_call(self, call):
            return None

    class Last(Good):
        @hookimpl(trylast=True)
        def mss_route_call(self, call):
            return None

    manager = world.manager({"z": Good()}, b=Good(), c=First(), a=Last(), d=Good())
    names = [record.name for record, _ in manager.implementations("mss_route_call")]
    assert names == ["c", "b", "d", "z", "a"]
    manager.disable("b")
    manager.enable("b")
    assert [record.name for record, _ in manager.implementations("mss_route_call")] == names


def test_disable_and_enable(world):
    changes = []
    manager = world.manager(good=Good())
    manager.on_change(lambda: changes.append([name for name, _ in manager.implementations("mss_route_call")]))
    assert manager.disable("good").state == "disabled"
    assert manager.disable("good").reason == "disabled by command"
    assert manager.enable("good").state == "active"
    assert [len(names) for names in changes] == [0, 0, 1]


def test_enable_finds_a_plugin_installed_since_the_start(world, entry_point):
    manager = world.manager()
    with pytest.raises(UnknownPluginError, match="no plugin good is installed"):
        manager.enable("good")
    world.points.append(entry_point("good", Good))
    assert manager.enable("good").state == "active"


def test_enable_tries_a_failed_import_again(world, entry_point):
    faults = [ImportError("not yet")]

    def load():
        if faults:
            raise faults.pop()
        return Good()

    world.points.append(entry_point("late", load))
    manager = world.manager()
    assert info_of(manager, "late").state == "failed"
    assert manager.enable("late").state == "active"
    assert manager.record("late").traceback == ""


def test_unknown_name_is_answered_with_the_nearest(world):
    with pytest.raises(UnknownPluginError, match="did you mean good"):
        world.manager(good=Good()).disable("god")


def test_second_plugin_of_a_name_fails(world, entry_point):
    world.points.append(entry_point("good", Good, dist="other"))
    manager = world.manager({"good": Good()})
    assert info_of(manager, "good").source == "built-in"
    assert info_of(manager, "good@other").reason == "the name good is taken by built-in"


def test_installed_packages_are_found():
    manager = build_plugin_manager(PluginSettings(disabled=("mss-example",)))
    assert all(info.source != "built-in" for info in manager.list())
