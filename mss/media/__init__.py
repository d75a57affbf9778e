# SPDX-License-Identifier: GPL-2.0-or-later
"""The media gateway as the call server sees it: plain-data commands and events."""
