# SPDX-License-Identifier: GPL-2.0-or-later
"""How many devices one number may have ("one number, multi-devices")."""
from __future__ import annotations

from mss.registrar.binding import Binding


class Refusal(Exception):
    """A REGISTER that is not carried out: the status, the reason phrase and ready header lines of its answer."""

    def __init__(self, status: int, reason: str, headers: str = "") -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.reason = reason
        self.headers = headers


def device_key(instance: str, call_id: str) -> str:
    """What tells devices apart: the instance id (RFC 5626 4.1), else the Call-ID of its registrations."""
    return instance or call_id


def make_room(live: list[Binding], others: list[Binding], coming: list[str], limit: int) -> list[Binding]:
    """The bindings of ``others`` that stay when the devices ``coming`` (keys) register too.

    A device that is registered already is never refused.  A new one beyond ``limit`` takes the place
    of a device that is cut off, or raises ``Refusal`` 403.
    """
    known = {device_key(binding.instance, binding.call_id) for binding in live}
    staying = {device_key(binding.instance, binding.call_id) for binding in others}
    wanted = staying.union(coming)
    if len(wanted) <= limit or known.issuperset(coming):
        return others
    reachable = [binding for binding in others if not binding.is_cut_off()]
    staying = {device_key(binding.instance, binding.call_id) for binding in reachable}
    if len(staying.union(coming)) > limit:
        raise Refusal(403, f"Too Many Devices ({limit} Allowed)")
    return reachable
