# SPDX-License-Identifier: GPL-2.0-or-later
"""Users, bindings, call records, plugins."""
from __future__ import annotations

from alembic import op
from sqlalchemy import Boolean, Column, Double, Integer, PrimaryKeyConstraint, Text

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the first tables."""
    _create_users()
    _create_bindings()
    _create_call_records()
    op.create_table(
        "plugins",
        Column("name", Text, primary_key=True),
        Column("enabled", Boolean, nullable=False),
        Column("last_error", Text, nullable=False),
        Column("failed_at", Double, nullable=False),
        sqlite_with_rowid=False,
    )


def _create_users() -> None:
    op.create_table(
        "users",
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


def _create_bindings() -> None:
    op.create_table(
        "bindings",
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


def _create_call_records() -> None:
    op.create_table(
        "call_records",
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
