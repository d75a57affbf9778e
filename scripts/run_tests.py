#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Run the test suites named (architecture, unit, scenarios, compiled) and end with one line that counts them all.

Run it with ``.venv/bin/python``.  Each suite is one pytest run; its report is left in build/reports.  The exit status
is 0 only if every run was green and at least one test ran.
"""
from __future__ import annotations

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "build" / "reports"
BIN = Path(sys.executable).parent
COMPILED_BIN = ROOT / ".venv-compiled" / "bin"
NO_TESTS_COLLECTED = 5

UNIT = ["-m", "not real", "-n", str(min(os.cpu_count() or 1, 8))]
COMPILED = ["-o", "pythonpath=build/compiled .", "--ignore=tests/architecture"]
SUITES: dict[str, list[str]] = {
    "architecture": [str(BIN / "pytest"), "tests/architecture"],
    "unit": [str(BIN / "pytest"), *UNIT],
    # A file at a time in each of two workers: most of these tests wait for timers, not for the processor.
    "scenarios": [str(BIN / "pytest"), "-m", "real", "-v", "-n", "2", "--dist", "loadfile"],
    "compiled": [str(COMPILED_BIN / "pytest"), *UNIT, *COMPILED],
}


def run_suite(name: str) -> tuple[bool, Counter[str]]:
    """Run one suite; return whether it was green, and its numbers of passed, failed and skipped tests."""
    report = REPORTS / f"{name}.xml"
    report.unlink(missing_ok=True)
    command = [*SUITES[name], f"--junitxml={report}", "--durations=5", "--durations-min=2"]
    environment = {**os.environ, "MSS_MODE": "compiled" if name == "compiled" else "interpreted"}
    print(f"==> tests: {name}", flush=True)
    started = time.monotonic()
    status = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    counts = count(report)
    print(f"==> {name}: {counts['passed']} passed in {time.monotonic() - started:.0f} s", flush=True)
    return status in (0, NO_TESTS_COLLECTED), counts


def count(report: Path) -> Counter[str]:
    """Return the numbers of a JUnit report; errors count as failed."""
    counts: Counter[str] = Counter(passed=0, failed=0, skipped=0)
    if not report.exists():
        return counts
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped = int(suite.get("skipped", 0))
        counts["failed"] += failed
        counts["skipped"] += skipped
        counts["passed"] += int(suite.get("tests", 0)) - failed - skipped
    return counts


def main(names: list[str]) -> int:
    """Run the suites, all of them even if one fails, and print the total as the last line."""
    unknown = [name for name in names if name not in SUITES]
    if unknown or not names:
        print(f"usage: run_tests.py [{'|'.join(SUITES)}]...", file=sys.stderr)
        return 2
    REPORTS.mkdir(parents=True, exist_ok=True)
    total: Counter[str] = Counter()
    green = True
    for name in names:
        suite_green, counts = run_suite(name)
        green = green and suite_green
        total.update(counts)
    green = green and total["passed"] > 0 and not total["failed"]
    if not green:
        print("==> NOT green: see above", flush=True)
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped", flush=True)
    return 0 if green else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
