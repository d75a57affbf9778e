# SPDX-License-Identifier: GPL-2.0-or-later
"""The registrar: what a REGISTER does to the bindings of its address-of-record.

RFC 3261 section 10.3 from step 6 on, with Path (RFC 3327), instance ids (RFC 5626 section 4.1) and
the rules of "one number, multi-devices".  Authentication and the check that the To user is the
authenticated one are done before.
"""
from __future__ import annotations

from typing import Final

from mss.config.settings import RegistrarSettings
from mss.model.user import User
from mss.registrar.binding import Binding
from mss.registrar.contacts import (
    NO_EXPIRES,
    RequestedContact,
    is_same_host,
    path_of,
    requested_contacts,
    seconds_of,
    supports,
)
from mss.registrar.devices import Refusal, device_key, make_room
from mss.registrar.location import LocationService
from mss.sip.errors import ParseError
from mss.sip.flow import Flow
from mss.sip.headers import CONTACT, EXPIRES, PATH, REQUIRE, USER_AGENT
from mss.sip.message import Message
from mss.sip.uri import parse_uri, uris_equal

#: Option tags a REGISTER may require of us.
SUPPORTED_OPTIONS: Final = ("path",)
#: Contacts one REGISTER may carry; more would make each call to the user a burst of INVITEs.
MAX_CONTACTS: Final = 10

_NONE: Final[list[Binding]] = []


class RegisterOutcome:
    """What to answer, and what happened.

    ``headers`` are ready lines, each with its CRLF (Contact, Path, Min-Expires, Unsupported).
    ``added`` and ``removed`` are the bindings that are new or gone; both empty after a refresh.
    """

    __slots__ = ("status", "reason", "headers", "added", "removed")

    def __init__(self, status: int, reason: str, headers: str, added: list[Binding], removed: list[Binding]) -> None:
        self.status = status
        self.reason = reason
        self.headers = headers
        self.added = added
        self.removed = removed


class _Entry:
    """One requested contact with the binding it updates (None = new) and the lifetime it gets (0 = remove)."""

    __slots__ = ("contact", "old", "granted", "via_nat")

    def __init__(self, contact: RequestedContact, old: Binding | None, granted: int, via_nat: bool) -> None:
        self.contact = contact
        self.old = old
        self.granted = granted
        self.via_nat = via_nat


