# SPDX-License-Identifier: GPL-2.0-or-later
"""Plugin hooks, their manager, and the dispatcher that isolates one plugin from the calls."""
