# SPDX-License-Identifier: GPL-2.0-or-later
"""What is remembered of plugins: whether an administrator switched them off, and their last error."""
from __future__ import annotations

from sqlalchemy import select

from mss.model.plugin_state import PluginState
from mss.store import schema
from mss.store.database import Database


class PluginRepository:
    """The states of plugins by name.  A plugin that is not in it is enabled and has had no error."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._upsert = database.upsert_sql(schema.plugins)

    def list(self) -> list[PluginState]:
        """Return all states by name."""
        with self._database.reading() as connection:
            query = select(schema.plugins).order_by(schema.plugins.c.name)
            return [PluginState._make(row) for row in connection.execute(query)]

    def get(self, name: str) -> PluginState:
        """Return the state of a plugin."""
        for state in self.list():
            if state.name == name:
                return state
        return PluginState(name, True, "", 0.0)

    def set_enabled(self, name: str, enabled: bool) -> PluginState:
        """Switch a plugin on or off, for the next start or load."""
        return self._put(self.get(name)._replace(enabled=enabled))

    def set_error(self, name: str, text: str, failed_at: float) -> PluginState:
        """Remember an error, the newest one only; ``failed_at`` is wall-clock seconds."""
        return self._put(self.get(name)._replace(last_error=text, failed_at=failed_at))

    def _put(self, state: PluginState) -> PluginState:
        with self._database.writing() as connection:
            connection.exec_driver_sql(self._upsert, tuple(state))
        return state
