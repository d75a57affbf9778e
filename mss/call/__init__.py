# SPDX-License-Identifier: GPL-2.0-or-later
"""Pure call control: legs, the back-to-back user agent, forking, transfer; events in, commands out."""
