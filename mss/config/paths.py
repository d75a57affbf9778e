# SPDX-License-Identifier: GPL-2.0-or-later
"""Where everything of one installation lives."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Paths:
    """The three directories of an installation, and what is in them.

    ``config_dir`` is written by the administrator, ``data_dir`` by the server, ``run_dir`` holds what is gone after a
    stop.  With ``mss --home DIR`` all three are the same directory.
    """

    config_dir: Path
    data_dir: Path
    run_dir: Path
    #: Whether this is a ``--home`` installation.
    is_home: bool = False

    @classmethod
    def for_home(cls, directory: str | Path) -> Paths:
        """Return the paths of an installation that lives in one directory."""
        home = Path(directory).expanduser().absolute()
        return cls(home, home, home, is_home=True)

    @classmethod
    def system(cls, prefix: str | Path = "/") -> Paths:
        """Return the paths of the machine's own installation; ``prefix`` puts the tree below another root."""
        root = Path(prefix)
        return cls(root / "etc/mss", root / "var/lib/mss", root / "run/mss")

    @property
    def config_file(self) -> Path:
        """The main configuration file."""
        return self.config_dir / "mss.toml"

    @property
    def conf_d(self) -> Path:
        """The directory of further configuration files, read in order of their names after the main one."""
        return self.config_dir / "conf.d"

    @property
    def var_param_file(self) -> Path:
        """The file of system variables."""
        return self.config_dir / "mss_var_param.ini"

    @property
    def lua_services(self) -> Path:
        """The directory of the administrator's Lua services."""
        return self.config_dir / "lua" / "services"

    @property
    def tls_dir(self) -> Path:
        """The directory of certificate and key where the settings name no other."""
        return self.config_dir / "tls"

    @property
    def database_file(self) -> Path:
        """The SQLite database that is used where the settings name no other."""
        return self.data_dir / "mss.db"

    @property
    def journal_dir(self) -> Path:
        """The directory of the call record journal."""
        return self.data_dir / "journal"

    @property
    def recordings_dir(self) -> Path:
        """The directory of call recordings."""
        return self.data_dir / "recordings"

    @property
    def plugins_dir(self) -> Path:
        """The directory of what plugins keep."""
        return self.data_dir / "plugins"

    @property
    def socket(self) -> Path:
        """The control socket of the running server."""
        return self.run_dir / "mss.sock"

    def directories(self) -> list[Path]:
        """Return all directories that an installation has, parents first, each one once."""
        wanted = (
            self.config_dir,
            self.data_dir,
            self.run_dir,
            self.conf_d,
            self.lua_services,
            self.tls_dir,
            self.journal_dir,
            self.recordings_dir,
            self.plugins_dir,
        )
        return list(dict.fromkeys(wanted))
