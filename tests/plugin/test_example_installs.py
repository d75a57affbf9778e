# SPDX-License-Identifier: GPL-2.0-or-later
"""The example plugin as pip installs it."""
from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PROBE = """
import json
from mss.config.settings import PluginSettings
from mss.plugin.collect import collect
from mss.plugin.manager import build_plugin_manager

manager = build_plugin_manager(PluginSettings())
info = next(info for info in manager.list() if info.name == "mss-example")
commands = dict(collect(manager, "mss_cli_commands"))["mss-example"]
print(json.dumps({**info._asdict(), "commands": [command.name for command in commands]}))
"""


@pytest.mark.slow
def test_example_installs_with_pip_and_is_used(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    ignored = shutil.ignore_patterns("build", "*.egg-info", "__pycache__", ".*")
    shutil.copytree(ROOT / "plugins" / "mss-example", source, ignore=ignored)
    options = ["--quiet", "--no-index", "--no-build-isolation", "--no-warn-script-location", "--target", str(target)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(source)], check=True, timeout=50)
    environment = {**os.environ, "PYTHONPATH": f"{target}{os.pathsep}{ROOT}"}
    printed = subprocess.run(
        [sys.executable, "-c", PROBE], env=environment, cwd=tmp_path, check=True, capture_output=True, timeout=30
    ).stdout
    found = json.loads(printed)
    assert (found["state"], found["reason"], found["version"]) == ("active", "", "0.1.0")
    assert found["source"] == "mss-example"
    assert "mss_route_call" in found["hooks"]
    assert found["commands"] == ["example"]
