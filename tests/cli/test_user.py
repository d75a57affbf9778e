# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss user``: every change is in the database and told to the server."""
from __future__ import annotations

import json

import pytest

from mss.model.user import User


def test_add_with_generated_password(run, store) -> None:
    output = run("user", "add", "100").stdout
    user = store.users.get("100")
    assert len(user.password) >= 12
    assert output == f"User 100 added, password {user.password}\n"


def test_add_with_password_does_not_show_it(run, store) -> None:
    assert run("user", "add", "100", "--password", "geheim").stdout == "User 100 added.\n"
    assert "geheim" not in run("user", "add", "101", "--password", "geheim", "--json").stdout
    assert store.users.get("101").password == "geheim"


def test_password_from_standard_input(run, store) -> None:
    run("user", "add", "100", "--password", "-", input="ge heim\n")
    assert store.users.get("100").password == "ge heim"
    assert "no password" in run("user", "add", "101", "--password", "-", input="", code=1).stderr


def test_add_with_fields(run, store) -> None:
    run(
        "user", "add", "100", "--password", "x", "--display-name", "Ada", "--multi-device", "yes", "--max-calls", "2",
        "--ip-addresses", "192.0.2.7, 192.0.2.8", "--forward-busy", "101", "--enabled", "no",
    )  # fmt: skip
    assert store.users.get("100") == User(
        "100", "x", display_name="Ada", enabled=False, multi_device=True, max_calls=2,
        ip_addresses=("192.0.2.7", "192.0.2.8"), forward_busy="101",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["add", "1 2", "--password", "x"], "number is not a number or name"),
        (["add", "100", "--password", "x", "--max-calls", "many"], "max_calls is not a whole number"),
        (["add", "100", "--password", "x", "--media", "loud"], "media is not known"),
        (["set", "200", "--enabled", "no"], "there is no user 200"),
        (["show", "200"], "there is no user 200"),
        (["delete", "200"], "there is no user 200"),
    ],
)
def test_faults_are_named(run, home, words: list[str], text: str) -> None:
    stderr = run("user", *words, code=1).stderr
    assert stderr.startswith("Error: ") and stderr.count("\n") == 1
    assert text in stderr


def test_user_exists(run, home) -> None:
    run("user", "add", "100")
    assert "exists already" in run("user", "add", "100", code=1).stderr


def test_list_and_search(run, home) -> None:
    run("user", "add", "100", "--password", "geheim", "--display-name", "Ada")
    run("user", "add", "101", "--password", "geheim", "--description", "adapter")
    run("user", "add", "102", "--password", "geheim")
    lines = run("user", "list").stdout.splitlines()
    assert [line.split("\t")[0] for line in lines] == ["Number", "100", "101", "102"]
    found = json.loads(run("user", "list", "--search", "ADA", "--json").stdout)
    assert [user["number"] for user in found] == ["100", "101"]
    assert "geheim" not in run("user", "list", "--json").stdout
    assert run("user", "list", "--passwords").stdout.count("geheim") == 3


def test_show(run, home) -> None:
    run("user", "add", "100", "--password", "geheim", "--ip-addresses", "192.0.2.7")
    text = run("user", "show", "100").stdout
    assert "number: 100\n" in text and "ip_addresses: 192.0.2.7\n" in text and "geheim" not in text
    shown = json.loads(run("user", "show", "100", "--passwords", "--json").stdout)
    assert (shown["password"], shown["ip_addresses"], shown["enabled"]) == ("geheim", ["192.0.2.7"], True)


def test_set(run, store) -> None:
    run("user", "add", "100", "--password", "x")
    run("user", "set", "100", "--display-name", "Ada", "--password", "y")
    assert store.users.get("100") == User("100", "y", display_name="Ada")
    output = run("user", "set", "100", "--new-password").stdout
    assert output == f"User 100 changed, password {store.users.get('100').password}\n"
    run("user", "set", "100", "--display-name", "")
    assert store.users.get("100").display_name == ""


@pytest.mark.parametrize(
    "words", [["set", "100"], ["set", "100", "--new-password", "--password", "x"], ["delete"], ["add"]]
)
def test_wrong_calls(run, home, words: list[str]) -> None:
    run("user", *words, code=2)


def test_delete_is_all_or_nothing(run, store) -> None:
    run("user", "add", "100")
    run("user", "add", "101")
    run("user", "delete", "100", "200", code=1)
    assert len(store.users.list()) == 2
    assert run("user", "delete", "100", "101", "100").stdout == "2 deleted.\n"
    assert store.users.list() == []


def test_running_server_is_told(run, server, facade) -> None:
    run("user", "add", "100")
    run("user", "set", "100", "--enabled", "no")
    run("user", "delete", "100")
    assert facade.asked == [("users", "100")] * 3


def test_without_installation_the_remedy_is_named(run, tmp_path) -> None:
    assert f"mss --home {tmp_path / 'home'} init" in run("user", "list", code=1).stderr
