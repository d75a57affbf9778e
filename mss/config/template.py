# SPDX-License-Identifier: GPL-2.0-or-later
"""The commented files that ``mss init`` writes, and the directories around them."""
from __future__ import annotations

import ipaddress
import os
import textwrap
from pathlib import Path
from typing import NamedTuple

from mss.config.address import Listener
from mss.config.paths import Paths
from mss.config.setting import SettingInfo
from mss.config.settings import SECTIONS, all_settings
from mss.config.value import toml_text
from mss.config.var_param import VARIABLES

#: Both files may hold secrets (a database URL), the directories what calls leave behind.
_FILE_MODE = 0o640
_DIRECTORY_MODE = 0o750


class InitOptions(NamedTuple):
    """What ``mss init`` may be told."""

    bind: str = "0.0.0.0"
    sip_port: int = 5060
    web_port: int = 8080

    def listeners(self) -> list[Listener]:
        """Return the SIP listeners: UDP and TCP on the SIP port, TLS on the next.

        Raises ValueError for what cannot be bound.
        """
        host = str(ipaddress.ip_address(self.bind.strip("[]")))
        if not 1 <= self.sip_port <= 65534:
            raise ValueError(f"SIP port {self.sip_port} is not from 1 to 65534 (TLS takes the port after it)")
        if not 0 <= self.web_port <= 65535 or self.web_port in (self.sip_port, self.sip_port + 1):
            raise ValueError(f"web port {self.web_port} is not from 0 to 65535, or is one of the SIP ports")
        return [
            Listener("udp", host, self.sip_port),
            Listener("tcp", host, self.sip_port),
            Listener("tls", host, self.sip_port + 1),
        ]


def write_files(paths: Paths, options: InitOptions) -> list[Path]:
    """Create the directories and the two configuration files; return the files that were written.

    An existing file is left as it is.  Raises ValueError for options that make no sense, OSError.
    """
    texts = {paths.config_file: render_toml(options), paths.var_param_file: render_var_params()}
    for directory in paths.directories():
        directory.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
    return [file for file, text in texts.items() if _write_new(file, text)]


def render_toml(options: InitOptions) -> str:
    """Return the text of mss.toml: every setting with its meaning; what equals its default is commented out."""
    active: dict[str, object] = {
        "sip.listen": tuple(str(listener) for listener in options.listeners()),
        "web.address": options.listeners()[0].host,
        "web.port": options.web_port,
    }
    parts = [
        "# Configuration of mss.  A setting that is commented out is shown with its default.  Files in conf.d/ are",
        "# read after this one, in order of their names, and win; then the environment (MSS__SIP__REALM=example.org).",
        "# Check it by: mss check",
    ]
    section = ""
    for info in all_settings():
        if info.section != section:
            section = info.section
            parts += ["", "", f"[{section}]", *_comment(_first_line(SECTIONS[section]))]
        parts += ["", *_comment(_meaning(info)), _assignment(info, active.get(info.key))]
    return "\n".join(parts) + "\n"


def render_var_params() -> str:
    """Return the text of mss_var_param.ini with all known variables at their defaults, commented out."""
    parts = ["; System variables of mss.  Names are case-sensitive."]
    section = ""
    for variable in sorted(VARIABLES):
        if variable.section != section:
            section = variable.section
            parts += ["", f"[{section}]"]
        parts += [f"; {line}" for line in textwrap.wrap(variable.description, 110)]
        parts.append(f";{variable.name}={variable.default}")
    return "\n".join(parts) + "\n"


def _assignment(info: SettingInfo, value: object | None) -> str:
    if value is None:
        return f"#{info.name} = {toml_text(info.default)}"
    return f"{info.name} = {toml_text(value)}"


def _meaning(info: SettingInfo) -> str:
    rule = info.rule
    notes = [f"Unit: {rule.unit}."] if rule.unit else []
    if rule.choices:
        notes.append(f"One of: {', '.join(rule.choices)}.")
    if rule.restart:
        notes.append("Needs a restart.")
    return " ".join([rule.description, *notes])


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, 110)]


def _first_line(settings_class: type) -> str:
    return (settings_class.__doc__ or "").splitlines()[0]


def _write_new(file: Path, text: str) -> bool:
    """Write the file unless it exists; tell whether it was written."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    return True
