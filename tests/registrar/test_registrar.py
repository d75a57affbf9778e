# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.config.settings import RegistrarSettings
from mss.registrar.contacts import aor_of


def test_new_binding_is_answered_with_its_lifetime(office):
    phone = office.device()
    outcome = phone.register()
    assert (outcome.status, outcome.headers) == (200, "Contact: <sip:100@192.0.2.10:5060>;expires=3600\r\n")
    (binding,) = office.location.lookup("100", office.now)
    assert outcome.added == [binding]
    assert binding.flow is phone.flow
    assert not binding.via_nat
    assert office.location.lookup("100", office.now + 3600) == []


@pytest.mark.parametrize(
    ("contact", "headers", "granted"),
    [
        ("<sip:100@192.0.2.10>", ["Expires: 600"], 600),
        ("<sip:100@192.0.2.10>;expires=300", ["Expires: 600"], 300),
        ("<sip:100@192.0.2.10>;expires=60", [], 60),
        ("<sip:100@192.0.2.10>;expires=99999", [], 3600),
        ("<sip:100@192.0.2.10>;expires=4294967296", [], 3600),
        ("<sip:100@192.0.2.10>;expires=" + "9" * 500, [], 3600),
        ("<sip:100@192.0.2.10>;expires=soon", [], 3600),
        ("<sip:100@192.0.2.10>;expires", ["Expires: 60"], 3600),
        ("<sip:100@192.0.2.10>;expires=0000000000000300", [], 300),
        ("<sip:100@192.0.2.10>", ["Expires: never"], 3600),
        ("<sip:100@192.0.2.10>", [], 3600),
    ],
)
def test_lifetime(office, contact, headers, granted):
    outcome = office.device().register(*headers, contact=contact)
    assert f";expires={granted}\r\n" in outcome.headers
    (binding,) = office.location.lookup("100", office.now)
    assert binding.expires_at == office.now + granted


def test_lifetime_below_the_minimum_is_423(office):
    phone = office.device()
    outcome = phone.register("Expires: 59")
    assert (outcome.status, outcome.headers) == (423, "Min-Expires: 60\r\n")
    assert office.contacts() == []
    phone.register()
    assert phone.register("Expires: 59").status == 423
    (binding,) = office.location.lookup("100", office.now)
    assert binding.expires_at == office.now + 3600


def test_refresh_extends_and_takes_the_new_cseq(office):
    phone = office.device()
    phone.register("Expires: 600")
    office.now += 500
    outcome = phone.register("Expires: 600")
    assert outcome.headers == "Contact: <sip:100@192.0.2.10:5060>;expires=600\r\n"
    assert (outcome.added, outcome.removed) == ([], [])
    (binding,) = office.location.lookup("100", office.now)
    assert (binding.cseq, binding.expires_at, binding.registered_at) == (2, office.now + 600, 1000.0)


def test_refresh_with_new_call_id_after_a_reboot(office):
    office.device("before").register()
    after = office.device("after")
    assert after.register("User-Agent: newer").status == 200
    (binding,) = office.location.lookup("100", office.now)
    assert (binding.call_id, binding.cseq, binding.user_agent) == ("after", 1, "newer")


@pytest.mark.parametrize("contact", ["", "<sip:100@192.0.2.10:5060>;expires=0", "*"])
def test_older_cseq_of_the_same_call_id_changes_nothing(office, contact):
    phone = office.device()
    phone.cseq = 10
    phone.register("Expires: 600")
    for cseq in (4, 10):
        phone.cseq = cseq
        outcome = phone.register("Expires: 0" if contact == "*" else "Expires: 900", contact=contact)
        assert (outcome.status, outcome.headers) == (400, "")
        (binding,) = office.location.lookup("100", office.now)
        assert (binding.cseq, binding.expires_at) == (11, office.now + 600)


def test_brief_refresh_under_another_call_id_leaves_no_trace(office):
    office.device("one").register()
    other = office.device("two")
    assert other.register("Expires: 5").status == 423
    (binding,) = office.location.lookup("100", office.now)
    assert binding.call_id == "one"


def test_fetch_lists_bindings(office):
    phone = office.device()
    assert phone.register(contact=None).headers == ""
    phone.register("Expires: 600")
    office.now += 100
    outcome = phone.register(contact=None)
    assert (outcome.status, outcome.headers) == (200, "Contact: <sip:100@192.0.2.10:5060>;expires=500\r\n")


