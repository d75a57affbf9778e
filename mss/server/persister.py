# SPDX-License-Identifier: GPL-2.0-or-later
"""Hands changed registrations and calls in progress to the store's writer, behind the hot path."""
from __future__ import annotations

from mss.model.call_record import CallRecord
from mss.registrar.location import LocationService
from mss.server.clock import Clock
from mss.store.writer import Writer

#: A refresh only moves the end of a registration that is stored already: it may wait this long.
REFRESH_SECONDS = 10.0


class Persister:
    """New, moved and removed bindings are written within a second, refreshed ones in larger batches.

    Answered calls are noted at the next flush, so that one shorter than that costs only its own record.
    """

    def __init__(self, location: LocationService, writer: Writer, clock: Clock) -> None:
        self._location = location
        self._writer = writer
        self._clock = clock
        self._refreshed: set[str] = set()
        self._due = 0.0
        self._answered: dict[str, CallRecord] = {}

    def open_record(self, record: CallRecord) -> None:
        """A call was answered."""
        self._answered[record.id] = record

    def write_record(self, record: CallRecord) -> None:
        """A call ended: its record is safe when this returns."""
        self._answered.pop(record.id, None)
        self._writer.put_call_record(record)

    def flush(self, now: float) -> None:
        """Put what is due into the writer's queue; ``now`` infinite means everything."""
        if self._answered:
            for record in self._answered.values():
                self._writer.put_open_call(record)
            self._answered.clear()
        urgent: list[str] = []
        for aor, is_refresh in self._location.take_changes().items():
            if is_refresh:
                self._refreshed.add(aor)
            else:
                urgent.append(aor)
        if now >= self._due:
            self._due = now + REFRESH_SECONDS
            urgent.extend(self._refreshed.difference(urgent))
            self._refreshed.clear()
        if urgent:
            self._refreshed.difference_update(urgent)
            offset = self._clock.wall_offset
            self._writer.put_bindings({
                aor: [binding.to_record(offset) for binding in self._location.bindings_of(aor)] for aor in urgent})
