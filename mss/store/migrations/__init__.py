# SPDX-License-Identifier: GPL-2.0-or-later
"""The steps from each schema to the next.

A new step is ``versions/vNNNN_what_it_does.py`` with ``revision``, ``down_revision`` (the one before) and
``upgrade()``; ``SCHEMA_VERSION`` names the newest.  A released step is never changed.
"""
