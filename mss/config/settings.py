# SPDX-License-Identifier: GPL-2.0-or-later
"""All settings of ``mss.toml``, one frozen class per section.

A setting is here only if the process needs it before it can open a database; users, lines and everything else that
is edited while the server runs are objects of the store.
"""
from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from mss.config.address import Listener, parse_listener, parse_network
from mss.config.paths import Paths
from mss.config.setting import SettingInfo, describe, setting
from mss.config.var_param import VarParams


@dataclass(frozen=True)
class SipSettings:
    """Addresses, identity and limits of the SIP stack."""

    listen: tuple[str, ...] = setting(
        ("udp:0.0.0.0:5060", "tcp:0.0.0.0:5060", "tls:0.0.0.0:5061"),
        "Addresses to listen on, as transport:address:port; transports are udp, tcp, tls, ws, wss; "
        "an IPv6 address stands in brackets.",
        kind="listener",
        restart=True,
    )
    realm: str = setting("mss", "Digest realm; phones show it, and some store passwords by it.", kind="phrase")
    domains: tuple[str, ...] = setting(
        (), "Further domain names that mean this server in a SIP address.", kind="host"
    )
    public_address: str = setting(
        "", "Address by which peers outside the local networks reach the server behind its NAT; empty if none.",
        kind="host", restart=True,
    )
    local_networks: tuple[str, ...] = setting(
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7", "fe80::/10", "::1/128"),
        "Networks whose peers are given the server's own address instead of the public one.",
        kind="network", restart=True,
    )
    digest_algorithms: tuple[str, ...] = setting(
        ("MD5",), "Digest algorithms offered, in this order. Many phones cannot register when they are offered any "
        "other than MD5, even beside it.", choices=("MD5", "SHA-256")
    )
    nonce_seconds: int = setting(300, "Life of a digest nonce.", unit="seconds", minimum=10, maximum=86400)
    max_message_bytes: int = setting(
        65535, "Largest SIP message accepted; a larger one is answered 513.", unit="bytes", minimum=1500,
        maximum=1048576, restart=True,
    )
    udp_switch_bytes: int = setting(
        1300, "Requests larger than this go by TCP where the peer has it (RFC 3261 18.1.1).", unit="bytes",
        minimum=500, maximum=65535,
    )
    t1: float = setting(
        0.5, "Round-trip time estimate T1, the base of all retransmission timers.", unit="seconds", minimum=0.05,
        maximum=4.0, restart=True,
    )
    session_expires: int = setting(
        0, "Session interval asked for in calls of the server (RFC 4028); 0 = do not ask.", unit="seconds",
        minimum=0, maximum=86400,
    )
    min_se: int = setting(
        90, "Smallest session interval accepted from a peer (RFC 4028).", unit="seconds", minimum=90, maximum=86400
    )
    probe_seconds: int = setting(
        0, "Time between in-dialog probes of an established call; 0 = off.", unit="seconds", minimum=0, maximum=86400
    )
    options_ping_seconds: int = setting(
        60, "Time between OPTIONS pings of a registered device; 0 = off.", unit="seconds", minimum=0, maximum=86400
    )
    server_header: str = setting(
        "mss", "Value of the Server and User-Agent headers; empty = none.", kind="phrase", restart=True
    )
    max_connections: int = setting(
        20000, "Most connections (tcp, tls, ws, wss) open at a time; a further one is closed.", minimum=1,
        maximum=1000000, restart=True,
    )
    tls_certificate: str = setting(
        "", "PEM file of certificate and chain; empty = tls/server.crt beside mss.toml. A renewed file is used at "
        "once.", kind="path", restart=True
    )
    tls_key: str = setting(
        "", "PEM file of the private key; empty = tls/server.key beside mss.toml.", kind="path", restart=True
    )

    @cached_property
    def listeners(self) -> tuple[Listener, ...]:
        """``listen``, parsed.  Raises ValueError for a text that the loader would not have accepted."""
        return tuple(parse_listener(text) for text in self.listen)

    @cached_property
    def networks(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """``local_networks``, parsed.  Raises ValueError for a text that the loader would not have accepted."""
        return tuple(parse_network(text) for text in self.local_networks)


@dataclass(frozen=True)
class RegistrarSettings:
    """Lifetimes of registrations (RFC 3261 section 10.3)."""

    min_expires: int = setting(
        60, "Shortest lifetime; a REGISTER that asks for less is answered 423.", unit="seconds", minimum=1,
        maximum=86400,
    )
    max_expires: int = setting(
        3600, "Longest lifetime granted.", unit="seconds", minimum=1, maximum=604800
    )
    default_expires: int = setting(
        3600, "Lifetime granted where the device asks for none.", unit="seconds", minimum=1, maximum=604800
    )
    nat_expires: int = setting(
        120, "Longest lifetime granted to a device behind NAT.", unit="seconds", minimum=1, maximum=604800
    )


@dataclass(frozen=True)
class CallSettings:
    """Defaults and limits of calls; a user's own value wins where there is one."""

    no_answer_seconds: int = setting(
        60, "How long a device may ring before the call counts as not answered.", unit="seconds", minimum=1,
        maximum=3600,
    )
    max_call_seconds: int = setting(
        0, "Longest duration of a call; 0 = no limit.", unit="seconds", minimum=0, maximum=604800
    )
    max_hops: int = setting(5, "Most forwards that one call may take.", minimum=0, maximum=70)
    max_calls: int = setting(0, "Most calls at a time in the whole server; 0 = no limit.", minimum=0, maximum=1000000)
    media: str = setting(
        "direct", "How media travels: direct between the devices, or anchored in the media gateway.",
        choices=("direct", "anchored"),
    )
    send_181: bool = setting(True, "Tell the caller by 181 that the call is being forwarded.")


@dataclass(frozen=True)
class DatabaseSettings:
    """Where objects, registrations and call records are kept."""

    url: str = setting(
        "", "Database URL, as in postgresql://mss:secret@db.example/mss; empty = SQLite file mss.db in the data "
        "directory.", kind="url", restart=True, secret=True,
    )


@dataclass(frozen=True)
class WebSettings:
    """The web server for administration pages and API."""

    address: str = setting("0.0.0.0", "IP address to listen on.", kind="address", restart=True)
    port: int = setting(8080, "TCP port to listen on; 0 = no web server.", minimum=0, maximum=65535, restart=True)


@dataclass(frozen=True)
class LogSettings:
    """The log."""

    level: str = setting(
        "info", "Least important messages that are logged.", choices=("debug", "info", "warning", "error")
    )


@dataclass(frozen=True)
class PluginSettings:
    """What installed plugins may do."""

    disabled: tuple[str, ...] = setting((), "Plugins that are not loaded.", restart=True)
    inline: tuple[str, ...] = setting(
        (), "Trusted plugins whose hooks run on the signalling thread, without the time limit.", restart=True
    )
    timeout_ms: int = setting(
        500, "Longest time that one hook of a plugin may take.", unit="milliseconds", minimum=1, maximum=60000
    )


#: The section classes by their name in mss.toml, in the order in which they are shown.
SECTIONS: Final[dict[str, type[Any]]] = {
    "sip": SipSettings,
    "registrar": RegistrarSettings,
    "call": CallSettings,
    "database": DatabaseSettings,
    "web": WebSettings,
    "log": LogSettings,
    "plugins": PluginSettings,
}


@dataclass(frozen=True)
class Settings:
    """The whole configuration of one server."""

    paths: Paths = field(default_factory=Paths.system)
    sip: SipSettings = field(default_factory=SipSettings)
    registrar: RegistrarSettings = field(default_factory=RegistrarSettings)
    call: CallSettings = field(default_factory=CallSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    web: WebSettings = field(default_factory=WebSettings)
    log: LogSettings = field(default_factory=LogSettings)
    plugins: PluginSettings = field(default_factory=PluginSettings)
    var_params: VarParams = field(default_factory=VarParams)

    @property
    def database_url(self) -> str:
        """The database URL, with the default filled in.  It may contain a password: never log it."""
        return self.database.url or f"sqlite:///{self.paths.database_file}"

    @property
    def tls_certificate(self) -> Path:
        """The certificate file, with the default filled in."""
        return self._config_path(self.sip.tls_certificate, "server.crt")

    @property
    def tls_key(self) -> Path:
        """The private key file, with the default filled in."""
        return self._config_path(self.sip.tls_key, "server.key")

    def _config_path(self, text: str, default_name: str) -> Path:
        if not text:
            return self.paths.tls_dir / default_name
        return self.paths.config_dir / Path(text).expanduser()


def all_settings() -> Iterator[SettingInfo]:
    """Yield every setting of every section."""
    for section, settings_class in SECTIONS.items():
        yield from describe(section, settings_class)


def get_value(settings: Settings, info: SettingInfo) -> object:
    """Return the value that a setting has."""
    return getattr(getattr(settings, info.section), info.name)
