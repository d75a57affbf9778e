# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import os

import pytest

from mss.store.segment import Segment, list_segments


@pytest.fixture
def segment(tmp_path):
    made = Segment(tmp_path / "0000000001.journal")
    yield made
    if not made.is_closed:
        made.close()


def read_all(segment, limit=1000):
    lines, segment.offset = segment.read(limit)
    return lines


def test_lines_are_read_once(segment):
    segment.append(b"one\n")
    segment.append(b"two\n")
    assert not segment.is_read
    assert read_all(segment) == [b"one", b"two"]
    assert segment.is_read
    segment.append(b"three\n")
    assert read_all(segment) == [b"three"]
    assert read_all(segment) == []


def test_reading_is_limited_to_whole_lines(segment):
    for number in range(10):
        segment.append(b"line %d\n" % number)
    portions = [read_all(segment, 10) for _ in range(6)]
    assert portions == [[b"line 0", b"line 1"], [b"line 2", b"line 3"], [b"line 4", b"line 5"],
                        [b"line 6", b"line 7"], [b"line 8", b"line 9"], []]  # fmt: skip


def test_line_longer_than_the_limit_is_read_whole(segment):
    segment.append(b"x" * 100 + b"\n")
    assert read_all(segment, 10) == [b"x" * 100]


def write_only(count):
    """A system call that writes no more than some bytes, as on a full disk."""
    write = os.write
    return lambda descriptor, data: write(descriptor, data[:count])


def test_line_after_a_torn_one_is_whole(segment, monkeypatch):
    segment.append(b"one\n")
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write_only(2))
        with pytest.raises(OSError, match="only 2 of 4 bytes"):
            segment.append(b"two\n")
    assert read_all(segment) == [b"one"]
    assert not segment.is_read
    segment.append(b"three\n")
    assert read_all(segment) == [b"tw", b"three"]


def test_torn_end_of_a_closed_file_is_passed(segment, monkeypatch):
    segment.append(b"one\n")
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write_only(2))
        with pytest.raises(OSError, match="only"):
            segment.append(b"two\n")
    segment.close()
    assert read_all(segment) == [b"one"]
    assert segment.is_finished


def test_finished_means_closed_read_and_without_live_calls(segment):
    segment.append(b"one\n")
    segment.live["a"] = b"one\n"
    segment.close()
    assert not segment.is_finished
    read_all(segment)
    assert not segment.is_finished
    segment.live.clear()
    assert segment.is_finished


def test_existing_file_is_not_overwritten(segment):
    with pytest.raises(FileExistsError):
        Segment(segment.path)


def test_segments_are_listed_in_order(tmp_path, segment):
    for name in ("0000000010.journal", "0000000002.journal", "lock", "x.journal"):
        (tmp_path / name).write_text("")
    assert [path.name for path in list_segments(tmp_path)] == [
        "0000000001.journal", "0000000002.journal", "0000000010.journal",
    ]  # fmt: skip
