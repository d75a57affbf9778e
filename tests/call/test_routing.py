# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.call.routing import Directory, RouteLimits, find_route, normalise_number
from mss.call.target import Device
from mss.model.user import User


class Office(Directory):
    """Users, their devices, and how many calls each is in."""

    def __init__(self, *users: User) -> None:
        self.users = {user.number: user for user in users}
        self.registered: dict[str, tuple[Device, ...]] = {}
        self.calls: dict[str, int] = {}

    def user(self, number: str) -> User | None:
        return self.users.get(number)

    def devices(self, number: str, now: float) -> tuple[Device, ...]:
        return self.registered.get(number, ())

    def active_calls(self, number: str) -> int:
        return self.calls.get(number, 0)


DESK = Device("sip:101@192.0.2.11")


@pytest.fixture
def office() -> Office:
    office = Office(User("100"), User("101"), User("102"))
    office.registered["101"] = (DESK,)
    return office


def route(office: Office, number: str = "101", caller: str = "100", by: str = "", limits: RouteLimits | None = None):
    return find_route(office.user(caller), number, by, office, limits or RouteLimits(), 0.0)


@pytest.mark.parametrize(("dialled", "number"), [
    ("101", "101"), ("1-0-1", "101"), ("(030) 123.45", "03012345"), ("+49 30 123", "+4930123"), ("*97#", "*97#"),
    ("*9-7", "*97"), ("alice", "alice"), ("a.lice-1", "a.lice-1"), ("", ""), ("1*2#3", "1*2#3"),
])  # fmt: skip
def test_visual_separators_do_not_count(dialled: str, number: str) -> None:
    assert normalise_number(dialled) == number


def test_a_registered_user(office) -> None:
    found = route(office)
    assert (found.number, found.devices, found.status) == ("101", (DESK,), 0)
    assert found.no_answer_seconds == 60


def test_an_unknown_and_a_switched_off_user(office) -> None:
    assert (route(office, "999").status, route(office, "999").condition) == (404, "")
    office.users["101"].enabled = False
    assert route(office).status == 404


def test_an_unregistered_user(office) -> None:
    office.users["102"].forward_unreachable = "101"
    found = route(office, "102")
    assert (found.status, found.condition, found.forward_unreachable) == (480, "unreachable", "101")


def test_a_user_in_as_many_calls_as_allowed(office) -> None:
    office.users["101"].max_calls = 2
    office.calls["101"] = 1
    assert route(office).status == 0
    office.calls["101"] = 2
    assert (route(office).status, route(office).condition) == (486, "busy")


def test_a_caller_in_as_many_calls_as_allowed(office) -> None:
    office.users["100"].max_calls = 1
    # The call that is being routed counts already.
    office.calls["100"] = 1
    assert route(office).status == 0
    office.calls["100"] = 2
    assert (route(office).status, route(office).reason) == (403, "Too Many Calls")
    # What others do with the call, by forward or transfer, is not the caller's doing.
    assert route(office, by="102").status == 0


def test_forwards_are_followed(office) -> None:
    office.users["102"].forward_all = "1-0-3"
    office.users["103"] = User("103", forward_all="101", forward_busy="100")
    found = route(office, "102")
    assert (found.number, found.devices) == ("101", (DESK,))
    assert found.forwards == (("102", "103"), ("103", "101"))
    assert found.forward_busy == ""


@pytest.mark.parametrize("target", ["102", "103"])
def test_forwards_in_a_circle(office, target: str) -> None:
    office.users["102"].forward_all = target
    office.users["103"] = User("103", forward_all="102")
    found = route(office, "102")
    assert (found.status, found.reason) == (482, "Loop Detected")
    assert found.forwards[-1][1] == "102"


def test_a_long_chain_of_forwards(office) -> None:
    for number in range(200, 210):
        office.users[str(number)] = User(str(number), forward_all=str(number + 1))
    found = route(office, "200")
    assert found.status == 483
    assert len(found.forwards) == 6
    assert route(office, "206", limits=RouteLimits(max_hops=4)).status == 404


@pytest.mark.parametrize(("users", "system", "seconds"), [(0, 0, 0), (10, 0, 10), (0, 20, 20), (10, 20, 10)])
def test_the_users_own_time_to_answer_wins(office, users: int, system: int, seconds: int) -> None:
    office.users["101"].no_answer_seconds = users
    assert route(office, limits=RouteLimits(no_answer_seconds=system)).no_answer_seconds == seconds


@pytest.mark.parametrize(("caller", "callee", "system", "seconds"), [
    (0, 0, 0, 0), (30, 0, 0, 30), (0, 40, 0, 40), (0, 0, 50, 50), (30, 40, 50, 30), (60, 40, 50, 40), (60, 70, 50, 50),
])  # fmt: skip
def test_the_shortest_duration_limit_wins(office, caller: int, callee: int, system: int, seconds: int) -> None:
    office.users["100"].max_call_seconds = caller
    office.users["101"].max_call_seconds = callee
    assert route(office, limits=RouteLimits(max_call_seconds=system)).max_seconds == seconds


@pytest.mark.parametrize(("caller", "callee", "system", "media"), [
    ("", "", "direct", "direct"), ("", "", "anchored", "anchored"), ("anchored", "direct", "direct", "anchored"),
    ("direct", "anchored", "direct", "anchored"), ("direct", "", "anchored", "direct"),
    ("", "direct", "anchored", "direct"), ("direct", "direct", "anchored", "direct"),
])  # fmt: skip
def test_media_is_anchored_if_one_side_wants_it(office, caller, callee, system, media) -> None:
    office.users["100"].media = caller
    office.users["101"].media = callee
    assert route(office, limits=RouteLimits(media=system)).media == media


@pytest.mark.parametrize(("number", "words"), [
    ("101", ["user 100 calls 101", "ring 1 device(s) of 101: sip:101@192.0.2.11"]),
    ("102", ["user 100 calls 102", "102 has no registered device: unreachable"]),
    ("999", ["user 100 calls 999", "999 is no user here"]),
    ("103", ["user 100 calls 103", "103 forwards every call to 101", "ring 1 device(s) of 101: sip:101@192.0.2.11"]),
    ("104", ["user 100 calls 104", "104 is switched off"]),
    ("105", ["user 100 calls 105", "105 is in 1 calls already: busy"]),
])  # fmt: skip
def test_it_explains_itself(office, number: str, words: list[str]) -> None:
    office.users.update({"103": User("103", forward_all="101"), "104": User("104", enabled=False),
                         "105": User("105", max_calls=1)})
    office.calls["105"] = 1
    steps: list[str] = []
    find_route(office.user("100"), number, "", office, RouteLimits(), 0.0, steps)
    assert steps == words


def test_it_explains_what_stops_the_caller(office) -> None:
    office.users["100"].max_calls = 1
    office.calls["100"] = 2
    steps: list[str] = []
    find_route(office.user("100"), "101", "", office, RouteLimits(), 0.0, steps)
    assert steps[-1] == "100 is in 1 calls already, as many as allowed"
    steps.clear()
    find_route(None, "101", "102", office, RouteLimits(), 0.0, steps)
    assert steps[0] == "an outside caller calls 101, sent there by 102"
