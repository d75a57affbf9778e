# SPDX-License-Identifier: GPL-2.0-or-later
"""From the value in a file or the environment to the value of a setting, or to what is wrong with it."""
from __future__ import annotations

import ipaddress
import json
import math
import tomllib
from collections.abc import Callable
from typing import Final

from mss.config.address import is_host, parse_listener, parse_network
from mss.config.setting import Rule, SettingInfo


class WrongValue(Exception):
    """A value that a setting cannot have.  ``item`` is the guilty item of a list, or None."""

    def __init__(self, problem: str, remedy: str, item: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
        self.item = item


def toml_text(value: object) -> str:
    """Write a setting's value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(toml_text(item) for item in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def convert(info: SettingInfo, raw: object) -> object:
    """Return the value of the setting for a value as TOML gives it.  Raises WrongValue."""
    if info.type_name == "list":
        if not isinstance(raw, list):
            raise WrongValue(f"must be a list, not {_kind_of(raw)}", _example(info))
        return tuple(_convert_item(info, item) for item in raw)
    if info.type_name == "bool":
        if not isinstance(raw, bool):
            raise WrongValue(f"must be true or false, not {_kind_of(raw)}", _example(info))
        return raw
    if info.type_name == "str":
        if not isinstance(raw, str):
            raise WrongValue(f"must be a text, not {_kind_of(raw)}", _example(info))
        return _check_text(info.rule, raw)
    return _convert_number(info, raw)


def from_environment(info: SettingInfo, text: str) -> object:
    """Return the value, as TOML would give it, for the text of an environment variable.

    A text stands as it is; a list is a TOML array, or its items with commas between them.
    """
    if info.type_name == "str":
        return text
    if info.type_name == "list" and not text.lstrip().startswith("["):
        return [item.strip() for item in text.split(",") if item.strip()]
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _convert_item(info: SettingInfo, item: object) -> str:
    if not isinstance(item, str):
        raise WrongValue(f"must be a list of texts; {item!r} is {_kind_of(item)}", _example(info))
    try:
        return _check_text(info.rule, item)
    except WrongValue as wrong:
        raise WrongValue(wrong.problem, wrong.remedy, item) from None


def _convert_number(info: SettingInfo, raw: object) -> int | float:
    is_number = isinstance(raw, int | float) and not isinstance(raw, bool)
    if not isinstance(raw, int | float) or not is_number or (info.type_name == "int" and not isinstance(raw, int)):
        wanted = "a whole number" if info.type_name == "int" else "a number"
        raise WrongValue(f"must be {wanted}, not {_kind_of(raw)}", _example(info))
    low, high = info.rule.minimum, info.rule.maximum
    unit = f" {info.rule.unit}" if info.rule.unit else ""
    if not math.isfinite(raw) or (low is not None and raw < low) or (high is not None and raw > high):
        bounds = f"from {low} to {high}{unit}" if high is not None else f"{low}{unit} or more"
        raise WrongValue(f"{raw} is out of range", f"use a value {bounds}")
    return float(raw) if info.type_name == "float" else raw


def _check_text(rule: Rule, text: str) -> str:
    if rule.choices and text not in rule.choices:
        by_folded = {choice.lower(): choice for choice in rule.choices}
        if text.lower() in by_folded:
            return by_folded[text.lower()]
        raise WrongValue(f"{text!r} is not known", f"use one of {', '.join(rule.choices)}")
    check = _TEXT_CHECKS.get(rule.kind)
    return check(text) if check is not None else text


def _check_listener(text: str) -> str:
    try:
        return str(parse_listener(text))
    except ValueError as error:
        raise WrongValue(f"{text!r} is not a listener: {error}", "as in tls:0.0.0.0:5061 or udp:[::]:5060") from None


def _check_network(text: str) -> str:
    try:
        return str(parse_network(text))
    except ValueError as error:
        raise WrongValue(str(error), "correct the network") from None


def _check_host(text: str) -> str:
    if text and not is_host(text):
        raise WrongValue(f"{text!r} is neither an IP address nor a host name", "write it without port or scheme")
    return text


def _check_address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise WrongValue(f"{text!r} is not an IP address", "as in 0.0.0.0, 192.0.2.7 or ::") from None


def _check_phrase(text: str) -> str:
    if not text.isprintable() or '"' in text or "\\" in text:
        raise WrongValue("has a character that cannot stand in a SIP header", "use printable text without quotes")
    return text


def _check_url(text: str) -> str:
    if text and not text.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        # The text is not repeated, it may hold a password.
        raise WrongValue("is not a URL of a supported database", "begin it with postgresql:// or sqlite:///")
    return text


_TEXT_CHECKS: Final[dict[str, Callable[[str], str]]] = {
    "listener": _check_listener,
    "network": _check_network,
    "host": _check_host,
    "address": _check_address,
    "phrase": _check_phrase,
    "url": _check_url,
}


def _kind_of(raw: object) -> str:
    if isinstance(raw, bool):
        return "true or false"
    if isinstance(raw, str):
        return "a text"
    if isinstance(raw, list):
        return "a list"
    if isinstance(raw, dict):
        return "a table"
    return "a number" if isinstance(raw, int | float) else "a date or time"


def _example(info: SettingInfo) -> str:
    return f"as in {info.name} = {toml_text(info.default)}"
