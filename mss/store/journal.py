# SPDX-License-Identifier: GPL-2.0-or-later
"""The call record journal: what makes a call record survive a crash of the process.

The signalling thread adds a line with one system call; the writer thread copies the records to the database and
removes files of which nothing is needed any more.  What a crash leaves behind is read by ``mss.store.replay`` at the
next start.  A line is safe from a crash of the process at once, from one of the machine after the kernel has written
it out (some seconds).
"""
from __future__ import annotations

import fcntl
import logging
import os
from collections import deque
from pathlib import Path
from typing import Final, NamedTuple

from mss.model.call_record import CallRecord
from mss.store.errors import JournalInUse, StoreError
from mss.store.journal_line import CDR, OPEN, decode, encode, is_cdr
from mss.store.segment import SUFFIX, Segment, list_segments

SEGMENT_BYTES: Final = 8 * 1024 * 1024
#: How much is read for one transaction of the database.
_READ_BYTES: Final = 512 * 1024
#: A file that is kept only for this part of its calls, or less, is let go: their lines are written again.
_CARRIED_PART: Final = 20
#: Records kept in memory while the disk takes none.
_MOST_UNWRITTEN: Final = 10_000

_log = logging.getLogger("mss.store")


class Reading(NamedTuple):
    """Records that are to go to the database, and what to acknowledge when they are there."""

    records: list[CallRecord]
    segment: Segment | None
    offset: int


class Journal:
    """The journal of one server.

    ``append`` and ``close`` belong to the signalling thread, ``read``, ``acknowledge`` and ``touch`` to the writer.
    """

    def __init__(self, directory: Path, segment_bytes: int = SEGMENT_BYTES) -> None:
        """Take the directory over.  Raises JournalInUse if another process has it, StoreError."""
        self._directory = directory
        self._segment_bytes = segment_bytes
        self._lock = _lock_directory(directory)
        #: Files of the run before, for ``mss.store.replay``.
        self.old_segments = list_segments(directory)
        self._number = int(self.old_segments[-1].stem) if self.old_segments else 0
        self._segments: deque[Segment] = deque()
        #: The file that knows a call to be going on, by the record's ``id``.
        self._segment_of: dict[str, Segment] = {}
        #: Ended calls that could not be written down; the writer takes them from here.
        self._unwritten: deque[CallRecord] = deque(maxlen=_MOST_UNWRITTEN)
        #: Those of them that the writer has taken and not yet acknowledged.
        self._rescued: list[CallRecord] = []
        self._limit = segment_bytes
        self._is_failing = False
        #: Lines that could not be written.
        self.failures = 0
        try:
            self._current = self._add_segment()
        except OSError as error:
            raise StoreError(f"journal {directory}: {error.strerror}", "check the directory's permissions") from error

    @property
    def open_calls(self) -> int:
        """How many calls have an "open" line and no "cdr" line yet."""
        return len(self._segment_of)

    @property
    def unread_bytes(self) -> int:
        """How much is not yet in the database (lines of open calls included)."""
        return sum(segment.size - segment.offset for segment in list(self._segments))

    def append(self, kind: str, record: CallRecord) -> None:
        """Add a line.  A disk that fails is logged once and counted; the record goes to the database all the same.

        ``OPEN`` may be added several times for one call; ``CDR`` ends it.
        """
        line = encode(kind, record)
        try:
            self._current.append(line)
        except OSError as error:
            self._note_failure(kind, record, error)
        else:
            self._is_failing = False
        holder = self._segment_of.pop(record.id, None)
        if holder is not None:
            del holder.live[record.id]
        if kind == OPEN:
            self._hold(record.id, line)
        if self._current.size >= self._limit:
            self._rotate()

    def read(self) -> Reading | None:
        """Return the next records for the database, or None if there are none.  Raises OSError."""
        while self._unwritten and len(self._rescued) < _MOST_UNWRITTEN:
            self._rescued.append(self._unwritten.popleft())
        if self._rescued:
            return Reading(list(self._rescued), None, len(self._rescued))
        for segment in list(self._segments):
            if segment.is_read:
                continue
            try:
                lines, offset = segment.read(_READ_BYTES)
            except FileNotFoundError:
                self._forget(segment)
                continue
            if offset > segment.offset:
                decoded = [decode(line) for line in lines if is_cdr(line)]
                return Reading([item[1] for item in decoded if item is not None], segment, offset)
        return None

    def acknowledge(self, reading: Reading) -> None:
        """Note that the records of a reading are in the database; remove the files that are done with."""
        if reading.segment is None:
            del self._rescued[:reading.offset]
            return
        reading.segment.offset = reading.offset
        # Oldest first only: the end of a call must not be forgotten before its beginning.
        while self._segments[0].is_finished:
            self._segments.popleft().remove()

    def touch(self) -> None:
        """Let the current file's time tell that the server lives, if calls are going on.  Raises OSError."""
        if self._segment_of:
            self._segments[-1].touch()

    def close(self) -> None:
        """Give the directory back; files with nothing but finished business are removed."""
        self._current.close()
        for segment in self._segments:
            if segment.is_finished:
                segment.remove()
        os.close(self._lock)

    def _add_segment(self) -> Segment:
        segment = Segment(self._directory / f"{self._number + 1:010d}{SUFFIX}")
        self._number += 1
        self._segments.append(segment)
        return segment

    def _hold(self, record_id: str, line: bytes) -> None:
        self._current.live[record_id] = line
        self._current.opened += 1
        self._segment_of[record_id] = self._current

    def _rotate(self) -> None:
        full = self._current
        try:
            self._current = self._add_segment()
        except OSError as error:
            _log.error("journal: no new file, the old one is used on: %s", error.strerror)
            self._limit += self._segment_bytes
            return
        self._limit = self._segment_bytes
        full.close()
        for segment in list(self._segments):
            if segment.live and segment.is_closed and len(segment.live) * _CARRIED_PART <= segment.opened:
                self._carry(segment)

    def _carry(self, segment: Segment) -> None:
        """Write the lines of the last calls of an old file again, so that it need not be kept for them."""
        for record_id, line in list(segment.live.items()):
            try:
                self._current.append(line)
            except OSError:
                return
            self._hold(record_id, line)
            del segment.live[record_id]

    def _forget(self, segment: Segment) -> None:
        """Give up a file that somebody else has removed, and let the next line begin another."""
        _log.error("journal: %s was removed by somebody else, call records may be lost", segment.path)
        segment.offset = segment.size
        self._limit = 0

    def _note_failure(self, kind: str, record: CallRecord, error: OSError) -> None:
        self.failures += 1
        if kind == CDR:
            self._unwritten.append(record)
        if not self._is_failing:
            self._is_failing = True
            _log.error("journal %s cannot be written: %s", self._directory, error.strerror or error)


def _lock_directory(directory: Path) -> int:
    """Create the directory and take its lock, which ends with the process; return the lock's descriptor."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(f"journal {directory}: {error.strerror}", "check the directory's permissions") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise JournalInUse(f"journal {directory} is in use", "stop the other server, or use another --home") from None
    return lock
