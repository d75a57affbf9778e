# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json

import click
import pytest
from click.testing import CliRunner
from mss_example.aliases import FILE_NAME, VARIABLE
from mss_example.commands import example


@pytest.fixture
def run(tmp_path):
    """Runs the command below a root that has ``--home``, as the server's command line has."""

    @click.group()
    @click.option("--home")
    def root(home: str | None) -> None:
        pass

    root.add_command(example)

    def run(*args: str, **environment: str):
        return CliRunner(env=environment).invoke(root, ["--home", str(tmp_path), "example", "aliases", *args])

    return run


def test_lists_aliases(run, tmp_path):
    (tmp_path / FILE_NAME).write_text('[aliases]\nreception = "100"\n')
    result = run(**{VARIABLE: "8500=101"})
    assert result.exit_code == 0
    assert [line.split() for line in result.output.splitlines()] == [["reception", "100"], ["8500", "101"]]


def test_lists_aliases_as_json(run):
    result = run("--json", **{VARIABLE: "8500=101"})
    assert json.loads(result.output) == [{"alias": "8500", "number": "101"}]


def test_says_where_aliases_belong(run, tmp_path):
    assert str(tmp_path / FILE_NAME) in run().output
    assert run("--json").output == "[]\n"


def test_mistake_ends_with_its_place(run, tmp_path):
    (tmp_path / FILE_NAME).write_text("[aliases")
    result = run()
    assert result.exit_code == 1
    assert FILE_NAME in result.output
