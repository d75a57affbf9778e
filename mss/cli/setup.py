# SPDX-License-Identifier: GPL-2.0-or-later
"""Everything that the first start creates: files, certificate, database, first users."""
from __future__ import annotations

import socket
from pathlib import Path
from typing import Final, NamedTuple

from mss.cli.errors import CommandFailed
from mss.cli.installation import Installation
from mss.cli.lazy_group import load_target
from mss.cli.stored import has_database, open_store
from mss.cli.user_options import generate_password
from mss.config.settings import Settings
from mss.config.template import InitOptions, write_files
from mss.model.user import User
from mss.server.machine_addresses import machine_addresses

DEMO_NUMBERS: Final = ("100", "101", "102")


class SetUp(NamedTuple):
    """What was created; what was there before is not in it."""

    files: list[Path]
    users: list[User]

    def wrote_settings(self, installation: Installation) -> bool:
        """Whether the installation is a new one."""
        return installation.paths.config_file in self.files


def set_up(installation: Installation, options: InitOptions, demo_users: bool) -> SetUp:
    """Create what is missing; nothing that exists is changed.

    ``options`` count only for a new mss.toml, ``demo_users`` only for a new installation without users.  Raises
    CommandFailed for options that make no sense, and the errors of the parts.
    """
    try:
        files = write_files(installation.paths, options)
    except ValueError as error:
        raise CommandFailed(str(error)) from error
    is_new = installation.paths.config_file in files
    settings = installation.settings
    files += _create_certificate(settings)
    if not has_database(installation):
        files.append(installation.paths.database_file)
    users: list[User] = []
    with open_store(installation) as store:
        if is_new and demo_users and not store.users.list():
            users = [store.users.add(User(number, generate_password())) for number in DEMO_NUMBERS]
    return SetUp(files, users)


def _create_certificate(settings: Settings) -> list[Path]:
    """Make a certificate where the settings name none of their own and there is none."""
    certificate, key = settings.tls_certificate, settings.tls_key
    is_ours = not settings.sip.tls_certificate and not settings.sip.tls_key
    if not is_ours or certificate.exists() or key.exists():
        return []
    # Loaded here because every start comes along, and only the first one needs cryptography.
    create_certificate = load_target("mss.transport.certificate:create_certificate")
    create_certificate(certificate, key, _names(settings))
    return [certificate, key]


def _names(settings: Settings) -> list[str]:
    """All names by which phones may reach this server."""
    names = [settings.sip.public_address, *settings.sip.domains, socket.gethostname(), *machine_addresses()]
    bound = [listener.host for listener in settings.sip.listeners if not listener.is_wildcard]
    return [name.strip("[]") for name in dict.fromkeys([*names, *bound, "localhost", "127.0.0.1", "::1"]) if name]
