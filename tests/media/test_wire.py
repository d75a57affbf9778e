# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json

import pytest

from mss.media.messages import (
    COMMANDS,
    EVENTS,
    Add,
    Collect,
    Connect,
    Detect,
    Digits,
    Done,
    Failed,
    Inactive,
    Lost,
    Modify,
    Play,
    PlayDone,
    Record,
    RecordDone,
    Release,
    Stats,
    Stop,
    Subtract,
    Tone,
)
from mss.media.wire import MessageError, from_dict, kind_of, to_dict

EXAMPLES = [
    Add(1, "c", "a", remote=b"v=0\r\ns=\xff\xc3\xa9\r\n", role="offer", address="192.0.2.1"),
    Add(1, "c", "a", peer="b"),
    Modify(2, "c", "a"),
    Subtract(3, "c", "a"),
    Connect(4, "c", "a", "b", "oneway"),
    Play(5, "c", "a", ("hello.wav", "bye.wav"), 0, True),
    Tone(6, "c", "a", "busy", 2.5),
    Collect(7, "c", "a", 4, "", 5.0, 2.0),
    Record(8, "c", "", "all.wav", 60.0),
    Detect(9, "c", "a", False, 30.0),
    Stop(10, "c", 9),
    Release(11, "c"),
    Done(1, "c", "a", b"v=0"),
    Failed(1, "c", 503, "No Media Ports Left"),
    Digits(7, "c", "a", "12#"),
    PlayDone(5, "c", "a", "stopped"),
    RecordDone(8, "c", "", "all.wav", 3.25, "silence"),
    Inactive(9, "c", "a", 30.0),
    Stats(3, "c", "a", 1, 2, 3, 4, 5, 6.5),
    Lost(0, "", "down"),
]


def test_there_is_an_example_of_each():
    assert {type(example) for example in EXAMPLES} == {*COMMANDS, *EVENTS}


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda message: kind_of(type(message)))
def test_there_and_back_through_json(message):
    assert from_dict(json.loads(json.dumps(to_dict(message)))) == message


def test_shape():
    assert to_dict(PlayDone(5, "c", "a")) == {
        "version": 1, "type": "play_done", "id": 5, "context": "c", "termination": "a",
    }  # fmt: skip
    assert from_dict({"version": 1, "type": "tone", "id": 1, "context": "c", "termination": "a", "name": "busy",
                      "seconds": 2}) == Tone(1, "c", "a", "busy", 2.0)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"version": 2}, "version 2 is not 1"),
        ({"type": "explode"}, "unknown type 'explode'"),
        ({"type": ["play"]}, "unknown type"),
        ({"colour": "red"}, "play: unknown field 'colour'"),
        ({"id": "1"}, "play.id: '1' has the wrong type"),
        ({"id": True}, "play.id: True has the wrong type"),
        ({"id": None}, "play.id: None has the wrong type"),
        ({"context": 5}, "play.context"),
        ({"files": "one.wav"}, "play.files"),
        ({"files": ["one.wav", 2]}, "play.files"),
        ({"barge_in": 1}, "play.barge_in"),
    ],
)
def test_what_is_wrong_is_named(change, text):
    data = {"version": 1, "type": "play", "id": 1, "context": "c", "termination": "a", "files": ["one.wav"]}
    assert from_dict(data) == Play(1, "c", "a", ("one.wav",))
    with pytest.raises(MessageError, match=text):
        from_dict(data | change)


def test_missing_fields_are_named():
    with pytest.raises(MessageError, match="play: missing termination, files"):
        from_dict({"version": 1, "type": "play", "id": 1, "context": "c"})
