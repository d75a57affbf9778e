# SPDX-License-Identifier: GPL-2.0-or-later
"""Subscriptions of phones on a whole server in memory: lamps for calls, presence, messages waiting."""
from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from mss.model.user import User
from mss.server import subscriptions
from mss.server.subscriptions import ALLOW_EVENTS_LINE
from mss.testing.message import Received
from mss.testing.network import FakeNetwork
from mss.testing.phone import ScriptedPhone
from mss.testing.server import SipServer

NUMBERS = ("100", "101", "102", "103")
DIALOGS = "{urn:ietf:params:xml:ns:dialog-info}"
PIDF = "{urn:ietf:params:xml:ns:pidf}"


class Office:
    """A server and its phones; nobody is registered."""

    def __init__(self) -> None:
        self.network = FakeNetwork()
        self.server = SipServer(self.network, [User(number, password="secret") for number in NUMBERS])
        self.phones = {number: ScriptedPhone(self.network, number, "secret", host=f"192.0.2.{number}")
                       for number in NUMBERS}

    @property
    def held(self) -> int:
        return len(self.server.core.subscriptions)


@pytest.fixture
def office() -> Office:
    return Office()


class Watcher:
    """One subscription as its phone has it."""

    def __init__(self, office: Office, number: str, target: str, event: str, expires: int = 3600,
                 headers: tuple[tuple[str, str], ...] = ()) -> None:
        self.phone = office.phones[number]
        self.target = target
        self.event = event
        self.response = self.phone.request("SUBSCRIBE", target, [
            ("Contact", f"<{self.phone.contact}>"), ("Event", event), ("Expires", str(expires)), *headers])
        if self.response.status == 200:
            #: The NOTIFY that follows at once.
            self.first = self.take()

    def take(self) -> Received:
        """The next NOTIFY, answered with 200."""
        notify = self.phone.expect("NOTIFY")
        self.phone.respond(notify, 200)
        return notify

    def take_dialogs(self) -> list[tuple[str, str]]:
        """Direction and state of each dialog in the next NOTIFY."""
        return dialogs_in(self.take().body)

    def expect_nothing(self) -> None:
        self.phone.network.settle()
        assert list(self.phone.inbox) == []

    def refresh(self, expires: int) -> Received:
        """Send SUBSCRIBE inside the dialog; returns the response."""
        first = self.response
        headers = [("From", first.header("From")), ("To", first.header("To")), ("Call-ID", first.call_id),
                   ("CSeq", f"{first.cseq + 1} SUBSCRIBE"), ("Contact", f"<{self.phone.contact}>"),
                   ("Event", self.event), ("Expires", str(expires))]
        self.phone.send_request("SUBSCRIBE", first.contact_uri, headers)
        return self.phone.expect_final("SUBSCRIBE")


def dialogs_in(body: bytes) -> list[tuple[str, str]]:
    found = ElementTree.fromstring(body)
    return [(dialog.get("direction", ""), dialog.findtext(f"{DIALOGS}state", "")) for dialog in found]


def basic_in(body: bytes) -> str:
    return ElementTree.fromstring(body).findtext(f"{PIDF}tuple/{PIDF}status/{PIDF}basic", "")


# ---- dialog ------------------------------------------------------------------
def test_lamp_follows_a_call(office: Office) -> None:
    called = office.phones["101"]
    called.register()
    watcher = Watcher(office, "103", "101", "dialog")
    assert watcher.response.status == 200
    notify = watcher.first
    assert notify.header("Content-Type") == "application/dialog-info+xml"
    info = ElementTree.fromstring(notify.body)
    assert (info.tag, info.get("version"), info.get("state")) == (f"{DIALOGS}dialog-info", "0", "full")
    assert info.get("entity") == "sip:101@198.51.100.1"
    assert dialogs_in(notify.body) == []

    call = office.phones["100"].call("101")
    answering = called.take_call()
    assert watcher.take_dialogs() == [("recipient", "trying")]
    answering.ring()
    assert watcher.take_dialogs() == [("recipient", "early")]
    answering.answer()
    call.expect(180)
    call.expect(200)
    call.ack()
    answering.expect("ACK")
    notify = watcher.take()
    assert dialogs_in(notify.body) == [("recipient", "confirmed")]
    assert ElementTree.fromstring(notify.body).get("version") == "3"
    call.bye()
    answering.expect_bye()
    assert watcher.take_dialogs() == [("recipient", "terminated")]
    watcher.expect_nothing()


