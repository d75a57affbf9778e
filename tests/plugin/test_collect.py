# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import click

from mss.plugin.api import hookimpl
from mss.plugin.collect import collect


@click.command()
def hello() -> None:
    """Say hello."""


class Good:
    @hookimpl
    def mss_cli_commands(self):
        yield hello


class Async:
    @hookimpl
    async def mss_cli_commands(self):
        return [hello]


class Bad:
    @hookimpl
    def mss_cli_commands(self):
        raise ValueError("broken")


class Wrong:
    @hookimpl
    def mss_cli_commands(self):
        return ["hello"]


class Silent:
    @hookimpl
    def mss_cli_commands(self):
        return None


def test_bad_plugins_are_left_out(world, caplog):
    class Sleeper:
        @hookimpl
        def mss_cli_commands(self):
            world.release.wait(60)

    manager = world.manager(a=Good(), b=Bad(), c=Sleeper(), d=Wrong(), e=Silent(), f=Async())
    assert collect(manager, "mss_cli_commands", seconds=0.2) == [("a", [hello]), ("f", [hello])]
    infos = {info.name: info for info in manager.list()}
    assert [(infos[name].errors, infos[name].slow) for name in "abcdef"] == [
        (0, 0), (1, 0), (0, 1), (1, 0), (0, 0), (0, 0)
    ]  # fmt: skip
    assert "plugin b: mss_cli_commands raised ValueError: broken" in caplog.text
    assert "plugin c: mss_cli_commands takes longer than 0.2 s and is left out" in caplog.text
    assert "returned a list with str, expected Command" in infos["d"].last_error


def test_arguments_are_handed_over(world):
    class Gateway:
        @hookimpl
        def mss_media_gateway(self, settings):
            return settings.append

    given: list[object] = []
    assert collect(world.manager(g=Gateway()), "mss_media_gateway", (given,)) == [("g", given.append)]