def test_expires_zero_removes_one_contact(office):
    phone = office.device()
    phone.register(contact="<sip:a@192.0.2.10>, <sip:b@192.0.2.10>")
    outcome = phone.register(contact="<sip:a@192.0.2.10>;expires=0")
    assert outcome.headers == "Contact: <sip:b@192.0.2.10>;expires=3600\r\n"
    assert [binding.contact for binding in outcome.removed] == ["sip:a@192.0.2.10"]
    assert phone.register("Expires: 0", contact="<sip:b@192.0.2.10>").headers == ""
    assert office.contacts() == []
    assert phone.register("Expires: 0", contact="<sip:never@192.0.2.10>").status == 200


def test_star_removes_all(office):
    phone = office.device()
    phone.register(contact="<sip:a@192.0.2.10>, <sip:b@192.0.2.10>")
    outcome = phone.register("Expires: 0", contact="*")
    assert (outcome.status, outcome.headers, len(outcome.removed)) == (200, "", 2)
    assert office.contacts() == []


@pytest.mark.parametrize(
    ("contact", "headers"),
    [
        ("*", []),
        ("*", ["Expires: 60"]),
        ("*", ["Expires: zero"]),
        ("*, <sip:100@192.0.2.10>", ["Expires: 0"]),
        ("*", ["Expires: 0", "Contact: <sip:100@192.0.2.10>"]),
    ],
)
def test_star_only_alone_and_with_expires_zero(office, contact, headers):
    phone = office.device()
    phone.register()
    assert phone.register(*headers, contact=contact).status == 400
    assert len(office.contacts()) == 1


def test_several_contacts_and_order_by_q(office):
    phone = office.device()
    contacts = "<sip:a@192.0.2.10>;q=0.1, <sip:b@192.0.2.10>;q=0.75"
    outcome = phone.register("Contact: <sip:c@192.0.2.10>", contact=contacts)
    assert outcome.status == 200
    assert office.contacts() == ["sip:c@192.0.2.10", "sip:b@192.0.2.10", "sip:a@192.0.2.10"]
    assert "Contact: <sip:b@192.0.2.10>;q=0.75;expires=3600\r\n" in outcome.headers
    assert outcome.headers.count("\r\n") == 3


@pytest.mark.parametrize(
    "second",
    [
        "<sip:b@192.0.2.10>;expires=5",
        "<mailto:b@192.0.2.10>",
        "<tel:+861012345>",
        "<sip:b@192.0.2.10>;q=2",
        "<sip:b@192.0.2.10:99999>",
        "<>",
        "sip:b@192.0.2.10?Route=%3Csip:x%3E",
    ],
)
def test_one_bad_contact_spoils_all(office, second):
    outcome = office.device().register(contact=f"<sip:a@192.0.2.10>, {second}")
    assert outcome.status in (400, 423)
    assert office.contacts() == []


def test_too_many_contacts(office):
    contacts = ", ".join(f"<sip:{number}@192.0.2.10>" for number in range(11))
    assert office.device().register(contact=contacts).status == 403
    assert office.contacts() == []


def test_equal_contacts_in_one_request_make_one_binding(office):
    office.device().register(contact="<sip:100@192.0.2.10>;expires=300, <sip:%31%30%30@192.0.2.10>;expires=900")
    (binding,) = office.location.lookup("100", office.now)
    assert binding.expires_at == office.now + 900


def test_empty_contact_is_400(office):
    assert office.device().register(contact="").status == 200
    assert office.device("x").register(contact="  ").status == 400


def test_equal_uri_in_another_spelling_updates_the_binding(office):
    office.user.multi_device = True
    phone = office.device()
    phone.register(contact="<sip:100@PHONE.example.com;transport=udp>")
    office.now += 10
    outcome = phone.register(contact="<sip:%31%30%30@phone.EXAMPLE.com;transport=UDP>")
    assert len(office.contacts()) == 1
    assert outcome.removed == []


