# SPDX-License-Identifier: GPL-2.0-or-later
"""The database (SQLite or PostgreSQL), the call record journal, and the one thread that writes."""
