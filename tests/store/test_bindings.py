# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from mss.model.binding import BindingRecord
from mss.store import schema


def test_columns_are_the_fields_of_a_binding_in_their_order():
    assert [column.name for column in schema.bindings.c] == [*BindingRecord._fields, "slot"]


def test_every_field_is_kept(store, make_binding):
    binding = make_binding(
        contact="sip:100@[2001:db8::1]:5060;transport=tcp", flow_key="tcp:[2001:db8::1]:5060", via_nat=True,
        expires_at=1700003600.123456, call_id="ü", cseq=2**31 - 1, user_agent="x", instance="<urn:uuid:1>",
        path="<sip:p;lr>, <sip:q;lr>", q=500, registered_at=0.5,
    )  # fmt: skip
    store.save_bindings({"100": [binding]})
    (loaded,) = store.load_bindings()
    assert loaded == binding
    assert loaded.via_nat is True


def test_set_of_an_aor_is_replaced(store, make_binding):
    first, second, third = (make_binding(contact=f"sip:100@192.0.2.{host}") for host in (1, 2, 3))
    other = make_binding("101")
    store.save_bindings({"100": [first, second], "101": [other]})
    store.save_bindings({"100": [third]})
    assert store.load_bindings() == [third, other]
    store.save_bindings({"100": [second, third, first]})
    assert store.load_bindings() == [second, third, first, other]
    store.save_bindings({"100": []})
    assert store.load_bindings() == [other]


def test_same_contact_may_be_reached_by_two_flows(store, make_binding):
    two = [make_binding(flow_key=f"udp:192.0.2.{host}:5060") for host in (1, 2)]
    store.save_bindings({"100": two})
    assert store.load_bindings() == two


def test_nothing_to_save(store):
    store.save_bindings({})
    assert store.load_bindings() == []