class Registrar:
    """REGISTER requests in, bindings and answers out."""

    __slots__ = ("_location", "_min", "_max", "_default", "_nat")

    def __init__(self, settings: RegistrarSettings, location: LocationService) -> None:
        self._location = location
        self.configure(settings)

    def configure(self, settings: RegistrarSettings) -> None:
        """Take over lifetimes (seconds); bindings that exist keep theirs until they are refreshed."""
        self._min: int = settings.min_expires
        self._max: int = settings.max_expires
        self._default: int = settings.default_expires
        self._nat: int = settings.nat_expires

    def register(self, m: Message, user: User, flow: Flow, now: float) -> RegisterOutcome:
        """Apply an indexed and authenticated REGISTER of ``user`` that came by ``flow``.

        All or nothing: with any other status than 200 no binding has changed (RFC 3261 10.3 step 7).
        """
        outcome = self._refresh(m, user, flow, now)
        if outcome is not None:
            return outcome
        try:
            return self._update(m, user, flow, now)
        except Refusal as refusal:
            return RegisterOutcome(refusal.status, refusal.reason, refusal.headers, _NONE, _NONE)
        except ParseError as error:
            return RegisterOutcome(error.status, error.reason, "", _NONE, _NONE)

    # -- the usual case: the same contact again ------------------------------------------------

    def _refresh(self, m: Message, user: User, flow: Flow, now: float) -> RegisterOutcome | None:
        """Extend a binding whose Contact came again letter by letter by the same flow; None = look closer."""
        names = m.names
        bindings = self._location.bindings_of(user.number)
        if not bindings or names.count(CONTACT) != 1 or REQUIRE in names:
            return None
        value = m.get(CONTACT)
        binding = bindings[0]
        if len(bindings) > 1:
            if not user.multi_device:
                return None
            for binding in bindings:
                if binding.contact_value == value:
                    break
        path = tuple(m.values(PATH)) if PATH in names else ()
        if (
            binding.contact_value != value
            or binding.flow_key != flow.key
            or binding.expires_at <= now
            or binding.path != path
            or (binding.call_id == m.call_id and m.cseq <= binding.cseq)
            or (not path and binding.via_nat != self._is_behind_nat(m, binding.host, flow))
        ):
            return None
        asked = binding.contact_expires
        if asked == NO_EXPIRES:
            asked = self._asked_in_header(m)
        if 0 <= asked < self._min:
            return None
        granted = self._granted(asked, binding.via_nat)
        if binding.call_id != m.call_id:
            binding.call_id = m.call_id
            binding.user_agent = m.get(USER_AGENT) or ""
        binding.cseq = m.cseq
        binding.flow = flow
        self._location.refreshed(binding, now, now + granted)
        if len(bindings) == 1:
            headers = f"Contact: <{binding.contact}>{binding.params};expires={granted}\r\n"
        else:
            headers = _contact_lines(bindings, now)
        if path:
            headers += _path_line(m, path)
        return RegisterOutcome(200, "OK", headers, _NONE, _NONE)

    # -- everything else -----------------------------------------------------------------------

    def _update(self, m: Message, user: User, flow: Flow, now: float) -> RegisterOutcome:
        _check_require(m)
        live = self._location.lookup(user.number, now)
        values = m.values(CONTACT)
        if not values:
            if m.has(CONTACT):
                raise ParseError(400, "Empty Contact")
            return RegisterOutcome(200, "OK", _contact_lines(live, now), _NONE, _NONE)
        if "*" in values:
            return self._remove_all(m, values, user.number, live)
        path = path_of(m) if PATH in m.names else ()
        entries = self._plan(m, requested_contacts(values), live, flow, path)
        kept = self._kept(m, user, flow, live, entries)
        return self._commit(m, user.number, flow, now, live, kept, entries, path)

    def _remove_all(self, m: Message, values: list[str], aor: str, live: list[Binding]) -> RegisterOutcome:
        """``Contact: *`` (RFC 3261 10.3 step 6)."""
        expires = m.get(EXPIRES)
        if len(values) != 1 or expires is None or seconds_of(expires) != 0:
            raise ParseError(400, "Contact * Needs Expires 0 and No Other Contact")
        for binding in live:
            _check_order(m, binding)
        self._location.remove_all(aor)
        return RegisterOutcome(200, "OK", "", _NONE, live)

    def _plan(
        self, m: Message, contacts: list[RequestedContact], live: list[Binding], flow: Flow, path: tuple[str, ...]
    ) -> list[_Entry]:
        """Pair each requested contact with its binding and lifetime; raises ``Refusal`` for what must be refused."""
        if len(contacts) > MAX_CONTACTS:
            raise Refusal(403, "Too Many Contacts")
        entries: list[_Entry] = []
        for contact in contacts:
            asked = contact.expires
            if asked == NO_EXPIRES:
                asked = self._asked_in_header(m)
            if 0 < asked < self._min:
                raise Refusal(423, "Interval Too Brief", f"Min-Expires: {self._min}\r\n")
            old = _find(live, contact)
            if old is not None:
                _check_order(m, old)
            via_nat = not path and self._is_behind_nat(m, contact.uri.host, flow)
            entries.append(_Entry(contact, old, self._granted(asked, via_nat) if asked else 0, via_nat))
        return entries

    def _kept(
        self, m: Message, user: User, flow: Flow, live: list[Binding], entries: list[_Entry]
    ) -> list[Binding]:
        """The bindings this REGISTER does not name and that stay; raises ``Refusal`` 403 for a device too many."""
        named = [entry.old for entry in entries]
        others = [binding for binding in live if binding not in named]
        coming = [entry for entry in entries if entry.granted]
        if not coming or (not others and len(coming) == 1):
            return others
        mates = [b for b in others if b.call_id == m.call_id and b.flow_key == flow.key]
        if any(entry.old is None for entry in coming):
            # A contact we do not know from a device we know: it has moved, its old contact is gone.
            instances = [entry.contact.instance for entry in coming if entry.contact.instance]
            others = [b for b in others if b not in mates and b.instance not in instances]
            mates = []
        if not user.multi_device:
            return mates
        if all(entry.old is not None for entry in coming):
            return others
        keys = [device_key(entry.contact.instance, m.call_id) for entry in coming]
        return make_room(live, others, keys, max(1, user.max_devices))

    def _commit(
        self, m: Message, aor: str, flow: Flow, now: float,
        live: list[Binding], kept: list[Binding], entries: list[_Entry], path: tuple[str, ...],
    ) -> RegisterOutcome:  # fmt: skip
        added: list[Binding] = []
        current = list(kept)
        for entry in entries:
            if not entry.granted:
                continue
            contact = entry.contact
            binding = entry.old
            if binding is None:
                binding = Binding(aor, contact.contact, contact.uri, m.call_id, m.cseq, now)
                added.append(binding)
            _fill(binding, entry, m, flow, path)
            binding.refreshed_at = now
            binding.expires_at = now + entry.granted
            current.append(binding)
        removed = [binding for binding in live if binding not in current]
        if current or live:
            self._location.replace(aor, current)
        headers = _contact_lines(self._location.bindings_of(aor), now)
        if path:
            headers += _path_line(m, path)
        return RegisterOutcome(200, "OK", headers, added, removed)

    def _is_behind_nat(self, m: Message, contact_host: str, flow: Flow) -> bool:
        """Whether the device writes an address other than the one its packets come from.

        Also true for names and ``.invalid`` hosts (RFC 7118 section 5.1): the flow is the only sure way back.
        """
        host = flow.host
        if m.via.host == host and contact_host == host:
            return False
        return not (is_same_host(m.via.host, host) and is_same_host(contact_host, host))

    def _asked_in_header(self, m: Message) -> int:
        value = m.get(EXPIRES)
        return self._default if value is None else seconds_of(value)

    def _granted(self, asked: int, via_nat: bool) -> int:
        if asked < 0:
            asked = self._default
        limit = min(self._nat, self._max) if via_nat else self._max
        return max(min(asked, limit), 1)


