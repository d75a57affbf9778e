# SPDX-License-Identifier: GPL-2.0-or-later
"""The database of an installation, for commands that work on it directly."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mss.cli.installation import Installation
from mss.store.store import Store


def has_database(installation: Installation) -> bool:
    """False where opening the database would create it: for commands that only look.  Raises InvalidConfig."""
    return bool(installation.settings.database.url) or installation.paths.database_file.exists()


@contextmanager
def open_store(installation: Installation) -> Iterator[Store]:
    """The database with an up-to-date schema.  Raises InvalidConfig, StoreError."""
    store = Store.open(installation.settings.database_url)
    try:
        store.migrate()
        yield store
    finally:
        store.close()

