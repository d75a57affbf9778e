# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mss.model.call_record import CallRecord
from mss.store.journal_line import CDR, OPEN, decode, encode, is_cdr

#: Texts of CallRecord stand at these places, its times and numbers at the others.
TEXTS = [name for name in CallRecord._fields if not name.endswith("_at") and name not in ("status", "cause")]


def test_line_holds_the_record(make_record):
    record = make_record(cause_text="naïve 中", fci="a=1 b=2")
    line = encode(CDR, record)
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert decode(line[:-1]) == (CDR, record)


def test_kinds_are_told_apart(make_record):
    lines = [encode(OPEN, make_record()), encode(CDR, make_record())]
    assert [is_cdr(line) for line in lines] == [False, True]
    assert [decode(line[:-1])[0] for line in lines] == [OPEN, CDR]


def test_times_have_milliseconds(make_record):
    record = make_record(started_at=1700000000.12345, ended_at=0.0)
    assert decode(encode(CDR, record)[:-1])[1].started_at == 1700000000.123


def test_separators_within_texts_become_blanks(make_record):
    record = make_record(cause_text="a\tb\nc", service="\n")
    decoded = decode(encode(CDR, record)[:-1])[1]
    assert (decoded.cause_text, decoded.service) == ("a b c", "")


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=())), min_size=len(TEXTS), max_size=len(TEXTS)))
def test_any_texts_make_one_line(texts):
    fields = {name: 1.5 if name.endswith("_at") else 7 for name in CallRecord._fields}
    record = CallRecord(**{**fields, **dict(zip(TEXTS, texts, strict=True))})
    line = encode(OPEN, record)
    assert line.index(b"\n") == len(line) - 1
    kind, decoded = decode(line[:-1])
    assert kind == OPEN
    assert decoded._replace(**dict.fromkeys(TEXTS, "")) == record._replace(**dict.fromkeys(TEXTS, ""))


def test_torn_line_is_not_decoded_wherever_it_was_cut(make_record):
    line = encode(CDR, make_record(fci=""))[:-1]
    # The last field is empty: without its tab the line is torn, with it the record is complete.
    assert [length for length in range(len(line)) if decode(line[:length]) is not None] == []


def test_foreign_lines_are_not_decoded(make_record):
    good = encode(CDR, make_record())[:-1]
    for line in (b"", b"\xff\xfe", b"x" + good, good + b"\tmore", good.replace(b"\t200\t", b"\tOK\t")):
        assert decode(line) is None