def test_lamp_shows_the_callers_side(office: Office) -> None:
    office.phones["101"].register()
    watcher = Watcher(office, "103", "100", "dialog")
    assert dialogs_in(watcher.first.body) == []
    call = office.phones["100"].call("101")
    assert watcher.take_dialogs() == [("initiator", "trying")]
    office.phones["101"].take_call().ring()
    assert watcher.take_dialogs() == [("initiator", "early")]
    call.cancel()
    assert watcher.take_dialogs() == [("initiator", "terminated")]


def test_lamp_lit_in_the_middle_of_a_call(office: Office) -> None:
    office.phones["101"].register()
    call = office.phones["100"].call("101")
    answering = office.phones["101"].take_call()
    answering.answer()
    call.expect(200)
    call.ack()
    watcher = Watcher(office, "103", "101", "dialog")
    assert dialogs_in(watcher.first.body) == [("recipient", "confirmed")]
    look = Watcher(office, "102", "100", "dialog", expires=0)
    notify = look.first
    assert notify.header("Subscription-State") == "terminated;reason=timeout"
    assert dialogs_in(notify.body) == [("initiator", "confirmed")]
    answering.bye()
    assert watcher.take_dialogs() == [("recipient", "terminated")]
    look.expect_nothing()


def test_lamp_tells_nothing_that_a_dialog_could_be_taken_over_with(office: Office) -> None:
    office.phones["101"].register()
    watcher = Watcher(office, "103", "101", "dialog")
    office.phones["100"].call("101")
    answering = office.phones["101"].take_call()
    answering.ring()
    watcher.take()
    shown = watcher.take().text
    assert answering.call_id not in shown
    assert answering.local_tag not in shown
    assert answering.remote_tag not in shown


def test_lamps_of_a_forwarded_call(office: Office) -> None:
    office.server.add_user(User("101", password="secret", forward_all="102"))
    office.phones["102"].register()
    first, second = Watcher(office, "103", "101", "dialog"), Watcher(office, "103", "102", "dialog")
    office.phones["100"].call("101")
    office.phones["102"].take_call()
    assert second.take_dialogs() == [("recipient", "trying")]
    first.expect_nothing()


def test_lamps_of_a_transfer(office: Office) -> None:
    for number in ("101", "102"):
        office.phones[number].register()
    call = office.phones["100"].call("101")
    transferor = office.phones["101"].take_call()
    transferor.answer()
    call.expect(200)
    call.ack()
    before, after = Watcher(office, "100", "101", "dialog"), Watcher(office, "103", "102", "dialog")
    assert dialogs_in(before.first.body) == [("recipient", "confirmed")]
    assert dialogs_in(after.first.body) == []
    transferor.refer("102")
    assert after.take_dialogs() == [("recipient", "trying")]
    office.phones["102"].take_call().answer()
    assert after.take_dialogs() == [("recipient", "confirmed")]
    call.reply(call.expect("INVITE"), 200, body=call.phone.sdp(version=2))
    assert before.take_dialogs() == [("recipient", "terminated")]


def test_lamp_of_one_who_takes_a_call_over(office: Office) -> None:
    office.phones["101"].register()
    watcher = Watcher(office, "103", "102", "dialog")
    call = office.phones["100"].call("101")
    answering = office.phones["101"].take_call()
    answering.answer()
    call.expect(200)
    call.ack()
    office.phones["102"].call("101", headers=[("Replaces", answering.replaces)])
    assert watcher.take_dialogs() == [("recipient", "trying")]


def test_calls_of_others_light_no_lamp(office: Office) -> None:
    office.phones["101"].register()
    watcher = Watcher(office, "103", "102", "dialog")
    office.phones["100"].call("101")
    office.phones["101"].take_call().answer()
    watcher.expect_nothing()


