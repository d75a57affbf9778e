# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading the aliases: other names for numbers, as in ``reception = "100"``.

They come from the file ``mss-example.toml`` in the server's configuration directory and from the
environment variable ``MSS_EXAMPLE_ALIASES`` (``reception=100, 8500=101``), which wins.
"""
from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

FILE_NAME: Final = "mss-example.toml"
VARIABLE: Final = "MSS_EXAMPLE_ALIASES"


class AliasError(Exception):
    """A setting that cannot be used; the text says which and what to do."""


def load_aliases(config_dir: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Alias -> number from both places; empty where nothing is configured.  Raises :class:`AliasError`."""
    return {**_read_file(config_dir / FILE_NAME), **_parse_variable(environment.get(VARIABLE, ""))}


def _read_file(path: Path) -> dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise AliasError(f"{path}: {error}") from error
    try:
        table = tomllib.loads(text).get("aliases", {})
    except tomllib.TOMLDecodeError as error:
        raise AliasError(f"{path}: {error}") from error
    if not isinstance(table, dict):
        raise AliasError(f"{path}: aliases must be a table, as in [aliases]")
    for alias, number in table.items():
        if not isinstance(number, str) or not number:
            raise AliasError(f'{path}: aliases.{alias}: write the number in quotes, as in {alias} = "100"')
    return dict(table)


def _parse_variable(text: str) -> dict[str, str]:
    aliases: dict[str, str] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        alias, _, number = (part.strip() for part in item.partition("="))
        if not alias or not number:
            raise AliasError(f"{VARIABLE}: {item!r} is not of the form alias=number")
        aliases[alias] = number
    return aliases