@pytest.mark.parametrize(
    ("transport", "via", "contact", "is_nat"),
    [
        ("UDP", "192.0.2.10", "192.0.2.10", False),
        ("UDP", "192.0.2.10", "192.0.2.10:9999", False),
        ("UDP", "10.0.0.7", "10.0.0.7:5060", True),
        ("UDP", "10.0.0.7", "192.0.2.10", True),
        ("UDP", "192.0.2.10", "10.0.0.7", True),
        ("TCP", "192.0.2.10", "192.0.2.10:40000;transport=tcp", False),
        ("TCP", "10.0.0.7", "10.0.0.7;transport=tcp", True),
        ("TLS", "10.0.0.7", "10.0.0.7;transport=tls", True),
        ("WSS", "df7jal23ls0d.invalid", "df7jal23ls0d.invalid;transport=ws", True),
    ],
)
def test_nat_is_seen_by_addresses_that_differ(office, transport, via, contact, is_nat):
    phone = office.device(transport=transport)
    phone.via_host = via
    outcome = phone.register("Expires: 900", contact=f"<sip:100@{contact}>")
    (binding,) = office.location.lookup("100", office.now)
    assert binding.via_nat is is_nat
    assert f"expires={120 if is_nat else 900}\r\n" in outcome.headers
    assert binding.is_reached_by_flow() is (is_nat or transport != "UDP")


@pytest.mark.parametrize("contact", ["[2001:db8::9]:5060", "[2001:DB8:0:0::9]"])
def test_ipv6_addresses_are_compared_by_value(office, contact):
    phone = office.device(host="2001:db8::9")
    phone.via_host = "[2001:DB8:0::9]"
    phone.register(contact=f"<sip:100@{contact}>")
    (binding,) = office.location.lookup("100", office.now)
    assert not binding.via_nat


def test_refresh_behind_nat_stays_behind_nat(office):
    phone = office.device()
    phone.via_host = "10.0.0.7"
    for _ in range(2):
        assert "expires=120\r\n" in phone.register(contact="<sip:100@10.0.0.7>").headers
    (binding,) = office.location.lookup("100", office.now)
    assert binding.via_nat
    moved = office.device("phone", host="192.0.2.99", port=40000)
    moved.cseq, moved.via_host = phone.cseq, "10.0.0.7"
    assert moved.register(contact="<sip:100@10.0.0.7>").status == 200
    (binding,) = office.location.lookup("100", office.now)
    assert binding.flow is moved.flow
    assert binding.flow_key == "udp:192.0.2.99:40000"


def test_closed_connection_cuts_a_device_off(office):
    phone = office.device(transport="TCP")
    phone.via_host = "10.0.0.7"
    phone.register(contact="<sip:100@10.0.0.7;transport=tcp>")
    (binding,) = office.location.lookup("100", office.now)
    assert not binding.is_cut_off()
    phone.flow.is_open = False
    assert binding.is_cut_off()


def test_without_the_right_the_newer_device_replaces_the_older(office):
    old = office.device("old")
    old.register()
    outcome = office.device("new", host="192.0.2.20").register()
    assert outcome.status == 200
    assert [binding.call_id for binding in outcome.removed] == ["old"]
    assert not outcome.removed[0].is_registered
    assert office.contacts() == ["sip:100@192.0.2.20:5060"]


def test_right_withdrawn_takes_effect_at_the_next_refresh(office):
    office.user.multi_device = True
    one, two = office.device("one"), office.device("two", host="192.0.2.20")
    one.register()
    two.register()
    office.user.multi_device = False
    one.register()
    assert office.contacts() == ["sip:100@192.0.2.10:5060"]


def test_with_the_right_devices_up_to_the_limit(office):
    office.user.multi_device = True
    devices = [office.device(f"d{n}", host=f"192.0.2.{n}") for n in range(1, 5)]
    assert [device.register().status for device in devices] == [200, 200, 200, 403]
    assert len(office.contacts()) == 3
    refused = devices[3].register()
    assert (refused.reason, refused.headers) == ("Too Many Devices (3 Allowed)", "")
    # Who is in stays in, also when the limit is lowered or the phone comes back under a new Call-ID.
    office.user.max_devices = 2
    assert office.device("d2-rebooted", host="192.0.2.2").register().status == 200
    assert devices[0].register().headers.count("Contact:") == 3
    devices[0].register("Expires: 0")
    devices[2].register("Expires: 0")
    assert devices[3].register().status == 200


def test_a_device_that_is_cut_off_gives_way(office):
    office.user.multi_device = True
    office.user.max_devices = 2
    one, two = office.device("one"), office.device("two", host="192.0.2.20")
    one.register()
    two.register()
    office.location.lookup("100", office.now)[0].mark_answered(office.now)
    office.location.lookup("100", office.now)[0].mark_unanswered()
    outcome = office.device("three", host="192.0.2.30").register()
    assert outcome.status == 200
    assert [binding.call_id for binding in outcome.removed] == ["one"]
    assert office.contacts() == ["sip:100@192.0.2.20:5060", "sip:100@192.0.2.30:5060"]


