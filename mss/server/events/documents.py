# SPDX-License-Identifier: GPL-2.0-or-later
"""The bodies of NOTIFYs, as bytes: pure functions of what they tell."""
from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

_XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


class DialogState(NamedTuple):
    """One dialog of a watched user.

    ``direction`` is "initiator" or "recipient", ``state`` one of RFC 4235 3.7.1: "trying", "early",
    "confirmed", "terminated".
    """

    id: str
    direction: str
    state: str


def dialog_info(entity: str, version: int, dialogs: Iterable[DialogState]) -> bytes:
    """All dialogs of the user with URI ``entity`` (RFC 4235 section 4, full state)."""
    shown = "".join([
        f"<dialog id={quoteattr(dialog.id)} direction={quoteattr(dialog.direction)}>"
        f"<state>{escape(dialog.state)}</state></dialog>\n" for dialog in dialogs])
    return (f'{_XML_HEAD}<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="{version}" state="full" '
            f"entity={quoteattr(entity)}>\n{shown}</dialog-info>\n").encode()


def presence_information(entity: str, is_open: bool) -> bytes:
    """PIDF: whether the user with URI ``entity`` can be reached (RFC 3863 section 4)."""
    basic = "open" if is_open else "closed"
    contact = f"<contact>{escape(entity)}</contact>" if is_open else ""
    return (f'{_XML_HEAD}<presence xmlns="urn:ietf:params:xml:ns:pidf" entity={quoteattr(entity)}>\n'
            f'<tuple id="phone"><status><basic>{basic}</basic></status>{contact}</tuple>\n</presence>\n').encode()


def message_summary(account: str, new: int, old: int) -> bytes:
    """Voice messages waiting in the mailbox with URI ``account`` (RFC 3842 section 5.2)."""
    waiting = "yes" if new else "no"
    return (f"Messages-Waiting: {waiting}\r\nMessage-Account: {account}\r\n"
            f"Voice-Message: {new}/{old} (0/0)\r\n").encode()
