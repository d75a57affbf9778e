# SPDX-License-Identifier: GPL-2.0-or-later
"""The public test kit: a server, phones and a carrier on a network in memory, with a clock that tests move.

Nothing here opens a socket, sleeps or starts a thread.  ``docs/test-kit.md`` shows how to use it;
``mss.testing.pytest_plugin`` offers it as pytest fixtures.
"""
