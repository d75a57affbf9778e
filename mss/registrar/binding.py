# SPDX-License-Identifier: GPL-2.0-or-later
"""A binding: one contact of one address-of-record (RFC 3261 section 10, RFC 5626, RFC 3327)."""
from __future__ import annotations

from typing import Final

from mss.model.binding import BindingRecord
from mss.sip.fields import split_values
from mss.sip.flow import Flow
from mss.sip.uri import SipUri, parse_uri

#: Nothing is known: no OPTIONS ping was answered or missed since the device registered.
UNKNOWN: Final = "unknown"
#: The last OPTIONS ping was answered.
REACHABLE: Final = "reachable"
#: The last OPTIONS ping was not answered.
UNREACHABLE: Final = "unreachable"

#: ``q`` is kept in thousandths; a contact without ``q`` counts as 1.0 (RFC 3261 20.10).
Q_DEFAULT: Final = 1000


class Binding:
    """One registered contact.  Times are seconds on the monotonic ``now`` scale, 0.0 = never.

    ``contact`` is the URI as the device wrote it, ``host``/``port``/``transport`` its parsed parts
    (host without brackets, port 0 = none, transport upper-case or empty).  ``contact_value`` is the
    whole Contact value as received and ``contact_expires`` its ``expires`` parameter (-1 = none):
    a refresh with an identical value needs no parsing.  ``params`` is what is echoed behind the URI
    (the parameters as received, without ``expires``).  ``via_nat`` tells that the device is reached
    by ``flow`` only.  ``path`` holds the Path values of the REGISTER in order (RFC 3327).
    """

    __slots__ = (
        "aor", "contact", "host", "port", "transport", "contact_value", "contact_expires", "params",
        "flow", "flow_key", "via_nat", "expires_at", "expiry_due", "call_id", "cseq", "user_agent",
        "instance", "path", "q", "registered_at", "refreshed_at", "status", "pinged_at", "answered_at",
        "is_registered",
    )  # fmt: skip

    def __init__(self, aor: str, contact: str, uri: SipUri, call_id: str, cseq: int, now: float) -> None:
        self.aor = aor
        self.move_to(contact, uri)
        self.contact_value = ""
        self.contact_expires = -1
        self.params = ""
        self.flow: Flow | None = None
        self.flow_key = ""
        self.via_nat = False
        self.expires_at = 0.0
        #: When the location service looks at this binding next; never later than ``expires_at``
        #: as it was when the entry was made.
        self.expiry_due = 0.0
        self.call_id = call_id
        self.cseq = cseq
        self.user_agent = ""
        self.instance = ""
        self.path: tuple[str, ...] = ()
        self.q: int = Q_DEFAULT
        self.registered_at = now
        self.refreshed_at = now
        self.status: str = UNKNOWN
        self.pinged_at = 0.0
        self.answered_at = 0.0
        #: False once the binding was removed, replaced or expired.
        self.is_registered = False

    def __repr__(self) -> str:
        return f"<Binding {self.aor} {self.contact} {self.flow_key}>"

    def move_to(self, contact: str, uri: SipUri) -> None:
        """Take over an equal or a new contact URI: its text and its parsed form."""
        self.contact = contact
        self.host: str = uri.host.strip("[]")
        self.port: int = uri.port
        self.transport: str = (uri.param("transport") or "").upper()

    def is_live(self, now: float) -> bool:
        """Whether the binding has not expired at ``now``."""
        return self.expires_at > now

    def is_reached_by_flow(self) -> bool:
        """Whether requests go over ``flow`` instead of to the contact's own address.

        True behind NAT, and for a connection that is still open: a TCP, TLS or WebSocket client
        seldom accepts connections itself.  A Path wins over both (RFC 3327 section 5.4).
        """
        if self.path:
            return False
        if self.via_nat:
            return True
        flow = self.flow
        return flow is not None and flow.reliable and flow.is_open

    def is_cut_off(self) -> bool:
        """Whether there is no way to the device: its flow is gone, or it did not answer the last ping."""
        if self.status == UNREACHABLE:
            return True
        return self.via_nat and not self.path and (self.flow is None or not self.flow.is_open)

    def request_uri(self) -> str:
        """The Request-URI for this device: the contact without a ``?headers`` part (RFC 3261 19.1.1, table 1)."""
        contact = self.contact
        mark = contact.find("?")
        return contact if mark < 0 else contact[:mark]

    def mark_pinged(self, now: float) -> None:
        """Note that an OPTIONS request was sent to the device."""
        self.pinged_at = now

    def mark_answered(self, now: float) -> None:
        """Note that the device answered OPTIONS, with any response."""
        self.answered_at = now
        self.status = REACHABLE

    def mark_unanswered(self) -> None:
        """Note that the device left a request unanswered.

        One that has never answered OPTIONS may just not know it, and goes on being called.
        """
        if self.answered_at:
            self.status = UNREACHABLE

    def to_record(self, wall_offset: float) -> BindingRecord:
        """The stored form; ``wall_offset`` is wall clock minus ``now``, in seconds."""
        return BindingRecord(
            aor=self.aor,
            contact=self.contact,
            flow_key=self.flow_key,
            via_nat=self.via_nat,
            expires_at=self.expires_at + wall_offset,
            call_id=self.call_id,
            cseq=self.cseq,
            user_agent=self.user_agent,
            instance=self.instance,
            path=", ".join(self.path),
            q=self.q,
            registered_at=self.registered_at + wall_offset,
        )


def from_record(record: BindingRecord, wall_offset: float) -> Binding:
    """Rebuild a binding from its stored form.

    ``flow`` stays None: whoever owns the sockets looks ``flow_key`` up (a UDP flow can be rebuilt, a
    connection is gone).  Raises ``mss.sip.errors.SipError`` for a contact that cannot be parsed.
    """
    uri = parse_uri(record.contact)
    registered_at = record.registered_at - wall_offset
    binding = Binding(record.aor, record.contact, uri, record.call_id, record.cseq, registered_at)
    binding.flow_key = record.flow_key
    binding.via_nat = record.via_nat
    binding.expires_at = record.expires_at - wall_offset
    binding.user_agent = record.user_agent
    binding.instance = record.instance
    binding.path = tuple(split_values(record.path)) if record.path else ()
    binding.q = record.q
    if record.q != Q_DEFAULT:
        binding.params = f";q={record.q / 1000:g}"
    if record.instance:
        binding.params += f';+sip.instance="{record.instance}"'
    return binding
