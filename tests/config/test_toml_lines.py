# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from mss.config.toml_lines import TomlLines

TEXT = '''\
# comment with [brackets] and key = 1
title = "x # not a comment"

[sip]   # a table
realm = "a]b"
"quoted" = 1
'literal' = 2
listen = [
    "udp:0.0.0.0:5060",  # one ]
    'tcp:0.0.0.0:5060',
]
text = """
[web]
port = 1
say \\""" more
"""
after = """one line"""
raw = \'\'\'
port = 2
\'\'\'
last = 3

[web]
port = 8080
inner.deep = 1
table = { a = 1, b = [
  2 ] }
end = 1

[[lists]]
item = 1
'''


def test_sample_is_toml():
    assert tomllib.loads(TEXT)["web"]["end"] == 1


def test_lines_of_keys():
    lines = TomlLines(TEXT)
    wanted = {
        ("title",): 2, ("sip",): 4, ("sip", "realm"): 5, ("sip", "quoted"): 6, ("sip", "literal"): 7,
        ("sip", "listen"): 8, ("sip", "text"): 12, ("sip", "after"): 17, ("sip", "raw"): 18, ("sip", "last"): 21,
        ("web",): 23, ("web", "port"): 24, ("web", "inner"): 25, ("web", "inner", "deep"): 25, ("web", "table"): 26,
        ("web", "end"): 28, ("lists", "item"): 31,
    }  # fmt: skip
    assert {path: lines.line_of(path) for path in wanted} == wanted


def test_line_of_an_item_within_a_value():
    lines = TomlLines(TEXT)
    assert lines.line_of(("sip", "listen"), "tcp:0.0.0.0:5060") == 10
    assert lines.line_of(("sip", "listen"), "udp:0.0.0.0:5060") == 9
    assert lines.line_of(("sip", "listen"), "not there") == 8


def test_unknown_key_is_placed_at_its_table():
    lines = TomlLines(TEXT)
    assert lines.line_of(("web", "table", "a")) == 26
    assert lines.line_of(("web", "missing")) == 23
    assert lines.line_of(("missing", "missing")) == 0


@given(st.text(alphabet="[]{}=\"'#\\ab.\n ", max_size=60))
def test_any_text_is_survived(text):
    assert TomlLines(text).line_of(("a",)) >= 0
