# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss user import``: all or nothing, and every wrong line is named."""
from __future__ import annotations

import json

import pytest


@pytest.fixture
def csv(tmp_path):
    def write(text: str | bytes):
        path = tmp_path / "users.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_import(run, store, csv) -> None:
    output = run("user", "import", csv("number,password\n100,a\n101,b\n")).stdout
    assert output == "2 users added, 0 changed, 0 unchanged.\n"
    assert [(user.number, user.password) for user in store.users.list()] == [("100", "a"), ("101", "b")]


def test_more_columns_byte_order_mark_and_quotes(run, store, csv) -> None:
    run("user", "import", csv('\ufeffNumber, password ,display_name,multi_device\r\n100,a,"Ada, Countess",yes\r\n\r\n'))
    user = store.users.get("100")
    assert (user.display_name, user.multi_device) == ("Ada, Countess", True)


def test_existing_users_are_changed(run, store, csv) -> None:
    run("user", "add", "100", "--password", "old", "--display-name", "Ada")
    run("user", "add", "101", "--password", "same")
    result = run("user", "import", csv("number,password\n100,new\n101,same\n102,x\n"), "--json").stdout
    assert json.loads(result) == {"added": 1, "changed": 1, "unchanged": 1}
    assert (store.users.get("100").password, store.users.get("100").display_name) == ("new", "Ada")


def test_standard_input(run, store) -> None:
    run("user", "import", "-", input="number,password\n100,a\n")
    assert store.users.get("100").password == "a"


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", ["1: the header has no column 'number'"]),
        ("100,a\n", ["1: the header has no column 'number'"]),
        ("number,passwort\n100,a\n", ["1: unknown column 'passwort'; did you mean password?"]),
        ("number,x\n100,a\n", ["1: unknown column 'x'; known columns: number"]),
        ("number,number\n100,100\n", ["1: column 'number' is there twice"]),
        ("number,password\n", [" has no users in it"]),
        ("number,password\n100\n101,b\n102,c,d\n", ["2: 1 columns instead of 2", "4: 3 columns instead of 2"]),
        ("number,password\n100,a\n\n\n101,\n", ["5: user 101: password is empty"]),
        ('number,display_name,password\n100,"two\nlines",a\n', ["3: user 100: display_name"]),
        ("number,password\n100,a\n100,b\n", ["3: user 100: number stands in the file twice"]),
        ("number,password,max_calls\n100,a,x\n1 1,b,1\n", ["2: user 100: max_calls", "3: user 1 1: number"]),
        ('number,password\n100,"a\n', ["2: is not CSV"]),
        (b"number,password\n100,\xff\n", [" is not UTF-8"]),
    ],
)
def test_wrong_file(run, store, csv, text: str | bytes, faults: list[str]) -> None:
    path = csv(text)
    lines = run("user", "import", path, code=1).stderr.splitlines()
    for fault in faults:
        assert any(line.startswith(f"Error: {path}:{fault}") for line in lines), lines
    assert store.users.list() == []


def test_password_is_not_in_the_error(run, home, csv) -> None:
    assert "geheim" not in run("user", "import", csv("number,password\n1 1,geheim\x07\n"), code=1).stderr


def test_missing_file(run, home, tmp_path) -> None:
    assert "none.csv" in run("user", "import", tmp_path / "none.csv", code=2).stderr


def test_many_users_and_the_server_is_told(run, store, csv, server, facade) -> None:
    path = csv("number,password\n" + "".join(f"{number},pw{number}\n" for number in range(10000, 20000)))
    assert "10000 users added" in run("user", "import", path).stdout
    assert len(store.users.list()) == 10000
    assert sorted(number for asked in facade.asked for number in asked[1:])[::9999] == ["10000", "19999"]
    assert "10000 unchanged" in run("user", "import", path).stdout
