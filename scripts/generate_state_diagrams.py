# SPDX-License-Identifier: GPL-2.0-or-later
"""Write docs/state-machines.md from the transition tables: ``python scripts/generate_state_diagrams.py``."""
from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "state-machines.md"

HEAD = """\
<!-- Made by scripts/generate_state_diagrams.py from mss/sip/transaction; do not edit. -->
# Transaction state machines

Each machine is the table `TRANSITIONS` of its module: a pair of state and input gives an action and the next state. A
pair that is not listed is ignored. Below, an arrow reads *input / action*; inputs in capitals with TIMER are the timers
of RFC 3261 table 4, TIMER_L and TIMER_M those of RFC 6026, TIMER_100 the wait before a 100 (RFC 3261 17.2.1, RFC 4320
4.1); the TIMER_F of the last machine is the client's. Over reliable transports timers D, I, J and K are zero: the
action ends the transaction at once. One that has ended is in no table any more; what comes for it then is a stray.
"""

MACHINES = ("client_invite", "client_other", "server_invite", "server_other")

#: State, input, action, next state.
Row = tuple[str, str, str, str]


def read_table(source: str) -> list[Row]:
    """The rows of ``TRANSITIONS`` in a module's source, by the names that stand there, in their order."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "TRANSITIONS" and \
                isinstance(node.value, ast.Dict):
            return [row_of(key, value) for key, value in zip(node.value.keys, node.value.values, strict=True)]
    raise ValueError("no TRANSITIONS")


def row_of(key: ast.expr | None, value: ast.expr) -> Row:
    """One row from its pair of pairs."""
    if not isinstance(key, ast.Tuple) or not isinstance(value, ast.Tuple):
        raise ValueError("a row of TRANSITIONS is no pair of pairs")
    state, event = (ast.unparse(part) for part in key.elts)
    action, after = (ast.unparse(part) for part in value.elts)
    return state, event, action.lstrip("_").replace("_", " "), after


def section(name: str) -> Iterator[str]:
    """The lines on one machine: what its module says of it, and the diagram."""
    source = (ROOT / "mss" / "sip" / "transaction" / f"{name}.py").read_text(encoding="utf-8")
    title = (ast.get_docstring(ast.parse(source)) or name).split("\n")[0].rstrip(".")
    rows = read_table(source)
    yield f"## {title}\n"
    yield f"`mss/sip/transaction/{name}.py`\n"
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield f"    [*] --> {rows[0][0]}"
    for state, event, action, after in rows:
        yield f"    {state} --> {'[*]' if after == 'TERMINATED' else after}: {event} / {action}"
    yield "```\n"


def render() -> str:
    """The whole page."""
    lines = [HEAD]
    for name in MACHINES:
        lines.extend(section(name))
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
    print(f"written: {TARGET}")
