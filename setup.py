# SPDX-License-Identifier: GPL-2.0-or-later
"""Build steps that pyproject.toml cannot say: with ``MSS_COMPILE=1`` the inner packages are compiled by mypyc.

What is compiled is listed in pyproject.toml, ``[tool.mss.compile]``.  Without the variable all of mss is plain
Python; that is the reference, and both modes pass the same tests.
"""
from __future__ import annotations

import os
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent


class ParallelBuild(build_ext):
    """Compiles the C files of an extension on all cores."""

    def build_extension(self, extension: Extension) -> None:
        """Build one extension; raises what the compiler raises."""
        compile_all = self.compiler.compile

        def compile_each(sources: list[str], **options: Any) -> list[str]:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                found = pool.map(lambda source: compile_all([source], **options), sources)
                return [name for names in found for name in names]

        self.compiler.compile = compile_each
        try:
            super().build_extension(extension)
        finally:
            self.compiler.compile = compile_all


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


setup(ext_modules=extensions(), cmdclass={"build_ext": ParallelBuild})
