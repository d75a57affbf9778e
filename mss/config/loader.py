# SPDX-License-Identifier: GPL-2.0-or-later
"""Load ``mss.toml``, then ``conf.d/*.toml`` by name, then the environment; what comes later wins.

An environment variable is ``MSS__SECTION__NAME``, as in ``MSS__SIP__REALM=example.org``.
"""
from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from mss.config.errors import ConfigError, InvalidConfig
from mss.config.paths import Paths
from mss.config.setting import SettingInfo
from mss.config.settings import SECTIONS, Settings, all_settings
from mss.config.toml_lines import TomlLines
from mss.config.validation import find_conflicts
from mss.config.value import WrongValue, convert, from_environment
from mss.config.var_param import read_var_params

_PREFIX: Final = "MSS__"
_AT_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)|\s*\(at end of document\)")


class _Source(NamedTuple):
    """One file or the environment.  ``lines`` is None for the environment."""

    name: str
    lines: TomlLines | None

    def error(self, path: tuple[str, ...], problem: str, remedy: str, item: str | None = None) -> ConfigError:
        line = self.lines.line_of(path, item) if self.lines is not None else 0
        key = ".".join(path) if self.lines is not None or not path else _PREFIX + "__".join(path).upper()
        return ConfigError(self.name, line, key, problem, remedy)


class _Given(NamedTuple):
    """A value as it was given, and where."""

    raw: object
    source: _Source


def load(paths: Paths, environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of an installation.  Raises InvalidConfig with all mistakes found.

    ``environ`` is the process's environment unless given.
    """
    errors: list[ConfigError] = []
    known = {(info.section, info.name): info for info in all_settings()}
    given: dict[tuple[str, str], _Given] = {}
    for file in _files(paths, errors):
        source, document = _read(file, errors)
        given.update(_values_of(document, source, known, errors))
    given.update(_environment_values(os.environ if environ is None else environ, known, errors))
    values: dict[str, dict[str, object]] = {section: {} for section in SECTIONS}
    for (section, name), (raw, source) in given.items():
        try:
            values[section][name] = convert(known[section, name], raw)
        except WrongValue as wrong:
            errors.append(source.error((section, name), wrong.problem, wrong.remedy, wrong.item))
    sections: dict[str, Any] = {name: section(**values[name]) for name, section in SECTIONS.items()}
    settings = Settings(paths=paths, var_params=read_var_params(paths.var_param_file, errors), **sections)
    default_source = _Source(str(paths.config_file), None)
    for conflict in find_conflicts(settings):
        path = (conflict.section, conflict.name)
        if path not in given and (conflict.section, conflict.other) in given:
            # What somebody wrote is the other one.
            path = (conflict.section, conflict.other)
            conflict = conflict._replace(problem=f"{conflict.name} {conflict.problem}")
        place = given.get(path)
        source = place.source if place is not None else default_source
        error = source.error(path, conflict.problem, conflict.remedy, conflict.item)
        errors.append(error if place is not None else error._replace(key=".".join(path)))
    if errors:
        raise InvalidConfig(errors)
    return settings


def _files(paths: Paths, errors: list[ConfigError]) -> list[Path]:
    if not paths.config_file.is_file():
        command = f"mss --home {paths.config_dir} init" if paths.is_home else "mss init"
        errors.append(ConfigError(str(paths.config_file), 0, "", "there is no such file", f"create it by: {command}"))
        return []
    return [paths.config_file, *sorted(paths.conf_d.glob("*.toml"))]


def _read(file: Path, errors: list[ConfigError]) -> tuple[_Source, dict[str, Any]]:
    """Return the source and its document, which is empty if the file cannot be read as TOML."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        match = _AT_LINE.search(message)
        at_end = len(text.splitlines())
        line = int(match.group(1)) if match is not None and match.group(1) else at_end
        problem = f"is not TOML: {_AT_LINE.sub('', message)}"
        errors.append(ConfigError(str(file), line, "", problem, "correct the line; texts stand in double quotes"))
    except UnicodeDecodeError:
        errors.append(ConfigError(str(file), 0, "", "is not UTF-8 text", "save it as UTF-8"))
    except OSError as error:
        errors.append(ConfigError(str(file), 0, "", f"cannot be read: {error.strerror}", "check its permissions"))
    else:
        return _Source(str(file), TomlLines(text)), document
    return _Source(str(file), None), {}


def _values_of(
    document: Mapping[str, Any],
    source: _Source,
    known: Mapping[tuple[str, str], SettingInfo],
    errors: list[ConfigError],
) -> Iterator[tuple[tuple[str, str], _Given]]:
    """Yield the values of a document; add an error for each name that is not known."""
    for section, table in document.items():
        if section not in SECTIONS:
            remedy = _remedy_for_section(section, known)
            errors.append(source.error((section,), "unknown section or setting", remedy))
        elif not isinstance(table, dict):
            errors.append(source.error((section,), "must be a section", f"write it as [{section}] above its settings"))
        else:
            for name, raw in table.items():
                if (section, name) in known:
                    yield (section, name), _Given(raw, source)
                else:
                    errors.append(source.error((section, name), "unknown setting", _remedy_for(section, name, known)))


def _environment_values(
    environ: Mapping[str, str], known: Mapping[tuple[str, str], SettingInfo], errors: list[ConfigError]
) -> Iterator[tuple[tuple[str, str], _Given]]:
    source = _Source("environment", None)
    for variable, text in sorted(environ.items()):
        if not variable.startswith(_PREFIX):
            continue
        section, _, name = variable[len(_PREFIX):].lower().partition("__")
        info = known.get((section, name))
        if info is None:
            remedy = _remedy_for(section, name, known) if section in SECTIONS else _remedy_for_section(section, known)
            errors.append(ConfigError("environment", 0, variable, "unknown setting", remedy))
        else:
            yield (section, name), _Given(from_environment(info, text), source)


def _remedy_for(section: str, name: str, known: Mapping[tuple[str, str], SettingInfo]) -> str:
    homes = [other for other, setting_name in known if setting_name == name]
    if homes:
        return f"it belongs to section [{homes[0]}]"
    names = [setting_name for other, setting_name in known if other == section]
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]}?" if close else f"remove it; [{section}] knows: {', '.join(names)}"


def _remedy_for_section(section: str, known: Mapping[tuple[str, str], SettingInfo]) -> str:
    homes = [other for other, setting_name in known if setting_name == section]
    if homes:
        return f"move it below [{homes[0]}]"
    close = difflib.get_close_matches(section, SECTIONS, n=1)
    return f"did you mean [{close[0]}]?" if close else f"remove it; known sections: {', '.join(SECTIONS)}"
