# SPDX-License-Identifier: GPL-2.0-or-later
"""The database: models, migrations, repositories, and the writer behind the hot path."""
