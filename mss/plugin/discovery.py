# SPDX-License-Identifier: GPL-2.0-or-later
"""Finding the plugins that are installed beside the server."""
from __future__ import annotations

import importlib
import traceback
from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint, entry_points
from typing import Final

#: The entry point group in a plugin's ``pyproject.toml``: ``[project.entry-points.mss]``.
ENTRY_POINT_GROUP: Final = "mss"

#: What an import or a hook of somebody else may raise without ending the server.
PLUGIN_ERRORS: Final = (Exception, SystemExit)

FindEntryPoints = Callable[[], Iterable[EntryPoint]]


def installed_entry_points() -> list[EntryPoint]:
    """The plugins of this Python environment in the order of their names, new ones included."""
    importlib.invalidate_caches()
    return sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name)


def describe_error(error: BaseException) -> str:
    """``ValueError: text (file.py:12)``: what was raised and where, in one line."""
    text = " ".join(str(error).split())
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith("<")]
    place = f" ({own[-1].filename}:{own[-1].lineno})" if own else ""
    return f"{type(error).__name__}: {text}{place}" if text else f"{type(error).__name__}{place}"
