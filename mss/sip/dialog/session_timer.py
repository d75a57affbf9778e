# SPDX-License-Identifier: GPL-2.0-or-later
"""Session timers (RFC 4028) and keep-alive probes for sessions."""
from __future__ import annotations

from mss.sip.dialog.dialog import Dialog
from mss.sip.fields import get_param
from mss.sip.headers import MIN_SE, SESSION_EXPIRES, SUPPORTED
from mss.sip.message import Message
from mss.sip.timers import Timed, to_ticks


class SessionTimer(Timed):
    """Refreshes a session in time, or gives it up when the peer's refresh does not come.

    ``interval`` is the session interval in seconds; with ``is_refresher`` we refresh at half of it,
    else we wait for the peer and end the session shortly before the interval ends (RFC 4028 10).
    """

    __slots__ = ("dialog", "interval", "is_refresher")

    def __init__(self, dialog: Dialog, interval: int, is_refresher: bool) -> None:
        self.due = -1
        self.dialog = dialog
        self.interval = interval
        self.is_refresher = is_refresher

    def start(self) -> None:
        """Begin a new interval: at set-up and with every refresh."""
        if self.is_refresher:
            wait = self.interval / 2
        else:
            wait = self.interval - min(32.0, self.interval / 3)
        self.dialog.service.context.wheel.arm(self, to_ticks(wait))

    def expire(self) -> None:
        """Refresh, or find the peer gone."""
        if self.is_refresher:
            self.start()
            self.dialog.refresh()
        else:
            self.dialog.lose("session timer expired")


def session_interval(message: Message) -> tuple[int, str]:
    """Seconds and refresher ("uac", "uas" or "") of Session-Expires; (0, "") when absent or not a number."""
    value = message.get(SESSION_EXPIRES) or message.get("x")
    if value is None:
        return 0, ""
    text, _, params = value.partition(";")
    text = text.strip()
    if not text.isdecimal():
        return 0, ""
    return int(text), (get_param(params, "refresher") or "").lower()


def minimum_interval(message: Message) -> int:
    """Seconds of Min-SE, 0 when absent."""
    text = (message.get(MIN_SE) or "").partition(";")[0].strip()
    return int(text) if text.isdecimal() else 0


def supports_timer(message: Message) -> bool:
    """Whether the sender listed the option tag ``timer``."""
    return "timer" in (message.get(SUPPORTED) or "")
