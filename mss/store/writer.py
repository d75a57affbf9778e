# SPDX-License-Identifier: GPL-2.0-or-later
"""The one thread that writes to the database while the server runs."""
from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from mss.model.binding import BindingRecord
from mss.model.call_record import CallRecord
from mss.store.errors import StoreError
from mss.store.journal import Journal
from mss.store.journal_line import CDR, OPEN
from mss.store.store import Store, Written

#: How long work is gathered before it is written.
INTERVAL: Final = 0.5
#: How often the journal's time is set, at least, while calls are going on.
_HEARTBEAT: Final = 5.0
_FIRST_RETRY: Final = 0.5
_LAST_RETRY: Final = 30.0
_MOST_TASKS: Final = 1000

_log = logging.getLogger("mss.store")


class WriterStatus(NamedTuple):
    """Counters since the start, and what waits.  ``error`` is empty while the database answers."""

    call_records: int
    bindings: int
    refused: int
    failures: int
    error: str
    journal_bytes: int
    journal_failures: int
    waiting_aors: int
    open_calls: int


class Writer:
    """Takes work from the signalling thread and writes it, ``INTERVAL`` seconds after the first piece at the latest.

    The ``put_`` methods never block and never fail.  While the database is away, call records wait in the journal and
    only the newest bindings of each AOR in memory.
    """

    def __init__(self, store: Store, journal: Journal, interval: float = INTERVAL) -> None:
        self._store = store
        self._journal = journal
        self._interval = interval
        self._changes: deque[dict[str, list[BindingRecord]]] = deque()
        self._tasks: deque[Callable[[Store], object]] = deque(maxlen=_MOST_TASKS)
        #: Changes taken from the queue and not yet written (writer thread).
        self._unsaved: dict[str, list[BindingRecord]] = {}
        self._has_work = False
        self._is_closing = False
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._waiting: deque[threading.Event] = deque()
        self._retry_seconds = 0.0
        self._written = Written(0, 0, ())
        self._refused = 0
        self._failures = 0
        self._error = ""
        self._thread = threading.Thread(target=self._run, name="mss-store-writer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def put_open_call(self, record: CallRecord) -> None:
        """Write down what is known of a call that is going on, in case the process ends before the call does."""
        self._journal.append(OPEN, record)

    def put_call_record(self, record: CallRecord) -> None:
        """Write down an ended call; it is in the journal at once, in the database within a second."""
        self._journal.append(CDR, record)
        if not self._has_work:
            self._announce()

    def put_bindings(self, changes: dict[str, list[BindingRecord]]) -> None:
        """Save the bindings of each AOR in ``changes`` (none: remove them).  The caller leaves the dict alone then."""
        self._changes.append(changes)
        if not self._has_work:
            self._announce()

    def put_task(self, task: Callable[[Store], object]) -> None:
        """Call ``task`` with the store, on the writer's thread.  An error of the store is logged, and that is all."""
        self._tasks.append(task)
        if not self._has_work:
            self._announce()

    def flush(self, timeout: float) -> bool:
        """Wait until everything put so far was tried to be written; tell whether it is written (False also: timeout).

        For a stop and for tests: it blocks.
        """
        done = threading.Event()
        self._waiting.append(done)
        self._hurry.set()
        self._announce()
        return done.wait(timeout) and not self._error

    def status(self) -> WriterStatus:
        """Return the counters."""
        return WriterStatus(
            call_records=self._written.call_records,
            bindings=self._written.bindings,
            refused=self._refused,
            failures=self._failures,
            error=self._error,
            journal_bytes=self._journal.unread_bytes,
            journal_failures=self._journal.failures,
            waiting_aors=len(self._unsaved) + sum(len(change) for change in list(self._changes)),
            open_calls=self._journal.open_calls,
        )

    def close(self, timeout: float = 10.0) -> bool:
        """Write what there is and end the thread; tell whether everything was written.

        The journal keeps call records that were not; it stays open.
        """
        self._is_closing = True
        self._hurry.set()
        self._announce()
        self._thread.join(timeout)
        is_done = not self._thread.is_alive() and not self._error
        if not is_done:
            _log.error("the database does not answer: call records stay in the journal, bindings of %d are not saved",
                       len(self._unsaved))
        return is_done

    def _announce(self) -> None:
        self._has_work = True
        self._wake.set()

    def _run(self) -> None:
        while True:
            if self._wake.wait(_HEARTBEAT):
                self._hurry.wait(self._retry_seconds or self._interval)
            # Cleared before the work is looked at: whatever comes later sets them again.
            self._hurry.clear()
            self._wake.clear()
            self._has_work = False
            is_last = self._is_closing
            waiting = [self._waiting.popleft() for _ in range(len(self._waiting))]
            is_written = self.write_pending()
            for done in waiting:
                done.set()
            if is_last:
                return
            if not is_written:
                self._wake.set()

    def write_pending(self) -> bool:
        """Write everything that waits, in as many transactions as it takes; tell whether that went well.

        Called by the thread, or instead of it where there is none.
        """
        try:
            self._journal.touch()
            self._write_rows()
        except (StoreError, OSError) as error:
            self._note_failure(error)
            return False
        if self._error:
            _log.warning("the database answers again")
        self._error = ""
        self._retry_seconds = 0.0
        self._run_tasks()
        return True

    def _write_rows(self) -> None:
        for _ in range(len(self._changes)):
            self._unsaved.update(self._changes.popleft())
        while True:
            reading = self._journal.read()
            records = reading.records if reading is not None else []
            if records or self._unsaved:
                self._count(self._store.write(records, self._unsaved))
                self._unsaved = {}
            if reading is None:
                return
            self._journal.acknowledge(reading)

    def _run_tasks(self) -> None:
        for _ in range(len(self._tasks)):
            task = self._tasks.popleft()
            try:
                task(self._store)
            except StoreError as error:
                _log.error("%s", error)

    def _count(self, done: Written) -> None:
        self._written = Written(
            self._written.call_records + done.call_records, self._written.bindings + done.bindings, ()
        )
        self._refused += len(done.refused)
        for fault in done.refused:
            _log.error("not saved: %s", fault)

    def _note_failure(self, error: Exception) -> None:
        self._failures += 1
        self._retry_seconds = min(max(self._retry_seconds * 2, _FIRST_RETRY), _LAST_RETRY)
        if not self._error:
            _log.error("%s; trying again", error)
        self._error = str(error)