def _fill(binding: Binding, entry: _Entry, m: Message, flow: Flow, path: tuple[str, ...]) -> None:
    """Make ``binding`` what this REGISTER says, its lifetime aside."""
    contact = entry.contact
    if binding.contact != contact.contact:
        binding.move_to(contact.contact, contact.uri)
    binding.contact_value = contact.value
    binding.contact_expires = contact.expires
    binding.params = contact.params
    binding.instance = contact.instance
    binding.q = contact.q
    binding.call_id = m.call_id
    binding.cseq = m.cseq
    binding.user_agent = m.get(USER_AGENT) or ""
    binding.flow = flow
    binding.flow_key = flow.key
    binding.path = path
    binding.via_nat = entry.via_nat


def _find(live: list[Binding], contact: RequestedContact) -> Binding | None:
    """The binding of an equal contact (RFC 3261 10.3 step 7, comparison by 19.1.4)."""
    for binding in live:
        if binding.contact == contact.contact:
            return binding
    for binding in live:
        if binding.port == contact.uri.port and uris_equal(parse_uri(binding.contact), contact.uri):
            return binding
    return None


def _check_order(m: Message, binding: Binding) -> None:
    """Refuse a REGISTER older than the one that made ``binding`` (RFC 3261 10.3 steps 6 and 7)."""
    if binding.call_id == m.call_id and m.cseq <= binding.cseq:
        raise Refusal(400, "CSeq Not Higher Than in an Earlier REGISTER")


def _check_require(m: Message) -> None:
    if REQUIRE in m.names:
        unknown = [option for option in m.values(REQUIRE) if option.lower() not in SUPPORTED_OPTIONS]
        if unknown:
            raise Refusal(420, "Bad Extension", f"Unsupported: {', '.join(unknown)}\r\n")


def _contact_lines(bindings: list[Binding], now: float) -> str:
    """A Contact line for each live binding with the seconds it has left (RFC 3261 10.3 step 8)."""
    return "".join([
        f"Contact: <{b.contact}>{b.params};expires={int(b.expires_at - now + 0.5)}\r\n"
        for b in bindings
        if b.expires_at > now
    ])


def _path_line(m: Message, path: tuple[str, ...]) -> str:
    """The Path values back to a device that understands them (RFC 3327 section 5.3); others get none."""
    return f"Path: {', '.join(path)}\r\n" if supports(m, "path") else ""
