"""A wall clock that two processes move together, so that hours can pass."""

from __future__ import annotations

import mmap
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

_OFFSET = struct.Struct("d")


class SharedClock:
    """The wall clock plus an offset that lies in a file; moved in one process, it moves in all."""

    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(_OFFSET.pack(0.0))
        with file.open("r+b") as opened:
            self._shared = mmap.mmap(opened.fileno(), _OFFSET.size)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._offset_s)

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        _OFFSET.pack_into(self._shared, 0, self._offset_s + by.total_seconds())

    @property
    def _offset_s(self) -> float:
        (offset_s,) = _OFFSET.unpack_from(self._shared)
        return float(offset_s)
