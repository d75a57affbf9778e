# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import re
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from mss.media import messages
from mss.media.messages import COMMANDS, EVENTS, Command, Event, Release

PAGE = Path(__file__).parents[2] / "docs" / "media-gateway.md"


def test_lists_are_complete():
    classes = [item for item in vars(messages).values() if isinstance(item, type)]
    assert [item for item in classes if issubclass(item, Command)] == [Command, *COMMANDS]
    assert [item for item in classes if issubclass(item, Event)] == [Event, *EVENTS]


def test_messages_do_not_change():
    with pytest.raises(FrozenInstanceError):
        Release(1, "c").id = 2


@pytest.mark.parametrize(("title", "classes"), [("Commands", COMMANDS), ("Events", EVENTS)])
def test_page_describes_each_message_with_its_fields(title, classes):
    section = PAGE.read_text().split(f"\n## {title}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section, re.MULTILINE)
    assert [(name, shown.strip()) for name, shown in rows] == [
        (item.__name__, ", ".join(field.name for field in fields(item))) for item in classes
    ]
