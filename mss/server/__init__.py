# SPDX-License-Identifier: GPL-2.0-or-later
"""The composition root: builds, starts and stops the parts, and executes what call control commands."""
