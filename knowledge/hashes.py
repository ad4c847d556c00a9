"""Hashes of files, and a memory of them."""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from knowledge.atomic import whole_file
from knowledge.errors import ModelCorrupt

UNWRITABLE: Final = (errno.EACCES, errno.EPERM, errno.EROFS)
"""Another user's folder, or one on a disk that is mounted read only."""


class Seen:
    """What was hashed before, in a file beside the weights."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._file = home / "verified.json"

    def sha256(self, path: Path) -> str:
        """What the file's hash was when it was last seen; empty if never."""
        return str(self._read().get(self._key(path), {}).get("sha256", ""))

    def unchanged(self, path: Path, sha256: str) -> bool:
        """The file was seen with this hash, and has the same size and time of change since."""
        return bool(sha256) and self._read().get(self._key(path)) == _mark(path, sha256)

    def remember(self, path: Path, sha256: str) -> None:
        """Note a hash; a folder that cannot be written only costs time at the next start."""
        self._write(self._read() | {self._key(path): _mark(path, sha256)})

    def compare(self, path: Path, expected: str = "") -> None:
        """Hash the file now.

        Raises:
            ModelCorrupt: it is not what is expected, or what it was.
        """
        expected = expected or self.sha256(path)
        found = sha256_of(path)
        if found == expected:
            return self.remember(path, found)
        self._write({key: mark for key, mark in self._read().items() if key != self._key(path)})
        raise ModelCorrupt(str(path), expected, found)

    def _key(self, path: Path) -> str:
        return path.relative_to(self._home).as_posix()

    def _read(self) -> dict[str, dict[str, str | int]]:
        try:
            marks: object = json.loads(self._file.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return marks if isinstance(marks, dict) else {}

    def _write(self, marks: Mapping[str, Mapping[str, str | int]]) -> None:
        try:
            with whole_file(self._file) as file:
                file.write(json.dumps(marks, indent=1).encode())
        except OSError as error:
            if error.errno not in UNWRITABLE:
                raise


def _mark(path: Path, sha256: str) -> dict[str, str | int]:
    status = path.stat()
    return {"sha256": sha256, "size": status.st_size, "mtime_ns": status.st_mtime_ns}


def sha256_of(path: Path) -> str:
    """The file's sha256 in lower-case hexadecimal; about a second a gigabyte."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
