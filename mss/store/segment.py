# SPDX-License-Identifier: GPL-2.0-or-later
"""One file of the call record journal."""
from __future__ import annotations

import os
from pathlib import Path
from typing import Final

SUFFIX: Final = ".journal"
_FILE_MODE: Final = 0o600


class Segment:
    """One file, appended to by the signalling thread and read by the writer thread.

    Each attribute is changed by one of the two threads only, so none needs a lock.
    """

    __slots__ = ("path", "size", "is_closed", "live", "opened", "offset", "_descriptor", "_is_torn")

    def __init__(self, path: Path) -> None:
        """Create the file.  Raises OSError."""
        self.path = path
        #: Bytes written (signalling thread).
        self.size = 0
        #: Nothing is added any more (signalling thread).
        self.is_closed = False
        #: The newest line of each call that this file alone knows to be going on (signalling thread).
        self.live: dict[str, bytes] = {}
        #: How many calls were added to ``live`` in all (signalling thread).
        self.opened = 0
        #: How far the file's records are in the database (writer thread).
        self.offset = 0
        self._is_torn = False
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, _FILE_MODE)

    @property
    def is_read(self) -> bool:
        """Whether everything in the file is in the database."""
        return self.offset >= self.size

    @property
    def is_finished(self) -> bool:
        """Whether the file is of no use any more."""
        return self.is_closed and not self.live and self.is_read

    def append(self, line: bytes) -> None:
        """Write one line.  Raises OSError if it could not be written whole."""
        if self._is_torn:
            # What is left of the line before must not spoil this one.
            line = b"\n" + line
        written = os.write(self._descriptor, line)
        self.size += written
        self._is_torn = written < len(line)
        if self._is_torn:
            raise OSError(f"only {written} of {len(line)} bytes were written")

    def read(self, limit: int) -> tuple[list[bytes], int]:
        """Return whole lines from ``offset`` on, some ``limit`` bytes of them, and the offset behind them.

        Raises OSError.
        """
        # In this order: bytes added between the two steps are left for the next time.
        is_closed, size = self.is_closed, self.size
        with self.path.open("rb") as stream:
            stream.seek(self.offset)
            data = stream.read(min(limit, size - self.offset))
            data += stream.readline() if self.offset + len(data) < size and not data.endswith(b"\n") else b""
        end = data.rfind(b"\n") + 1
        if is_closed and end < len(data) and self.offset + len(data) >= size:
            # The rest of a line that was not written whole, and never will be.
            return data[:end].split(b"\n")[:-1], size
        return data[:end].split(b"\n")[:-1], self.offset + end

    def touch(self) -> None:
        """Set the file's time to now."""
        os.utime(self.path)

    def close(self) -> None:
        """End writing."""
        self.is_closed = True
        os.close(self._descriptor)

    def remove(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)


def list_segments(directory: Path) -> list[Path]:
    """Return the journal files of a directory, the oldest first."""
    return sorted(path for path in directory.glob(f"*{SUFFIX}") if path.stem.isdigit())
