# SPDX-License-Identifier: GPL-2.0-or-later
"""The location service: which contacts an address-of-record has now (RFC 3261 section 10).

Everything is in memory.  ``take_changes`` tells the writer behind the hot path what to persist,
``restore`` puts back at start what was persisted.
"""
from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush
from typing import Final, NamedTuple

from mss.model.binding import BindingRecord
from mss.registrar.binding import Binding, from_record
from mss.sip.errors import SipError

#: Queues may hold this many entries of removed bindings, and as many as there are bindings, before they are rebuilt.
_SLACK: Final = 1000


class DeviceStatus(NamedTuple):
    """One registered device as shown to people.  Times are seconds, relative to ``now``; -1 = never."""

    aor: str
    contact: str
    flow_key: str
    via_nat: bool
    status: str
    expires_in: float
    registered_for: float
    answered_ago: float
    user_agent: str
    instance: str


def _q_descending(binding: Binding) -> int:
    return -binding.q


class LocationService:
    """Bindings per address-of-record; an AOR is named by its user part (``User.number``)."""

    __slots__ = ("_by_aor", "_changes", "_due", "_serial", "_pings", "_count")

    def __init__(self) -> None:
        self._by_aor: dict[str, list[Binding]] = {}
        #: AOR -> True if its bindings were only refreshed since the last ``take_changes``.
        self._changes: dict[str, bool] = {}
        #: One entry per binding, ordered by when to look at it; a refresh leaves its entry alone.
        self._due: list[tuple[float, int, Binding]] = []
        self._serial = 0
        #: All bindings, the one pinged longest ago first.
        self._pings: deque[Binding] = deque()
        self._count = 0

    # -- reading ------------------------------------------------------------------------------

    def lookup(self, aor: str, now: float) -> list[Binding]:
        """The bindings of ``aor`` that have not expired, highest ``q`` first."""
        bindings = self._by_aor.get(aor)
        if bindings is None:
            return []
        return [binding for binding in bindings if binding.expires_at > now]

    def bindings_of(self, aor: str) -> list[Binding]:
        """All bindings of ``aor``, also those that have expired and are still to be swept; do not change."""
        return self._by_aor.get(aor) or []

    def is_registered(self, aor: str, now: float) -> bool:
        """Whether ``aor`` has at least one live binding."""
        return any(binding.expires_at > now for binding in self.bindings_of(aor))

    def all_bindings(self) -> Iterator[Binding]:
        """Every binding held, in no particular order."""
        for bindings in self._by_aor.values():
            yield from bindings

    def statuses(self, now: float, aor: str = "") -> list[DeviceStatus]:
        """The state of each live device, of one AOR or of all."""
        source: Iterable[Binding] = self.bindings_of(aor) if aor else self.all_bindings()
        return [_status_of(binding, now) for binding in source if binding.expires_at > now]

    def counts(self) -> tuple[int, int]:
        """(AORs with a binding, bindings), those still to be swept included."""
        return len(self._by_aor), self._count

    # -- changing -----------------------------------------------------------------------------

    def refreshed(self, binding: Binding, now: float, expires_at: float) -> None:
        """Move the end of a known binding; cheap, the sweep finds the new time by itself."""
        binding.refreshed_at = now
        binding.expires_at = expires_at
        if expires_at < binding.expiry_due:
            self._schedule(binding)
        if binding.aor not in self._changes:
            self._changes[binding.aor] = True

    def replace(self, aor: str, bindings: list[Binding]) -> None:
        """Make ``bindings`` all that ``aor`` has; those left out are gone from now on."""
        for old in self.bindings_of(aor):
            old.is_registered = False
            self._count -= 1
        for binding in bindings:
            binding.is_registered = True
            self._count += 1
            if binding.expiry_due == 0.0:
                self._pings.append(binding)
            if binding.expiry_due == 0.0 or binding.expires_at < binding.expiry_due:
                self._schedule(binding)
        if bindings:
            # A list of its own and in order of preference: callers iterate over the old one.
            self._by_aor[aor] = sorted(bindings, key=_q_descending)
        else:
            self._by_aor.pop(aor, None)
        self._changes[aor] = False
        if len(self._pings) > 2 * self._count + _SLACK:
            self._pings = deque([binding for binding in self._pings if binding.is_registered])

    def remove_all(self, aor: str) -> list[Binding]:
        """Forget all bindings of ``aor`` (a deleted or disabled user); answers what was removed."""
        removed = self.bindings_of(aor)
        if removed:
            self.replace(aor, [])
        return removed

    def _schedule(self, binding: Binding) -> None:
        self._serial += 1
        binding.expiry_due = binding.expires_at
        heappush(self._due, (binding.expires_at, self._serial, binding))
        if len(self._due) > 2 * self._count + _SLACK:
            # Churn (devices that come and go under new contacts) must not pile up entries.
            self._due = [entry for entry in self._due if entry[2].is_registered and entry[0] == entry[2].expiry_due]
            heapify(self._due)

    def expire(self, now: float, limit: int = 1000) -> list[Binding]:
        """Remove expired bindings and answer them; looks at no more than ``limit`` entries per call."""
        expired: list[Binding] = []
        while self._due and self._due[0][0] <= now and limit > 0:
            limit -= 1
            at, _, binding = heappop(self._due)
            if not binding.is_registered or at != binding.expiry_due:
                continue
            if binding.expires_at > now:
                self._schedule(binding)
                continue
            remaining = [other for other in self.bindings_of(binding.aor) if other is not binding]
            self.replace(binding.aor, remaining)
            expired.append(binding)
        return expired

    def pings_due(self, now: float, interval: float, limit: int = 50) -> list[Binding]:
        """Devices not pinged for ``interval`` seconds, at most ``limit``; they count as pinged now."""
        found: list[Binding] = []
        queue = self._pings
        while queue and len(found) < limit:
            binding = queue[0]
            if binding.is_registered and max(binding.pinged_at, binding.registered_at) + interval > now:
                break
            queue.popleft()
            if binding.is_registered and binding.expires_at > now:
                binding.mark_pinged(now)
                found.append(binding)
                queue.append(binding)
        return found

    # -- persistence --------------------------------------------------------------------------

    def take_changes(self) -> dict[str, bool]:
        """AORs changed since the last call -> True if nothing but lifetimes changed.

        A refresh may be written later than a new, moved or removed binding.
        """
        changes = self._changes
        self._changes = {}
        return changes

    def restore(self, records: Iterable[BindingRecord], wall_offset: float, now: float) -> int:
        """Load persisted bindings that have not expired; answers how many.

        A record whose contact cannot be parsed is left out: it could not be called either.
        """
        loaded: dict[str, list[Binding]] = {}
        count = 0
        for record in records:
            if record.expires_at - wall_offset <= now:
                continue
            try:
                binding = from_record(record, wall_offset)
            except SipError:
                continue
            loaded.setdefault(record.aor, []).append(binding)
            count += 1
        for aor, bindings in loaded.items():
            self.replace(aor, bindings)
            self._changes.pop(aor, None)
        return count


def _status_of(binding: Binding, now: float) -> DeviceStatus:
    return DeviceStatus(
        aor=binding.aor,
        contact=binding.contact,
        flow_key=binding.flow_key,
        via_nat=binding.via_nat,
        status=binding.status,
        expires_in=binding.expires_at - now,
        registered_for=now - binding.registered_at,
        answered_ago=now - binding.answered_at if binding.answered_at else -1.0,
        user_agent=binding.user_agent,
        instance=binding.instance,
    )
