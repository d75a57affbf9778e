# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mss.plugin.check import check

EXAMPLE = Path(__file__).resolve().parents[2] / "plugins" / "mss-example"
GOOD = "from mss.plugin.api import hookimpl\n\n@hookimpl\ndef mss_route_call(call):\n    return None\n"
BAD = GOOD.replace("mss_route_call", "mss_rout_call")


def messages(target, find=lambda: ()):
    return [finding.message for finding in check(str(target), find)]


def make_package(folder, name, source, project=""):
    (folder / "pyproject.toml").write_text(
        project or f'[project]\nname = "{name}"\n[project.entry-points.mss]\n{name} = "{name}.hooks"\n'
    )
    (folder / name).mkdir()
    (folder / name / "__init__.py").touch()
    (folder / name / "hooks.py").write_text(source)


def test_example_plugin_is_without_fault():
    assert check(str(EXAMPLE)) == []


def test_file(tmp_path):
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "bad.py").write_text(BAD)
    assert messages(tmp_path / "good.py") == []
    assert messages(tmp_path / "bad.py") == ["unknown hook mss_rout_call, did you mean mss_route_call?"]


def test_folder(tmp_path):
    make_package(tmp_path, "checked_bad", BAD)
    before = list(sys.path)
    assert messages(tmp_path) == ["unknown hook mss_rout_call, did you mean mss_route_call?"]
    assert sys.path == before


def test_failed_import_names_its_place(tmp_path):
    make_package(tmp_path, "checked_broken", "import nowhere_at_all\n")
    (finding,) = check(str(tmp_path))
    assert finding.place == "checked_broken = checked_broken.hooks"
    assert finding.message.startswith("it cannot be imported: ModuleNotFoundError: No module named 'nowhere_at_all'")
    assert "hooks.py:1)" in finding.message


@pytest.mark.parametrize(
    ("project", "message"),
    [("[project]\nname = 'x'\n", "there is no [project.entry-points.mss] in it"), ("[project\n", "line 1")],
)
def test_folder_without_entry_point(tmp_path, project, message):
    make_package(tmp_path, "checked_none", GOOD, project)
    assert message in messages(tmp_path)[0]


def test_what_is_not_there(tmp_path):
    assert messages(tmp_path) == ["there is no pyproject.toml in it"]
    assert messages(tmp_path / "none.py") == ["there is no such file"]


def test_installed_plugin_by_name(entry_point):
    class Bad:
        pass

    def find():
        return [entry_point("mss-example", Bad)]

    assert messages("mss-example", find) == ["it implements no hook"]
    assert messages("mss-exmple", find) == [
        "neither a folder, a .py file nor an installed plugin, did you mean mss-example?"
    ]
