# SPDX-License-Identifier: GPL-2.0-or-later
"""Session descriptions (RFC 8866), kept without loss, and offer/answer (RFC 3264)."""