# ---- presence ----------------------------------------------------------------
def test_presence_follows_registration(office: Office) -> None:
    watcher = Watcher(office, "103", "101", "presence", headers=(("Accept", "application/xpidf+xml, application/*"),))
    notify = watcher.first
    assert notify.header("Content-Type") == "application/pidf+xml"
    assert ElementTree.fromstring(notify.body).get("entity") == "sip:101@198.51.100.1"
    assert basic_in(notify.body) == "closed"
    phone = office.phones["101"]
    phone.register()
    assert basic_in(watcher.take().body) == "open"
    phone.register()
    watcher.expect_nothing()
    phone.register(expires=0)
    assert basic_in(watcher.take().body) == "closed"


def test_presence_ends_with_the_registration(office: Office) -> None:
    office.server.core.pinger.interval = 0
    office.phones["101"].register(expires=60)
    watcher = Watcher(office, "103", "101", "presence")
    assert basic_in(watcher.first.body) == "open"
    office.network.advance(65)
    assert basic_in(watcher.take().body) == "closed"


def test_a_device_with_a_fixed_contact_is_present(office: Office) -> None:
    office.server.add_user(User("101", fixed_contact="sip:101@192.0.2.50"))
    assert basic_in(Watcher(office, "103", "101", "presence", expires=0).first.body) == "open"


# ---- message-summary -----------------------------------------------------------
def test_message_summary_is_for_the_owner_only(office: Office) -> None:
    watcher = Watcher(office, "100", "100", "message-summary")
    notify = watcher.first
    assert notify.header("Content-Type") == "application/simple-message-summary"
    assert notify.body == (b"Messages-Waiting: no\r\nMessage-Account: sip:100@198.51.100.1\r\n"
                           b"Voice-Message: 0/0 (0/0)\r\n")
    assert Watcher(office, "100", "101", "message-summary").response.status == 403


# ---- what is refused -------------------------------------------------------------
def test_unknown_users_and_packages(office: Office) -> None:
    assert Watcher(office, "100", "999", "dialog").response.status == 404
    refused = Watcher(office, "100", "101", "reg").response
    assert refused.status == 489
    assert refused.headers("Allow-Events") == ["dialog", "message-summary", "presence", "refer"]
    assert Watcher(office, "100", "101", "refer").response.status == 403
    assert office.held == 0
    assert office.server.endpoint.sessions == {}


def test_what_the_subscriber_must_say(office: Office) -> None:
    phone = office.phones["100"]
    contact = ("Contact", f"<{phone.contact}>")
    assert phone.request("SUBSCRIBE", "101", [contact]).status == 400
    assert phone.request("SUBSCRIBE", "101", [("Event", "dialog")]).status == 400
    refused = Watcher(office, "100", "101", "dialog", expires=10).response
    assert (refused.status, refused.header("Min-Expires")) == (423, "60")
    refused = Watcher(office, "100", "101", "dialog", headers=(("Accept", "text/plain"),)).response
    assert (refused.status, refused.header("Accept")) == (406, "application/dialog-info+xml")
    assert office.held == 0


def test_a_stranger_is_challenged(office: Office) -> None:
    phone = office.phones["100"]
    phone.authenticates = False
    assert Watcher(office, "100", "101", "dialog").response.status == 407
    phone.authenticates, phone.password = True, "wrong"
    assert Watcher(office, "100", "101", "dialog").response.status == 407
    assert office.held == 0


def test_subscriptions_of_one_user_are_limited(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "MAX_PER_SUBSCRIBER", 2)
    for target in ("101", "102"):
        assert Watcher(office, "100", target, "dialog").response.status == 200
    assert Watcher(office, "100", "103", "dialog").response.status == 403
    assert Watcher(office, "100", "103", "dialog", expires=0).response.status == 200
    assert Watcher(office, "101", "103", "dialog").response.status == 200


def test_publish_is_refused(office: Office) -> None:
    phone = office.phones["100"]
    refused = phone.request("PUBLISH", "100", [("Event", "presence"), ("Expires", "600")])
    assert refused.status == 405
    assert not refused.lists("Allow", "PUBLISH")
    assert refused.lists("Allow", "SUBSCRIBE")
    for headers in ([("Event", "unheard-of")], []):
        refused = phone.request("PUBLISH", "100", headers)
        assert refused.status == 489
        assert refused.has("Allow-Events")


