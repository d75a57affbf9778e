# SPDX-License-Identifier: GPL-2.0-or-later
"""The public test kit: fake clock, SIP pair, playbook, fake carrier, pytest plugin."""
