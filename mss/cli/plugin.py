# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss plugin``: what is installed beside the server, and whether it works."""
from __future__ import annotations

from typing import Any

import click

from mss.cli.client import NoServer
from mss.cli.complete import complete_plugin
from mss.cli.errors import CommandFailed
from mss.cli.installation import Installation, pass_installation
from mss.cli.output import Column, json_option, or_dash, print_json, print_rows, printable
from mss.cli.plugin_loading import effective_plugin_settings
from mss.cli.stored import open_store
from mss.plugin.check import check as check_plugin
from mss.plugin.manager import UnknownPluginError, build_plugin_manager
from mss.plugin.validation import ERROR

_COLUMNS = (
    Column("name", "Plugin"),
    Column("version", "Version", or_dash),
    Column("state", "State"),
    Column("calls", "Calls", is_number=True),
    Column("errors", "Errors", is_number=True),
    Column("slow", "Too slow", is_number=True),
    Column("dropped", "Dropped", is_number=True),
    Column("hooks", "Hooks", or_dash),
    Column("trouble", "Trouble", or_dash),
)


@click.group()
def plugin() -> None:
    """List, enable, disable and check plugins.

    A plugin is a Python package, installed with pip into the server's environment.
    """


@plugin.command("list")
@json_option
@pass_installation
def list_plugins(installation: Installation, as_json: bool) -> None:
    """List installed plugins: state, hooks, and what went wrong.

    From the running server with its counters; without one, as they would be loaded at its start.
    """
    try:
        found: list[dict[str, Any]] = installation.control.ask("plugins.list")
    except NoServer:
        manager = build_plugin_manager(effective_plugin_settings(installation))
        found = [{**info._asdict(), "hooks": list(info.hooks)} for info in manager.list()]
    rows = found if as_json else [{**info, "trouble": info["reason"] or info["last_error"]} for info in found]
    print_rows(rows, _COLUMNS, as_json)


@plugin.command()
@click.argument("name", shell_complete=complete_plugin)
@json_option
@pass_installation
def enable(installation: Installation, name: str, as_json: bool) -> None:
    """Use the plugin NAME, at once and after every start."""
    if name in installation.settings.plugins.disabled:
        raise CommandFailed(
            f"plugin {name} is named in [plugins] disabled of {installation.paths.config_file} (or conf.d); "
            "take it out there, then: " + installation.command("reload")
        )
    _switch(installation, name, True, as_json)


@plugin.command()
@click.argument("name", shell_complete=complete_plugin)
@json_option
@pass_installation
def disable(installation: Installation, name: str, as_json: bool) -> None:
    """Do not use the plugin NAME, from now on and after every start."""
    _switch(installation, name, False, as_json)


@plugin.command()
@click.argument("target", metavar="NAME|PATH", shell_complete=complete_plugin)
@json_option
def check(target: str, as_json: bool) -> None:
    """Examine a plugin: an installed one, a .py file, or a package's folder.

    Its code is imported, so that every hook can be compared with what the server expects.  Fails if the server would
    not use it.
    """
    findings = check_plugin(target)
    has_error = any(finding.level == ERROR for finding in findings)
    if as_json:
        print_json({"ok": not has_error, "findings": [finding._asdict() for finding in findings]})
    else:
        for finding in findings:
            click.echo(f"{finding.level}: {printable(finding.place)}: {printable(finding.message)}", err=True)
        if not findings:
            click.echo(f"{target}: nothing stands against it.")
    if has_error:
        raise click.exceptions.Exit(1)


def _switch(installation: Installation, name: str, enabled: bool, as_json: bool) -> None:
    """Tell the running server first, which knows whether there is such a plugin; then the database, for later."""
    try:
        info: dict[str, Any] = installation.control.ask("plugins.enable" if enabled else "plugins.disable", name=name)
    except NoServer:
        info = _load_to_switch(installation, name, enabled)
    with open_store(installation) as store:
        store.plugins.set_enabled(name, enabled)
    if as_json:
        print_json(info)
    else:
        click.echo(f"Plugin {name}: {info['state']}" + (f", {printable(info['reason'])}" if info["reason"] else ""))
    if enabled and info["state"] == "failed":
        raise click.exceptions.Exit(1)


def _load_to_switch(installation: Installation, name: str, enabled: bool) -> dict[str, Any]:
    manager = build_plugin_manager(effective_plugin_settings(installation))
    try:
        info = manager.enable(name) if enabled else manager.disable(name)
    except UnknownPluginError as error:
        raise CommandFailed(f"{error}; list them by: {installation.command('plugin list')}") from None
    return {**info._asdict(), "hooks": list(info.hooks)}
