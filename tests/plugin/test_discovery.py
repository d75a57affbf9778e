# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from mss.plugin.discovery import describe_error, installed_entry_points


def make(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


def test_error_in_one_line_with_its_place():
    text = describe_error(make(ValueError("two\n  lines")))
    assert text.startswith(f"ValueError: two lines ({__file__}:")
    assert describe_error(make(KeyError())).startswith("KeyError (")
    assert describe_error(ValueError("never raised")) == "ValueError: never raised"


def test_entry_points_are_sorted():
    names = [point.name for point in installed_entry_points()]
    assert names == sorted(names)


def test_new_packages_are_found(tmp_path, monkeypatch):
    info = tmp_path / "mss_probe-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mss-probe\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[mss]\nmss-probe = mss_probe\n")
    assert "mss-probe" not in [point.name for point in installed_entry_points()]
    monkeypatch.syspath_prepend(tmp_path)
    assert "mss-probe" in [point.name for point in installed_entry_points()]
