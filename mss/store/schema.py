# SPDX-License-Identifier: GPL-2.0-or-later
"""The tables.  A change here needs a migration in ``migrations/versions`` and the next ``SCHEMA_VERSION``.

Columns stand in the order of the fields of the class that a row becomes, so that rows are made and read by position.
Times are wall-clock seconds since the epoch.
"""
from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, Double, Integer, MetaData, PrimaryKeyConstraint, Table, Text

#: The newest revision in ``migrations/versions``.
SCHEMA_VERSION: Final = "0001"

metadata = MetaData()

#: ``mss.model.user.User``; ``ip_addresses`` has blanks between its items.
users = Table(
    "users",
    metadata,
    Column("number", Text, primary_key=True),
    Column("password", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("multi_device", Boolean, nullable=False),
    Column("max_devices", Integer, nullable=False),
    Column("ip_addresses", Text, nullable=False),
    Column("fixed_contact", Text, nullable=False),
    Column("max_calls", Integer, nullable=False),
    Column("max_call_seconds", Integer, nullable=False),
    Column("no_answer_seconds", Integer, nullable=False),
    Column("forward_all", Text, nullable=False),
    Column("forward_busy", Text, nullable=False),
    Column("forward_no_answer", Text, nullable=False),
    Column("forward_unreachable", Text, nullable=False),
    Column("media", Text, nullable=False),
    Column("session_expires", Integer, nullable=False),
    sqlite_with_rowid=False,
)

#: ``mss.model.binding.BindingRecord``, with its place among the bindings of its AOR.
bindings = Table(
    "bindings",
    metadata,
    Column("aor", Text, primary_key=True),
    Column("contact", Text, nullable=False),
    Column("flow_key", Text, nullable=False),
    Column("via_nat", Boolean, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("call_id", Text, nullable=False),
    Column("cseq", Integer, nullable=False),
    Column("user_agent", Text, nullable=False),
    Column("instance", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("q", Integer, nullable=False),
    Column("registered_at", Double, nullable=False),
    Column("slot", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

#: ``mss.model.call_record.CallRecord``.  The key begins with the time, so that rows are added at the end of the tree:
#: this costs half of what a key of random characters does, and serves the lists by time as well.
call_records = Table(
    "call_records",
    metadata,
    Column("id", Text, nullable=False),
    Column("call_id", Text, nullable=False),
    Column("caller", Text, nullable=False),
    Column("dialled", Text, nullable=False),
    Column("called", Text, nullable=False),
    Column("caller_type", Text, nullable=False),
    Column("called_type", Text, nullable=False),
    Column("caller_device", Text, nullable=False),
    Column("called_device", Text, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("rang_at", Double, nullable=False),
    Column("answered_at", Double, nullable=False),
    Column("ended_at", Double, nullable=False),
    Column("status", Integer, nullable=False),
    Column("cause", Integer, nullable=False),
    Column("cause_text", Text, nullable=False),
    Column("ended_by", Text, nullable=False),
    Column("forwarded_by", Text, nullable=False),
    Column("transferred_by", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("media", Text, nullable=False),
    Column("fci", Text, nullable=False),
    PrimaryKeyConstraint("started_at", "id"),
    sqlite_with_rowid=False,
)

#: ``mss.model.plugin_state.PluginState``.
plugins = Table(
    "plugins",
    metadata,
    Column("name", Text, primary_key=True),
    Column("enabled", Boolean, nullable=False),
    Column("last_error", Text, nullable=False),
    Column("failed_at", Double, nullable=False),
    sqlite_with_rowid=False,
)
