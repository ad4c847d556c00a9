"""A folder only one process may use at a time."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from knowledge.errors import StoreLocked

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class FolderLock:
    """Holds a folder until it is released or the process ends, however it ends.

    The operating system keeps the lock, not the file: a file left by a dead process locks nothing.
    """

    def __init__(self, folder: Path) -> None:
        """Take the lock now.

        Raises:
            StoreLocked: another process holds it, or this one does already.
            OSError: the folder cannot be written.
        """
        self._file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(self._file)
        except OSError as error:
            os.close(self._file)
            raise StoreLocked(str(folder)) from error

    def release(self) -> None:
        """Let the next process in."""
        os.close(self._file)


def _lock(file: int) -> None:
    if sys.platform == "win32":
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