def test_instance_id_names_the_device(office):
    office.user.multi_device = True
    instance = ';+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>";reg-id=1'
    office.device("one").register(contact=f"<sip:100@192.0.2.10>{instance}")
    outcome = office.device("two", host="192.0.2.20").register(contact=f"<sip:100@192.0.2.20>{instance}")
    assert [binding.call_id for binding in outcome.removed] == ["one"]
    assert outcome.headers == f"Contact: <sip:100@192.0.2.20>{instance};expires=3600\r\n"


def test_changed_contact_of_the_same_registration_moves_the_device(office):
    office.user.multi_device = True
    phone = office.device()
    phone.register(contact="<sip:100@192.0.2.10:5060>")
    phone.register(contact="<sip:100@192.0.2.10:6060>")
    assert office.contacts() == ["sip:100@192.0.2.10:6060"]


def test_refresh_of_one_of_two_contacts_keeps_the_other(office):
    phone = office.device()
    phone.register(contact="<sip:a@192.0.2.10>, <sip:b@192.0.2.10>")
    assert phone.register(contact="<sip:a@192.0.2.10>").headers.count("Contact:") == 2


PATH = "Path: <sip:edge.example.com;lr>, <sip:p2.example.com;lr>"


def test_path_is_stored_and_echoed_to_those_who_know_it(office):
    phone = office.device()
    for _ in range(2):
        outcome = phone.register(PATH, "Supported: gruu, path", contact="<sip:100@10.0.0.7>")
        assert outcome.headers.endswith("Path: <sip:edge.example.com;lr>, <sip:p2.example.com;lr>\r\n")
        (binding,) = office.location.lookup("100", office.now)
        assert binding.path == ("<sip:edge.example.com;lr>", "<sip:p2.example.com;lr>")
        assert (binding.via_nat, binding.is_reached_by_flow()) == (False, False)
    assert "Path" not in phone.register(PATH, contact="<sip:100@10.0.0.7>").headers
    phone.register(contact="<sip:100@10.0.0.7>")
    (binding,) = office.location.lookup("100", office.now)
    assert (binding.path, binding.via_nat) == ((), True)


def test_bad_path_is_400(office):
    assert office.device().register("Path: <http://x>").status == 400


def test_unknown_extension_is_420(office):
    phone = office.device()
    phone.register()
    outcome = phone.register("Require: path, foo, bar")
    assert (outcome.status, outcome.headers) == (420, "Unsupported: foo, bar\r\n")
    assert phone.register("Require: Path").status == 200


def test_params_are_echoed_without_expires(office):
    outcome = office.device().register(contact='"Bob; x" <sip:100@192.0.2.10>;Expires=300;audio;d="a;expires=1,b"')
    assert outcome.headers == 'Contact: <sip:100@192.0.2.10>;audio;d="a;expires=1,b";expires=300\r\n'


def test_request_uri_leaves_headers_out(office):
    office.device().register(contact="<sip:user@192.0.2.10;a=b?Route=%3Csip:sip.example.com%3E>")
    (binding,) = office.location.lookup("100", office.now)
    assert binding.contact == "sip:user@192.0.2.10;a=b?Route=%3Csip:sip.example.com%3E"
    assert binding.request_uri() == "sip:user@192.0.2.10;a=b"


def test_expired_binding_is_new_again(office):
    phone = office.device()
    phone.register("Expires: 60")
    office.now += 60
    assert len(phone.register("Expires: 60").added) == 1
    assert len(office.contacts()) == 1


def test_configured_lifetimes_count_from_the_next_request(office):
    phone = office.device()
    phone.register()
    office.registrar.configure(RegistrarSettings(min_expires=10, max_expires=20, default_expires=15, nat_expires=12))
    assert ";expires=15\r\n" in phone.register().headers
    assert ";expires=20\r\n" in phone.register("Expires: 100").headers
    assert phone.register("Expires: 9").status == 423


@pytest.mark.parametrize(
    ("to", "user"),
    [
        ("<sip:100@example.com>", "100"),
        ('"A, B" <sips:%31%30%30@example.com>;x=y', "100"),
        ("tel:+86-10-1234", "+86101234"),
        ("isbn:2983792873", None),
        ("<sip:example.com>", None),
    ],
)
def test_aor_of(office, to, user):
    uri = aor_of(office.device().message(None, to=to))
    assert (uri.user if uri else None) == user
