# SPDX-License-Identifier: GPL-2.0-or-later
"""Log lines: fields, masks, the journal, and the limit on remote mistakes."""
from __future__ import annotations

import io
import logging
import os
from types import SimpleNamespace

import pytest

from mss.server import log, service_manager
from mss.server.log import JournalSender, RateLimitedLog, call_fields, is_connected_to_journal, set_up_logging


@pytest.fixture(autouse=True)
def restored_logger():
    logger = logging.getLogger(log.ROOT)
    before = (list(logger.handlers), logger.level, logger.propagate)
    yield
    logger.handlers[:], logger.level, logger.propagate = before[0], before[1], before[2]


@pytest.fixture
def stream() -> io.StringIO:
    stream = io.StringIO()
    set_up_logging("info", stream)
    return stream


def test_plain_line_has_fields(stream) -> None:
    logging.getLogger("mss.sip").warning("bad %s", "thing", extra=call_fields("c1", "100"))
    assert stream.getvalue().endswith(" WARNING mss.sip  bad thing  [call=c1 user=100]\n")


def test_remote_text_stays_on_one_line_and_is_masked(stream) -> None:
    logging.getLogger("mss.sip").info("got %s", "a\r\nb password=hallo")
    assert stream.getvalue().endswith("got a\\r\\nb password=***\n")


def test_traceback_is_masked(stream) -> None:
    try:
        raise ValueError("secret=hallo")
    except ValueError:
        logging.getLogger("mss.sip").exception("our fault")
    assert "hallo" not in stream.getvalue()
    assert "ValueError: secret=***" in stream.getvalue()


def test_level_and_second_set_up(stream) -> None:
    set_up_logging("error", stream)
    logging.getLogger("mss").warning("quiet")
    logging.getLogger("mss").error("loud")
    assert stream.getvalue().count("\n") == 1


def test_journal_is_recognised_by_its_stream(tmp_path) -> None:
    with open(tmp_path / "stream", "wb") as file:
        found = os.fstat(file.fileno())
        names = {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"}
        assert is_connected_to_journal(names, file.fileno())
        assert not is_connected_to_journal({"JOURNAL_STREAM": "1:1"}, file.fileno())
        assert not is_connected_to_journal({}, file.fileno())


class FakeJournalHandler(logging.Handler):
    """Sends what systemd's handler sends: all attributes of the record, some more in capitals."""

    def __init__(self, sender_function, **fields) -> None:
        super().__init__()
        self.sender_function = sender_function
        self.fields = fields

    def emit(self, record) -> None:
        text = self.format(record)
        assert record.__dict__["message"]  # put there by format, and sent along like all attributes
        fields = {**self.fields, "CODE_ARGS": str(record.args), **record.__dict__}
        self.sender_function(text, PRIORITY="4", **fields)


def test_journal_gets_fields_without_secrets(monkeypatch) -> None:
    entries = []
    journal = SimpleNamespace(
        JournalHandler=FakeJournalHandler, send=lambda message, **fields: entries.append((message, fields))
    )
    monkeypatch.setattr(service_manager, "journal", journal)
    monkeypatch.setattr(log, "is_connected_to_journal", lambda: True)
    set_up_logging("info")
    logging.getLogger("mss.sip").warning("bad %s", "pwd=hallo", extra=call_fields("c1", "100", "udp:192.0.2.7:5060"))
    (entry,) = entries
    assert entry == (
        "bad pwd=***",
        {
            "PRIORITY": "4", "SYSLOG_IDENTIFIER": "mss", "CALL_ID": "c1", "MSS_USER": "100",
            "MSS_PEER": "udp:192.0.2.7:5060",
        },
    )  # fmt: skip


def test_journal_sender_keeps_numbers() -> None:
    entries = []
    JournalSender(lambda message, **fields: entries.append(fields))("text", CODE_LINE=7, name="mss")
    assert entries == [{"CODE_LINE": 7}]


class TestRateLimitedLog:
    @pytest.fixture
    def limited(self, stream) -> RateLimitedLog:
        return RateLimitedLog(logging.getLogger("mss.sip"), burst=2, window=10.0, max_keys=3)

    def lines(self, stream) -> list[str]:
        return [line.partition("mss.sip  ")[2] for line in stream.getvalue().splitlines()]

    def test_burst_per_key(self, limited, stream) -> None:
        results = [limited.warning(float(now), key, "%s %d", key, now) for now in range(4) for key in "ab"]
        assert results == [True] * 4 + [False] * 4
        assert self.lines(stream) == ["a 0", "b 0", "a 1", "b 1"]

    def test_new_window_tells_what_was_left_out(self, limited, stream) -> None:
        for now in (0.0, 1.0, 2.0, 3.0, 10.0):
            limited.warning(now, "a", "at %d", now)
        assert self.lines(stream) == ["at 0", "at 1", "a: ... suppressed 2 similar", "at 10"]

    def test_flush_tells_what_was_left_out(self, limited, stream) -> None:
        for now in (0.0, 1.0, 2.0):
            limited.warning(now, "a", "at %d", now)
        limited.flush(9.0)
        assert len(self.lines(stream)) == 2
        limited.flush(float("inf"))
        assert self.lines(stream)[2:] == ["a: ... suppressed 1 similar"]

    def test_keys_are_bounded(self, limited) -> None:
        for number in range(100):
            limited.warning(0.0, str(number), "x")
        assert len(limited._counts) == 3

    def test_flood_of_keys_is_cut_off(self, limited, stream) -> None:
        logged = sum(limited.warning(0.0, str(number), "x") for number in range(1000))
        assert logged == 20
        assert len(self.lines(stream)) <= 40

    def test_fields_and_level(self, limited, stream) -> None:
        assert not limited.log(logging.DEBUG, 0.0, "a", "hidden")
        limited.warning(0.0, "a", "bad", CALL_ID="c1")
        assert self.lines(stream) == ["bad  [call=c1]"]
