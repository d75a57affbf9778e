# SPDX-License-Identifier: GPL-2.0-or-later
"""Opening the database of an installation."""
from __future__ import annotations

import pytest

from mss.cli.installation import Installation
from mss.cli.stored import has_database, open_store
from mss.config.errors import InvalidConfig
from mss.config.paths import Paths


def test_new_database_gets_its_tables(home) -> None:
    (home / "mss.db").unlink()
    with open_store(Installation(Paths.for_home(home))) as store:
        assert store.users.list() == []


def test_without_settings_there_is_no_database(tmp_path) -> None:
    with pytest.raises(InvalidConfig), open_store(Installation(Paths.for_home(tmp_path))):
        pass
    assert list(tmp_path.iterdir()) == []


def test_looking_creates_nothing(run, home) -> None:
    installation = Installation(Paths.for_home(home))
    assert has_database(installation)
    (home / "mss.db").unlink()
    assert not has_database(installation)
    run("plugin", "list")
    assert not (home / "mss.db").exists()
