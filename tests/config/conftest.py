# SPDX-License-Identifier: GPL-2.0-or-later
"""An installation in a temporary directory, whose files a test writes."""
from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

from mss.config.errors import ConfigError, InvalidConfig
from mss.config.loader import load
from mss.config.paths import Paths
from mss.config.settings import Settings


class Installation:
    """Files of one installation, and what comes of loading them."""

    def __init__(self, home: Path) -> None:
        self.paths = Paths.for_home(home)
        self.write("mss.toml", "")

    def write(self, name: str, text: str) -> Path:
        """Write a file, without the indentation that it has in the test."""
        file = self.paths.config_dir / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        return file

    def load(self, environ: Mapping[str, str] | None = None) -> Settings:
        """Load the settings with this environment only."""
        return load(self.paths, environ or {})

    def faults(self, environ: Mapping[str, str] | None = None) -> list[ConfigError]:
        """Load settings that have mistakes; return these."""
        with pytest.raises(InvalidConfig) as raised:
            self.load(environ)
        return list(raised.value.errors)

    def fault(self, environ: Mapping[str, str] | None = None) -> ConfigError:
        """Load settings that have one mistake; return it, with the file's name only."""
        (found,) = self.faults(environ)
        return found._replace(file=Path(found.file).name)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """An installation with an empty mss.toml."""
    return Installation(tmp_path / "home")
