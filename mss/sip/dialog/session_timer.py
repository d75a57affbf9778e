# SPDX-License-Identifier: GPL-2.0-or-later
"""Session timers (RFC 4028) and keep-alive probes for sessions."""
from __future__ import annotations

from mss.sip.dialog.dialog import Dialog, lists
from mss.sip.dialog.service import DialogSettings
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
        #: None once stopped, so that what still lies in the wheel does not hold it.
        self.dialog: Dialog | None = dialog
        self.interval = interval
        self.is_refresher = is_refresher

    def start(self) -> None:
        """Begin a new interval: at set-up and with every refresh."""
        dialog = self.dialog
        if dialog is None:
            return
        if self.is_refresher:
            wait = self.interval / 2
        else:
            wait = self.interval - min(32.0, self.interval / 3)
        dialog.service.context.wheel.arm(self, to_ticks(wait))

    def take_answer(self, response: Message) -> None:
        """The final response to our INVITE or refresh: a 2xx decides the new interval (RFC 4028 7.2).

        Without Session-Expires in it the peer keeps no timer and we go on refreshing.  A 422 names the
        least interval for the next refresh.
        """
        if response.status == 422:
            self.interval = max(self.interval, minimum_interval(response))
        elif response.status < 300:
            seconds, refresher = session_interval(response)
            self.interval = seconds or self.interval
            self.is_refresher = refresher != "uas"
            self.start()

    def stop(self) -> None:
        """The session is over."""
        self.due = -1
        self.dialog = None

    def expire(self) -> None:
        """Refresh, or find the peer gone."""
        dialog = self.dialog
        if dialog is None:
            return
        if self.is_refresher:
            self.start()
            dialog.refresh()
        else:
            dialog.lose("session timer expired")


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
    return lists(message, SUPPORTED, "timer")


def answer_interval(timer: SessionTimer, request: Message, settings: DialogSettings) -> str:
    """Set ``timer`` as the answerer of ``request`` chooses (RFC 4028 9, table 2); returns the lines for the 2xx."""
    asked, refresher = session_interval(request)
    seconds = min(asked, settings.session_expires) if asked else settings.session_expires
    timer.interval = max(seconds, settings.min_se, minimum_interval(request))
    if not supports_timer(request):
        timer.is_refresher = True
    elif refresher:
        timer.is_refresher = refresher == "uas"
    if timer.is_refresher:
        return f"Session-Expires: {timer.interval};refresher=uas\r\n"
    return f"Session-Expires: {timer.interval};refresher=uac\r\nRequire: timer\r\n"
