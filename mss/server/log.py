# SPDX-License-Identifier: GPL-2.0-or-later
"""Where log lines go: the systemd journal with fields, or plain lines on standard error.

Fields travel in ``extra``: ``logger.info("answered", extra=call_fields(call_id, user))``.  The journal stores them as
``CALL_ID=`` and ``MSS_USER=``; the plain log appends them to the line.  Hot code asks ``logger.isEnabledFor`` first and
passes arguments, never a formatted text.
"""
from __future__ import annotations

import logging
import os
import sys
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final, TextIO

from mss.server import service_manager
from mss.server.masking import mask_text

#: The root of all our loggers.
ROOT: Final = "mss"
LEVELS: Final[Mapping[str, int]] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
#: Journal field -> the word that stands for it in a plain line.
FIELDS: Final[Mapping[str, str]] = {"CALL_ID": "call", "MSS_USER": "user", "MSS_PEER": "peer", "MSS_PLUGIN": "plugin"}

#: A key that logs more than this many lines within a window is cut off until the window ends.
DEFAULT_BURST: Final = 5
DEFAULT_WINDOW: Final = 60.0
DEFAULT_KEYS: Final = 1024


class PlainFormatter(logging.Formatter):
    """``2026-03-01 12:00:00 WARNING mss.sip  text  [call=... user=...]``, always one line per record."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s  %(message)s", "%Y-%m-%d %H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """The line, with its fields; line breaks of a remote text are shown, not obeyed."""
        record.message = mask_text(record.getMessage()).replace("\r", "\\r").replace("\n", "\\n")
        record.asctime = self.formatTime(record, self.datefmt)
        line = self.formatMessage(record)
        fields = [f"{word}={getattr(record, name)}" for name, word in FIELDS.items() if getattr(record, name, "")]
        if fields:
            line += f"  [{' '.join(fields)}]"
        if record.exc_info:
            line += "\n" + mask_text(self.formatException(record.exc_info))
        return line


class JournalSender:
    """Between systemd's handler and the journal: leaves only proper fields, and no secret in them."""

    def __init__(self, send: Callable[..., None]) -> None:
        self._send = send

    def __call__(self, message: str, /, **fields: object) -> None:
        """Send one entry.  The handler adds all attributes of the record; those in capitals are meant for the journal.

        The arguments of the message (``CODE_ARGS``) stand in the message itself already.
        """
        kept = {
            name: mask_text(value) if isinstance(value, str) else value
            for name, value in fields.items()
            if name.isupper() and name not in ("CODE_ARGS", "EXCEPTION_INFO")
        }
        self._send(mask_text(message), **kept)


def set_up_logging(level: str = "info", stream: TextIO | None = None) -> None:
    """Send our log to the journal when the service manager connected us to it, else as lines to ``stream``.

    ``level`` is a key of ``LEVELS``.  A second call (reload) replaces the first.
    """
    logger = logging.getLogger(ROOT)
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
    logger.addHandler(_build_handler(stream))
    logger.setLevel(LEVELS[level])
    logger.propagate = False
    # The logging module looks these up for each record; nobody reads them here.
    logging.logProcesses = False


def call_fields(call_id: str = "", user: str = "", peer: str = "") -> dict[str, str]:
    """The ``extra`` of a log line that belongs to a call, a user or a peer; empty ones are left out."""
    fields = {"CALL_ID": call_id, "MSS_USER": user, "MSS_PEER": peer}
    return {name: value for name, value in fields.items() if value}


class RateLimitedLog:
    """Log lines about remote mistakes: at most ``burst`` per ``key`` and ``window`` seconds.

    What was left out is told in one line when the key's window has ended and the key logs again, or by ``flush``.
    At most ``max_keys`` keys are remembered (the longest silent is forgotten), so that a flood from many addresses
    cannot fill the memory; a second limit of ten times ``burst`` over all keys keeps such a flood out of the log.
    """

    def __init__(
        self,
        logger: logging.Logger,
        burst: int = DEFAULT_BURST,
        window: float = DEFAULT_WINDOW,
        max_keys: int = DEFAULT_KEYS,
    ) -> None:
        self._logger = logger
        self._burst = burst
        self._window = window
        self._max_keys = max_keys
        self._counts: OrderedDict[str, _Count] = OrderedDict()
        self._all = _Count(0.0)

    def log(self, level: int, now: float, key: str, message: str, *args: object, **fields: str) -> bool:
        """Log ``message % args`` unless ``key`` has had its share; tells whether it was logged.

        ``fields`` are journal fields (``CALL_ID="..."``).  ``now`` is monotonic seconds.
        """
        if not self._logger.isEnabledFor(level):
            return False
        count = self._count_of(key, now)
        if count.logged >= self._burst or self._all_used_up(now):
            count.suppressed += 1
            return False
        count.logged += 1
        self._all.logged += 1
        self._logger.log(level, message, *args, extra=fields)
        return True

    def warning(self, now: float, key: str, message: str, *args: object, **fields: str) -> bool:
        """``log`` at the level of nearly all remote mistakes."""
        return self.log(logging.WARNING, now, key, message, *args, **fields)

    def flush(self, now: float) -> None:
        """Tell what was left out in windows that have ended; called now and then, and at shut-down with ``inf``."""
        ended = [key for key, count in self._counts.items() if now - count.started >= self._window]
        for key in ended:
            self._tell_suppressed(key, self._counts.pop(key))

    def _count_of(self, key: str, now: float) -> _Count:
        count = self._counts.get(key)
        if count is not None and now - count.started >= self._window:
            self._tell_suppressed(key, self._counts.pop(key))
            count = None
        if count is None:
            if len(self._counts) >= self._max_keys:
                self._tell_suppressed(*self._counts.popitem(last=False))
            count = self._counts[key] = _Count(now)
        self._counts.move_to_end(key)
        return count

    def _all_used_up(self, now: float) -> bool:
        if now - self._all.started >= self._window:
            self._all = _Count(now)
        return self._all.logged >= 10 * self._burst

    def _tell_suppressed(self, key: str, count: _Count) -> None:
        if count.suppressed and self._all.logged < 20 * self._burst:
            self._all.logged += 1
            self._logger.warning("%s: ... suppressed %d similar", key, count.suppressed)


class _Count:
    """What one key logged since ``started``."""

    __slots__ = ("started", "logged", "suppressed")

    def __init__(self, started: float) -> None:
        self.started = started
        self.logged = 0
        self.suppressed = 0


def is_connected_to_journal(environment: Mapping[str, str] | None = None, descriptor: int = 2) -> bool:
    """Whether ``descriptor`` (standard error) goes to the journal: ``JOURNAL_STREAM`` names its device and inode."""
    environment = os.environ if environment is None else environment
    device, _, inode = environment.get("JOURNAL_STREAM", "").partition(":")
    try:
        found = os.fstat(descriptor)
    except OSError:
        return False
    return (device, inode) == (str(found.st_dev), str(found.st_ino))


def _build_handler(stream: TextIO | None) -> logging.Handler:
    journal: Any = service_manager.journal
    handler: logging.Handler
    if stream is None and journal is not None and is_connected_to_journal():
        handler = journal.JournalHandler(sender_function=JournalSender(journal.send), SYSLOG_IDENTIFIER=ROOT)
    else:
        handler = logging.StreamHandler(sys.stderr if stream is None else stream)
        handler.setFormatter(PlainFormatter())
    return handler
