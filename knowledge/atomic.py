"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from knowledge.errors import StorageFull

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LEFTOVERS = ".*.new"
"""What a killed process may leave behind; nobody ever reads them."""

FULL = (errno.ENOSPC, errno.EDQUOT)
"""What the system says when the disk, or this user's share of it, has no room left."""


@contextmanager
def room(path: Path) -> Iterator[None]:
    """Turn "no space left" into the error the operator can read; `path` is what was written."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StorageFull(str(path)) from error
        raise


@contextmanager
def whole_file(path: Path, *, mode: int = 0o644) -> Iterator[BinaryIO]:
    """A file to write that takes its name only once it is complete and on the disk.

    Leaving by an exception removes what was written; a file of that name stays as it was.
    mode: who may read it; mkstemp's 0600 would hide a shared cache from other users.

    Raises:
        StorageFull: no room.
    """
    with room(path):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".new")
        unfinished = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            unfinished.chmod(mode)
            unfinished.replace(path)
        finally:
            with suppress(FileNotFoundError):
                unfinished.unlink()


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """An empty folder to fill that takes its name only once the block is left without an exception.

    A folder of that name is replaced.

    Raises:
        StorageFull: no room.
    """
    with room(path):
        unfinished = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".new"))
        try:
            yield unfinished
            unfinished.chmod(0o755)
            if path.exists():
                shutil.rmtree(path)  # rename cannot replace a folder that has files
            unfinished.replace(path)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Wait until no other process or thread is inside a block with this lock file.

    The system lets go of it when a process dies; the file itself stays and means nothing.
    """
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
