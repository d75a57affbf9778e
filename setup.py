# SPDX-License-Identifier: GPL-2.0-or-later
"""Build steps that pyproject.toml cannot say: with ``MSS_COMPILE=1`` the pure packages are compiled by mypyc.

The list of packages, and of files left out, is ``[tool.mss.compile]`` in pyproject.toml.  Without the variable
the package is plain Python; that is the reference, and both modes pass the same tests.
"""
from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from setuptools import setup

ROOT = Path(__file__).resolve().parent


def compiled_sources() -> list[str]:
    """Return the files to compile, relative to this directory, in a stable order."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mss"]["compile"]
    left_out = set(settings["exclude"])
    paths = [path for package in settings["packages"] for path in ROOT.glob(f"{package}/**/*.py")]
    paths += [ROOT / module for module in settings["modules"]]
    names = (path.relative_to(ROOT).as_posix() for path in paths if path.name != "__init__.py")
    return sorted(name for name in names if name not in left_out)


def extensions() -> list[Any]:
    """Return the extension modules of this build: none, unless ``MSS_COMPILE=1``."""
    if os.environ.get("MSS_COMPILE") != "1":
        return []
    from mypyc.build import mypycify

    level = os.environ.get("MSS_COMPILE_OPT", "3")
    return mypycify(compiled_sources(), opt_level=level, debug_level="0", multi_file=True, group_name="mss")


setup(ext_modules=extensions())
