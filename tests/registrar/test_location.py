# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from mss.registrar.location import LocationService


def fill(office, count, **kwargs):
    """Register ``count`` users, one device each, as 200, 201, ..."""
    for number in range(count):
        office.user.number = str(200 + number)
        office.device(f"c{number}", port=1024 + number, **kwargs).register("Expires: 600")


def test_expire_removes_what_is_over_and_only_that(office):
    office.device().register("Expires: 60")
    fill(office, 3)
    office.location.take_changes()
    assert office.location.expire(office.now + 59) == []
    (gone,) = office.location.expire(office.now + 60)
    assert (gone.aor, gone.is_registered) == ("100", False)
    assert office.location.take_changes() == {"100": False}
    assert office.location.counts() == (3, 3)


def test_expire_follows_refreshes_both_ways(office):
    phone = office.device()
    phone.register("Expires: 600")
    office.now += 500
    phone.register("Expires: 600")
    assert office.location.expire(office.now + 599) == []
    phone.register("Expires: 60")
    assert office.location.expire(office.now + 59) == []
    assert len(office.location.expire(office.now + 60)) == 1
    assert office.location.expire(office.now + 10000) == []


def test_expire_is_bounded(office):
    fill(office, 25)
    later = office.now + 600
    assert [len(office.location.expire(later, limit=10)) for _ in range(4)] == [10, 10, 5, 0]
    assert office.location.counts() == (0, 0)


def test_lookup_does_not_wait_for_the_sweep(office):
    office.device().register("Expires: 60")
    assert office.location.is_registered("100", office.now)
    assert not office.location.is_registered("100", office.now + 60)
    assert office.location.lookup("100", office.now + 60) == []
    assert office.location.lookup("999", office.now) == []


def test_changes_tell_refreshes_from_the_rest(office):
    phone = office.device()
    phone.register()
    phone.register()
    assert office.location.take_changes() == {"100": False}
    phone.register()
    assert office.location.take_changes() == {"100": True}
    phone.register()
    phone.register("Expires: 0")
    assert office.location.take_changes() == {"100": False}
    phone.register("Expires: 0")
    assert office.location.take_changes() == {}


def test_records_survive_a_restart(office):
    office.user.multi_device = True
    instance = ';q=0.5;+sip.instance="<urn:uuid:1>"'
    office.device("one").register("User-Agent: Phone 1.0", contact=f"<sip:100@10.0.0.7>{instance}")
    office.device("two").register(
        "Path: <sip:a.example.com;lr>, <sip:b.example.com;lr>", contact="<sip:100@10.0.0.8>;expires=300"
    )
    before = office.location.lookup("100", office.now)
    records = [binding.to_record(1_700_000_000.0) for binding in before]
    assert records[0].expires_at == 1_700_000_000.0 + office.now + 300

    # The monotonic clock starts anew; 100 s have passed on the wall.
    after = LocationService()
    now = 5.0
    wall_offset = 1_700_000_000.0 + office.now + 100 - now
    assert after.restore(records, wall_offset, now) == 2
    assert after.take_changes() == {}
    restored = after.lookup("100", now)
    assert [binding.to_record(wall_offset) for binding in restored] == records
    assert [binding.path for binding in restored] == [binding.path for binding in before]
    assert [binding.expires_at for binding in restored] == [now + 200, now + 20]
    assert restored[1].params == instance
    assert (restored[1].flow, restored[1].is_cut_off()) == (None, True)
    assert len(after.expire(now + 20)) == 1


def test_restored_binding_is_refreshed_by_its_device(office):
    phone = office.device()
    phone.register()
    records = [binding.to_record(0.0) for binding in office.location.all_bindings()]
    office.location.remove_all("100")
    assert office.location.restore(records, 0.0, office.now) == 1
    outcome = phone.register()
    assert (outcome.status, outcome.added) == (200, [])
    (binding,) = office.location.lookup("100", office.now)
    assert binding.flow is phone.flow


def test_restore_leaves_out_expired_and_broken_records(office):
    office.device().register("Expires: 60")
    (record,) = [binding.to_record(0.0) for binding in office.location.all_bindings()]
    broken = record._replace(aor="101", contact="not a uri", expires_at=office.now + 9999)
    assert LocationService().restore([record, broken], 0.0, office.now + 60) == 0


def test_remove_all(office):
    office.device().register()
    (binding,) = office.location.remove_all("100")
    assert not binding.is_registered
    assert office.location.remove_all("100") == []
    assert office.location.counts() == (0, 0)


def test_a_device_that_never_answered_options_goes_on_being_called(office):
    office.device("one").register()
    (binding,) = office.location.lookup("100", office.now)
    binding.mark_unanswered()
    assert not binding.is_cut_off()
    binding.mark_answered(office.now + 5)
    binding.mark_unanswered()
    assert binding.is_cut_off()


def test_statuses_show_each_device(office):
    office.user.multi_device = True
    office.device("one").register("User-Agent: Phone 1.0")
    office.device("two", host="192.0.2.20").register("Expires: 600")
    first, second = office.location.lookup("100", office.now)
    first.mark_answered(office.now + 5)
    second.mark_answered(office.now)
    second.mark_unanswered()
    shown = office.location.statuses(office.now + 10)
    assert [(s.status, s.expires_in, s.registered_for, s.answered_ago, s.user_agent) for s in shown] == [
        ("reachable", 3590.0, 10.0, 5.0, "Phone 1.0"),
        ("unreachable", 590.0, 10.0, 10.0, ""),
    ]
    assert office.location.statuses(office.now + 700, "100") == office.location.statuses(office.now + 700)
    assert len(office.location.statuses(office.now + 700, "100")) == 1
    assert office.location.statuses(office.now, "999") == []


def test_pings_go_round(office):
    fill(office, 5)
    location = office.location
    assert location.pings_due(office.now + 59, 60) == []
    now = office.now + 60
    first = location.pings_due(now, 60, limit=3)
    rest = location.pings_due(now, 60, limit=3)
    assert [binding.aor for binding in first + rest] == ["200", "201", "202", "203", "204"]
    assert location.pings_due(now + 59, 60) == []
    location.remove_all("201")
    assert [binding.aor for binding in location.pings_due(now + 60, 60)] == ["200", "202", "203", "204"]
    assert location.pings_due(now + 600, 60) == []


def test_churn_leaves_no_entries_behind(office):
    phone = office.device()
    for number in range(5000):
        phone.register(contact=f"<sip:{number}@192.0.2.10>")
    assert office.location.counts() == (1, 1)
    assert len(office.location._due) < 1100
    assert len(office.location._pings) < 1100
    assert len(office.location.expire(office.now + 3600, limit=5000)) == 1
