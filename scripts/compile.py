#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compile the inner packages with mypyc: a copy of ``mss`` in build/compiled, run by ``.venv-compiled/bin/*``.

The working tree stays as it is.  ``.venv-compiled`` is a thin environment: it puts build/compiled before the
packages of ``.venv``, so nothing is downloaded.  Run it with ``.venv/bin/python``.
"""
from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "build" / "compiled"
THIN = ROOT / ".venv-compiled"
COPIED = ("pyproject.toml", "setup.py", "README.md", "LICENSE")
#: Imports the modules named; ends with an error if one of them cannot be, or comes from its source.
PROBE = """
import importlib, sys
sources = [name for name in sys.argv[1:] if not importlib.import_module(name).__file__.endswith(".so")]
sys.exit(f"compile: not compiled: {' '.join(sources)}" if sources else 0)
"""


def copy_tree() -> None:
    """Bring build/compiled/mss up to date with mss; unchanged files keep their time, so that C is reused."""
    TARGET.mkdir(parents=True, exist_ok=True)
    files = (path for path in (ROOT / "mss").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    wanted = {path.relative_to(ROOT) for path in files}
    wanted |= {Path(name) for name in COPIED if (ROOT / name).exists()}
    for name in wanted:
        source, target = ROOT / name, TARGET / name
        if not target.exists() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    for path in list((TARGET / "mss").rglob("*")):
        if path.is_file() and (path.suffix == ".so" or path.relative_to(TARGET) not in wanted):
            path.unlink()
    for path in TARGET.glob("*.so"):
        path.unlink()


def build() -> None:
    """Run mypyc and the C compiler; raises ``CalledProcessError`` with their output shown."""
    environment = {**os.environ, "MSS_COMPILE": "1", "MYPYPATH": str(TARGET)}
    subprocess.run(
        [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace"], cwd=TARGET, env=environment, check=True
    )


def compiled_modules() -> list[str]:
    """Return the dotted names of the modules that were compiled: those with an extension module beside them."""
    found = (path.relative_to(TARGET) for path in (TARGET / "mss").rglob("*.so"))
    return sorted(".".join(path.with_name(path.name.partition(".")[0]).parts) for path in found)


def make_thin_environment() -> None:
    """Create .venv-compiled, whose programs see build/compiled first and then everything in .venv."""
    base = sysconfig.get_path("purelib")
    if not (THIN / "bin" / "python").exists():
        shutil.rmtree(THIN, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(THIN)], check=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(THIN), "platbase": str(THIN)}))
    (packages / "compiled.pth").write_text(f"{TARGET}\nimport site; site.addsitedir({base!r})\n", encoding="utf-8")
    for name, module in (("mss", "mss.cli.main:main"), ("pytest", "pytest:main")):
        where, _, function = module.partition(":")
        script = THIN / "bin" / name
        lines = (f"#!{THIN}/bin/python", "import sys", f"from {where} import {function}", f"sys.exit({function}())", "")
        script.write_text("\n".join(lines), encoding="utf-8")
        script.chmod(0o755)


def main() -> int:
    """Copy, compile, prepare the environment, and prove that what runs is compiled."""
    started = time.monotonic()
    print("==> compiling the inner packages with mypyc", flush=True)
    copy_tree()
    build()
    make_thin_environment()
    subprocess.run([str(THIN / "bin" / "python"), "-I", "-c", PROBE, *compiled_modules()], check=True)
    (TARGET / ".ready").touch()
    print(f"==> compiled in {time.monotonic() - started:.0f} s: {THIN.name}/bin/mss", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
