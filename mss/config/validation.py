# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules between settings, once each of them is right by itself."""
from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from mss.config.address import Listener
from mss.config.settings import Settings


class Conflict(NamedTuple):
    """One broken rule.  ``section`` and ``name`` are the setting to blame, ``item`` its guilty item or None.

    ``other`` is the setting of the same section that it does not go with: to blame where the first has its default.
    """

    section: str
    name: str
    problem: str
    remedy: str
    item: str | None = None
    other: str = ""


def find_conflicts(settings: Settings) -> Iterator[Conflict]:
    """Yield every broken rule of these settings.  Looks at the file system for certificate files that are named."""
    yield from _listener_conflicts(settings)
    yield from _lifetime_conflicts(settings)
    yield from _certificate_conflicts(settings)
    sip = settings.sip
    if not sip.realm:
        yield Conflict("sip", "realm", "is empty", "choose a name, a domain name for example")
    if not sip.digest_algorithms:
        yield Conflict("sip", "digest_algorithms", "is empty", "name at least one algorithm")
    if sip.session_expires and sip.session_expires < sip.min_se:
        yield Conflict(
            "sip", "session_expires", f"is less than min_se ({sip.min_se})", f"use 0, or {sip.min_se} or more"
        )
    if sip.udp_switch_bytes > sip.max_message_bytes:
        yield Conflict(
            "sip", "udp_switch_bytes", f"is more than max_message_bytes ({sip.max_message_bytes})", "lower it"
        )


def _listener_conflicts(settings: Settings) -> Iterator[Conflict]:
    listeners = settings.sip.listeners
    if not listeners:
        yield Conflict("sip", "listen", "is empty", "name at least one listener, as in udp:0.0.0.0:5060")
    for index, listener in enumerate(listeners):
        text = settings.sip.listen[index]
        for earlier in listeners[:index]:
            if listener == earlier:
                yield Conflict("sip", "listen", f"{text} is named twice", "remove one of the two", text)
            elif listener.clashes_with(earlier):
                yield Conflict(
                    "sip", "listen", f"{text} and {earlier} use the same port", "give one of them another port", text
                )
    if not settings.web.port:
        return
    web = Listener("tcp", settings.web.address, settings.web.port)
    for listener in listeners:
        if web.clashes_with(listener):
            yield Conflict("web", "port", f"{web.port} is used by the SIP listener {listener}", "use another port")


def _lifetime_conflicts(settings: Settings) -> Iterator[Conflict]:
    registrar = settings.registrar
    for name in ("max_expires", "default_expires", "nat_expires"):
        if getattr(registrar, name) < registrar.min_expires:
            problem = f"is less than min_expires ({registrar.min_expires})"
            yield Conflict("registrar", name, problem, f"raise {name}, or lower min_expires", other="min_expires")
    for name in ("default_expires", "nat_expires"):
        if getattr(registrar, name) > registrar.max_expires:
            problem = f"is more than max_expires ({registrar.max_expires})"
            yield Conflict("registrar", name, problem, f"lower {name}, or raise max_expires", other="max_expires")


def _certificate_conflicts(settings: Settings) -> Iterator[Conflict]:
    sip = settings.sip
    if bool(sip.tls_certificate) != bool(sip.tls_key):
        names = ("tls_key", "tls_certificate") if sip.tls_certificate else ("tls_certificate", "tls_key")
        yield Conflict("sip", names[0], f"is empty although {names[1]} is set", "set both or none", other=names[1])
        return
    if not sip.tls_certificate:
        return
    for name, file in (("tls_certificate", settings.tls_certificate), ("tls_key", settings.tls_key)):
        if not file.is_file():
            yield Conflict("sip", name, f"there is no file {file}", "correct the path or put the file there")
        elif not os.access(file, os.R_OK):
            yield Conflict("sip", name, f"{file} cannot be read", "let the server's user read the file")
