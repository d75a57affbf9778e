# SPDX-License-Identifier: GPL-2.0-or-later
"""Load tests: puts the same SIP load on mss and its peers and prints what each of them cost."""