def test_notify_outside_dialogs_is_refused(office: Office) -> None:
    headers = [("Event", "dialog"), ("Subscription-State", "active")]
    assert office.phones["100"].request("NOTIFY", "100", headers).status == 481


def test_options_name_the_packages(office: Office) -> None:
    answer = office.phones["100"].request("OPTIONS", "101")
    assert answer.status == 200
    assert f"{ALLOW_EVENTS_LINE}" in answer.text


# ---- refresh and end -------------------------------------------------------------
def test_refresh_and_unsubscribe(office: Office) -> None:
    watcher = Watcher(office, "103", "101", "dialog", expires=60)
    assert office.held == 1
    office.network.advance(40)
    answer = watcher.refresh(600)
    assert (answer.status, answer.header("Expires")) == (200, "600")
    watcher.take()
    office.network.advance(60)
    assert office.held == 1
    watcher.response = answer
    assert watcher.refresh(0).status == 200
    assert watcher.take().header("Subscription-State") == "terminated;reason=timeout"
    assert office.held == 0


def test_nothing_is_left_when_nobody_watches(office: Office) -> None:
    watchers = office.server.services.watchers
    held = [Watcher(office, "103", "101", event, expires=60) for event in ("dialog", "presence")]
    assert (list(watchers.calls), list(watchers.registrations)) == (["101"], ["101"])
    office.network.advance(62)
    for watcher in held:
        assert watcher.take().header("Subscription-State") == "terminated;reason=timeout"
    assert (watchers.calls, watchers.registrations, office.held) == ({}, {}, 0)
    office.server.expect_idle()


def test_a_phone_that_vanished_is_forgotten(office: Office) -> None:
    office.phones["101"].register()
    watcher = Watcher(office, "103", "101", "dialog")
    watcher.phone.vanish()
    office.phones["100"].call("101")
    office.phones["101"].take_call().ring()
    office.network.advance(40)
    assert office.held == 0
    assert office.server.services.watchers.calls == {}


def test_two_watchers_of_one_number(office: Office) -> None:
    first, second = (Watcher(office, number, "101", "presence") for number in ("102", "103"))
    first.refresh(0)
    first.take()
    office.phones["101"].register()
    assert basic_in(second.take().body) == "open"
    first.expect_nothing()


def test_deleted_users_end_their_subscriptions(office: Office) -> None:
    to_gone, of_gone = Watcher(office, "103", "101", "presence"), Watcher(office, "102", "103", "dialog")
    office.server.live.put("101", None)
    office.server.add_user(User("102", password="secret", enabled=False))
    office.server.core.subscriptions.end_orphans()
    assert to_gone.take().header("Subscription-State") == "terminated;reason=noresource"
    assert of_gone.take().header("Subscription-State") == "terminated;reason=rejected"
    assert office.held == 0


def test_a_disabled_user_is_absent(office: Office) -> None:
    office.phones["101"].register()
    watcher = Watcher(office, "103", "101", "presence")
    assert basic_in(watcher.first.body) == "open"
    office.server.add_user(User("101", password="secret", enabled=False))
    office.server.core.subscriptions.end_orphans()
    assert basic_in(watcher.take().body) == "closed"


def test_the_stop_of_the_server_is_told(office: Office) -> None:
    watcher = Watcher(office, "103", "101", "dialog")
    office.server.core.subscriptions.end_all("probation;retry-after=5")
    assert watcher.take().header("Subscription-State") == "terminated;reason=probation;retry-after=5"
    assert office.held == 0


def test_a_change_reaches_a_phone_that_connected_again(office: Office) -> None:
    phone = ScriptedPhone(office.network, "103", "secret", host="192.0.2.60", transport="TCP")
    office.phones["103"] = phone
    watcher = Watcher(office, "103", "101", "presence")
    phone.hang_up_connection()
    phone.register()
    office.phones["101"].register()
    assert basic_in(watcher.take().body) == "open"
