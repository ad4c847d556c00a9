"""Directories of names: none, and a file that somebody keeps."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from pathlib import Path

from knowledge.errors import EngineUnavailable

MAX_BYTES = 32 << 20


class Nobody:
    """A directory without names; people are then known by their titles and labels only."""

    async def names(self) -> Collection[str]:
        """Nobody's."""
        return ()


class NamesFile:
    """A file with a name a line, other forms of it after `=`; read again when it changes.

    A line that begins with # is a comment.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._edition: tuple[int, int] | None = None
        self._names: frozenset[str] = frozenset()

    async def names(self) -> Collection[str]:
        """Everybody's names.

        Raises:
            EngineUnavailable: the file cannot be read; without it names would leave.
        """
        try:
            return await asyncio.to_thread(self._current)
        except OSError as error:
            why = error.strerror or error
            raise EngineUnavailable(f"{self._file} cannot be read: {why}") from error
        except UnicodeDecodeError as error:
            raise EngineUnavailable(f"{self._file} cannot be read: save it as UTF-8") from error

    def _current(self) -> frozenset[str]:
        found = self._file.stat()
        if found.st_size > MAX_BYTES:
            raise OSError(f"it has more than {MAX_BYTES} bytes")
        edition = found.st_mtime_ns, found.st_size
        if edition != self._edition:
            self._names = frozenset(_names(self._file.read_text("utf-8-sig")))
            self._edition = edition
        return self._names


def _names(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if not line.lstrip().startswith("#"):
            yield from (name.strip() for name in line.split("=") if name.strip())
