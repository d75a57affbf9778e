# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import errno
import logging
import os
import stat

import pytest

from mss.store.errors import JournalInUse, StoreError
from mss.store.journal import Journal
from mss.store.journal_line import CDR, OPEN, encode


def files(journal):
    return sorted(path.name for path in journal._directory.glob("*.journal"))


def read(journal):
    """Read and acknowledge everything; the ids of the records."""
    ids = []
    while (reading := journal.read()) is not None:
        ids += [record.id for record in reading.records]
        journal.acknowledge(reading)
    return ids


@pytest.fixture
def small_journal(tmp_path, make_record):
    """A journal whose files are full after ten lines."""
    opened = Journal(tmp_path / "small", segment_bytes=10 * len(encode(CDR, make_record("r00"))))
    yield opened
    opened.close()


def test_records_are_read_in_order_and_once(journal, make_record):
    for number in range(3):
        journal.append(CDR, make_record(f"r{number}"))
    assert read(journal) == ["r0", "r1", "r2"]
    assert read(journal) == []
    journal.append(CDR, make_record("r3"))
    assert read(journal) == ["r3"]


def test_what_is_not_acknowledged_is_read_again(journal, make_record):
    journal.append(CDR, make_record("a"))
    assert [record.id for record in journal.read().records] == ["a"]
    journal.append(CDR, make_record("b"))
    assert [record.id for record in journal.read().records] == ["a", "b"]


def test_open_calls_are_counted_and_not_read(journal, make_record):
    journal.append(OPEN, make_record("a"))
    journal.append(OPEN, make_record("b"))
    journal.append(OPEN, make_record("a"))
    assert journal.open_calls == 2
    assert read(journal) == []
    journal.append(CDR, make_record("a"))
    assert journal.open_calls == 1
    assert read(journal) == ["a"]


def test_line_is_on_disk_at_once(journal, make_record):
    record = make_record()
    journal.append(CDR, record)
    (file,) = journal._directory.glob("*.journal")
    assert file.read_bytes() == encode(CDR, record)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert journal.unread_bytes == len(encode(CDR, record))


def test_full_file_is_followed_by_another_and_removed_when_read(small_journal, make_record):
    for number in range(25):
        small_journal.append(CDR, make_record(f"r{number:02d}"))
    assert len(files(small_journal)) == 3
    assert read(small_journal) == [f"r{number:02d}" for number in range(25)]
    assert files(small_journal) == ["0000000003.journal"]


def test_file_with_a_call_that_goes_on_is_kept_and_those_after_it(small_journal, make_record):
    small_journal.append(OPEN, make_record("r00"))
    for number in range(1, 25):
        small_journal.append(CDR, make_record(f"r{number:02d}"))
    assert len(read(small_journal)) == 24
    assert len(files(small_journal)) == 3
    small_journal.append(CDR, make_record("r00"))
    assert read(small_journal) == ["r00"]
    assert len(files(small_journal)) == 1


def test_last_calls_of_an_old_file_are_carried_to_the_current_one(tmp_path, make_record):
    journal = Journal(tmp_path / "journal", segment_bytes=100 * len(encode(OPEN, make_record("r000"))))
    numbers = [f"r{number:03d}" for number in range(100)]
    for number in numbers:
        journal.append(OPEN, make_record(number))
    # 97 of 100 end, so few are left that their lines are written again when the next file is full.
    for number in [*numbers[3:], "x00", "x01", "x02", "x03"]:
        journal.append(CDR, make_record(number))
    assert len(read(journal)) == 101
    assert files(journal) == ["0000000003.journal"]
    text = (tmp_path / "journal" / "0000000003.journal").read_text()
    assert [line.split("\t")[:2] for line in text.splitlines()] == [["open", number] for number in numbers[:3]]
    assert journal.open_calls == 3
    journal.close()


def test_disk_that_fails_is_logged_once_and_loses_nothing(journal, make_record, monkeypatch, caplog):
    def fail(descriptor, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        patch.setattr(os, "write", fail)
        for number in range(3):
            journal.append(CDR, make_record(f"r{number}"))
        journal.append(OPEN, make_record("o"))
    assert [record.getMessage().rpartition(": ")[2] for record in caplog.records] == ["No space left on device"]
    assert journal.failures == 4
    assert [record.id for record in journal.read().records] == ["r0", "r1", "r2"]
    journal.append(CDR, make_record("r3"))
    assert read(journal) == ["r0", "r1", "r2", "r3"]


def test_no_new_file_means_the_old_one_is_used_on(small_journal, make_record, monkeypatch, caplog):
    def fail(*args):
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        patch.setattr(os, "open", fail)
        for number in range(15):
            small_journal.append(CDR, make_record(f"r{number:02d}"))
    assert "Too many open files" in caplog.text
    assert files(small_journal) == ["0000000001.journal"]
    for number in range(15, 25):
        small_journal.append(CDR, make_record(f"r{number:02d}"))
    assert len(read(small_journal)) == 25
    assert files(small_journal) == ["0000000002.journal"]


def test_file_removed_by_somebody_else_is_given_up(journal, make_record, caplog):
    journal.append(CDR, make_record("a"))
    (file,) = journal._directory.glob("*.journal")
    file.unlink()
    with caplog.at_level(logging.ERROR):
        assert read(journal) == []
    assert "was removed by somebody else" in caplog.text
    journal.append(CDR, make_record("b"))
    journal.append(CDR, make_record("c"))
    assert "c" in read(journal)


def test_directory_is_used_by_one_process_at_a_time(tmp_path):
    first = Journal(tmp_path / "journal")
    with pytest.raises(JournalInUse, match="is in use"):
        Journal(tmp_path / "journal")
    first.close()
    Journal(tmp_path / "journal").close()


def test_directory_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file/journal: Not a directory"):
        Journal(tmp_path / "file" / "journal")


def test_closing_removes_what_is_done_with_only(tmp_path, make_record):
    journal = Journal(tmp_path / "journal")
    journal.append(CDR, make_record())
    read(journal)
    journal.close()
    assert files(journal) == []
    journal = Journal(tmp_path / "journal")
    journal.append(CDR, make_record())
    journal.close()
    assert files(journal) == ["0000000001.journal"]


def test_new_run_leaves_the_files_of_the_old_one_alone(tmp_path, make_record):
    first = Journal(tmp_path / "journal")
    first.append(CDR, make_record("old"))
    first.close()
    second = Journal(tmp_path / "journal")
    second.append(CDR, make_record("new"))
    assert [path.name for path in second.old_segments] == ["0000000001.journal"]
    assert read(second) == ["new"]
    second.close()


def test_touch_tells_that_the_server_lives(journal, make_record):
    (file,) = journal._directory.glob("*.journal")
    os.utime(file, (1000.0, 1000.0))
    journal.touch()
    assert file.stat().st_mtime == 1000.0
    journal.append(OPEN, make_record())
    os.utime(file, (1000.0, 1000.0))
    journal.touch()
    assert file.stat().st_mtime > 1000.0
