# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss check``: everything that would keep the server from starting, or from working well, told beforehand."""
from __future__ import annotations

import datetime
import logging
import os
import socket
from collections.abc import Callable, Iterator
from typing import Final

import click
from cryptography import x509

from mss.cli.installation import Installation, pass_installation
from mss.cli.output import json_option, print_json
from mss.cli.plugin_loading import effective_plugin_settings
from mss.cli.stored import has_database
from mss.config.address import Listener
from mss.config.errors import ConfigError, InvalidConfig
from mss.plugin.manager import build_plugin_manager
from mss.plugin.record import FAILED
from mss.store.errors import StoreError
from mss.store.schema import SCHEMA_VERSION
from mss.store.store import Store
from mss.transport.addresses import family_of, socket_address
from mss.transport.errors import CertificateError
from mss.transport.tls import TlsContexts

#: A certificate that ends within so many days gets a warning.
_SOON_DAYS: Final = 14

#: A finding and whether the server can start all the same.
Finding = tuple[ConfigError, bool]
_MAY_START: Final = True
_CANNOT_START: Final = False


@click.command()
@json_option
@pass_installation
def check(installation: Installation, as_json: bool) -> None:
    """Look for mistakes in the configuration and around it.

    Reads all configuration files, and looks at directories, certificate, database, ports and plugins.  Each mistake is
    named with its file, line, key and remedy.  Fails (exit code 1) if the server could not start.
    """
    findings = list(find_problems(installation))
    problems = [finding for finding, may_start in findings if not may_start]
    warnings = [finding for finding, may_start in findings if may_start]
    if as_json:
        print_json({
            "ok": not problems,
            "problems": [problem._asdict() for problem in problems],
            "warnings": [warning._asdict() for warning in warnings],
        })
    else:
        for finding, may_start in findings:
            click.echo(f"{'Warning' if may_start else 'Error'}: {finding}", err=True)
        if not problems:
            click.echo(f"{installation.paths.config_file}: no mistake found.")
    if problems:
        raise click.exceptions.Exit(1)


def find_problems(installation: Installation) -> Iterator[Finding]:
    """Everything that is wrong; with wrong settings nothing beyond them is looked at."""
    try:
        _ = installation.settings
    except InvalidConfig as invalid:
        for error in invalid.errors:
            yield error, _CANNOT_START
        return
    checks: tuple[Callable[[Installation], Iterator[Finding]], ...] = (
        _check_directories, _check_certificate, _check_database, _check_listeners, _check_plugins,
    )
    for find in checks:
        yield from find(installation)


def _check_directories(installation: Installation) -> Iterator[Finding]:
    remedy = f"create it by: {installation.command('init')}"
    for directory in installation.paths.directories():
        if not directory.is_dir():
            yield ConfigError(str(directory), 0, "", "there is no such directory", remedy), _CANNOT_START
        elif not os.access(directory, os.R_OK | os.X_OK):
            yield ConfigError(str(directory), 0, "", "cannot be read", "check its owner and mode"), _CANNOT_START
    for directory in (installation.paths.data_dir, installation.paths.run_dir):
        if directory.is_dir() and not os.access(directory, os.W_OK):
            yield ConfigError(str(directory), 0, "", "cannot be written", "check its owner and mode"), _CANNOT_START


def _check_certificate(installation: Installation) -> Iterator[Finding]:
    settings = installation.settings
    if not any(listener.is_secure for listener in settings.sip.listeners):
        return
    file = settings.tls_certificate
    contexts = TlsContexts(str(file), str(settings.tls_key), verify=False, ca_file="", log=logging.getLogger("mss"))
    try:
        contexts.reload()
        ends = x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
    except CertificateError as error:
        yield ConfigError(error.path, 0, "", str(error).removeprefix(f"{error.path}: "), ""), _CANNOT_START
        return
    left = ends - datetime.datetime.now(datetime.UTC)
    if left < datetime.timedelta(days=_SOON_DAYS):
        word = "has ended" if left < datetime.timedelta() else "ends"
        problem = f"the certificate {word} on {ends:%Y-%m-%d}"
        yield ConfigError(str(file), 0, "", problem, "renew it; the server takes it over by itself"), _MAY_START


def _check_database(installation: Installation) -> Iterator[Finding]:
    settings = installation.settings
    file = str(installation.paths.database_file)
    remedy = f"create it by: {installation.command('init')}"
    if not has_database(installation):
        yield ConfigError(file, 0, "", "there is no database yet", remedy), _CANNOT_START
        return
    try:
        store = Store.open(settings.database_url)
        version = store.schema_version()
        store.close()
    except StoreError as error:
        key = "database.url" if settings.database.url else ""
        place = str(installation.paths.config_file) if key else file
        yield ConfigError(place, 0, key, error.problem, error.remedy), _CANNOT_START
        return
    if not version:
        yield ConfigError(store.name, 0, "", "the database has no tables yet", remedy), _CANNOT_START
    elif version > SCHEMA_VERSION:
        problem = f"the database has schema {version}, this program knows {SCHEMA_VERSION}"
        yield ConfigError(store.name, 0, "", problem, "install the newer version again"), _CANNOT_START


def _check_listeners(installation: Installation) -> Iterator[Finding]:
    """Try every address, unless our own server has it."""
    if installation.control.is_running():
        return
    for listener in installation.settings.sip.listeners:
        problem = _bind_problem(listener)
        if problem:
            remedy = f"another program may have it: ss -lnp 'sport = :{listener.port}'; or change it in [sip] listen"
            key = f"sip.listen {listener}"
            yield ConfigError(str(installation.paths.config_file), 0, key, problem, remedy), _CANNOT_START


def _bind_problem(listener: Listener) -> str:
    """Why the address cannot be opened; empty if it can."""
    kind = socket.SOCK_DGRAM if listener.is_datagram else socket.SOCK_STREAM
    try:
        with socket.socket(family_of(listener.host), kind) as probe:
            if not listener.is_datagram:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if ":" in listener.host:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind(socket_address(listener.host, listener.port))
    except OSError as error:
        return f"cannot be opened: {error.strerror}"
    return ""


def _check_plugins(installation: Installation) -> Iterator[Finding]:
    config_file = str(installation.paths.config_file)
    manager = build_plugin_manager(effective_plugin_settings(installation))
    infos = manager.list()
    for info in infos:
        if info.state == FAILED:
            remedy = f"see: {installation.command(f'plugin check {info.name}')}"
            yield ConfigError(f"plugin {info.name}", 0, "", info.reason, remedy), _MAY_START
    installed = {info.name for info in infos}
    plugins = installation.settings.plugins
    for key, names in (("plugins.disabled", plugins.disabled), ("plugins.inline", plugins.inline)):
        for name in names:
            if name not in installed:
                remedy = f"installed are: {', '.join(sorted(installed)) or 'none'}"
                yield ConfigError(config_file, 0, key, f"no plugin {name} is installed", remedy), _MAY_START
