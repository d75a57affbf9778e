# SPDX-License-Identifier: GPL-2.0-or-later
"""Plugins of third parties, put where a server started later finds them, and nobody else."""
from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def write_plugin(site: Path, name: str, source: str) -> None:
    """Lay a plugin of one module into ``site`` as an installed distribution; ``site`` belongs on PYTHONPATH."""
    module = name.replace("-", "_")
    (site / f"{module}.py").write_text(source)
    metadata = site / f"{module}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[mss]\n{name} = {module}\n")


def install_example(site: Path, work_dir: Path) -> None:
    """Install plugins/mss-example into ``site`` with pip, from a copy, as building leaves files behind."""
    source = work_dir / "mss-example"
    ignored = shutil.ignore_patterns("build", "*.egg-info", "__pycache__", ".*")
    shutil.copytree(ROOT / "plugins" / "mss-example", source, ignore=ignored)
    options = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--no-warn-script-location"]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, "--target", str(site), str(source)], check=True)
