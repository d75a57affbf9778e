# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from mss.server.events.documents import DialogState, dialog_info, message_summary, presence_information

DIALOGS = "{urn:ietf:params:xml:ns:dialog-info}"
PIDF = "{urn:ietf:params:xml:ns:pidf}"
#: A user part may hold these (RFC 3261 25.1).
ODD = "sip:a&b'<\">@a.example"


def test_dialog_info() -> None:
    document = dialog_info("sip:101@a.example", 4, [
        DialogState("c1-1", "recipient", "early"), DialogState("c2-0", "initiator", "confirmed")])
    assert document.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n')
    info = ElementTree.fromstring(document)
    assert info.tag == f"{DIALOGS}dialog-info"
    assert info.attrib == {"version": "4", "state": "full", "entity": "sip:101@a.example"}
    assert [(dialog.tag, dialog.attrib, dialog.findtext(f"{DIALOGS}state")) for dialog in info] == [
        (f"{DIALOGS}dialog", {"id": "c1-1", "direction": "recipient"}, "early"),
        (f"{DIALOGS}dialog", {"id": "c2-0", "direction": "initiator"}, "confirmed")]


def test_dialog_info_of_nothing_is_a_whole_document() -> None:
    assert list(ElementTree.fromstring(dialog_info("sip:101@a.example", 0, []))) == []


def test_presence() -> None:
    for is_open, basic, contact in ((True, "open", "sip:101@a.example"), (False, "closed", None)):
        presence = ElementTree.fromstring(presence_information("sip:101@a.example", is_open))
        assert (presence.tag, presence.get("entity")) == (f"{PIDF}presence", "sip:101@a.example")
        assert presence.findtext(f"{PIDF}tuple/{PIDF}status/{PIDF}basic") == basic
        assert presence.findtext(f"{PIDF}tuple/{PIDF}contact") == contact


def test_markup_in_values_is_escaped() -> None:
    odd = DialogState(ODD, ODD, ODD)
    info = ElementTree.fromstring(dialog_info(ODD, 0, [odd]))
    assert info.get("entity") == ODD
    assert (info[0].get("id"), info[0].get("direction"), info[0].findtext(f"{DIALOGS}state")) == (ODD, ODD, ODD)
    presence = ElementTree.fromstring(presence_information(ODD, True))
    assert (presence.get("entity"), presence.findtext(f"{PIDF}tuple/{PIDF}contact")) == (ODD, ODD)


def test_message_summary() -> None:
    assert message_summary("sip:101@a.example", 2, 5) == (
        b"Messages-Waiting: yes\r\nMessage-Account: sip:101@a.example\r\nVoice-Message: 2/5 (0/0)\r\n")
    assert message_summary("sip:101@a.example", 0, 5).startswith(b"Messages-Waiting: no\r\n")
