"""The file of a backup: a tar archive that begins with a list of everything in it.

Nothing of the archive decides where something is written: parts are unpacked under numbers of our
own, bounded by what the list says, and used only once every hash was compared.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from knowledge.atomic import room, whole_file
from knowledge.errors import BackupInvalid, StorageFull
from knowledge.hashes import sha256_of

FORMAT: Final = 1
PRIVATE: Final = 0o600

_MANIFEST: Final = "manifest.json"
_MAX_MANIFEST_BYTES: Final = 16 * 1024**2
_MAX_PARTS: Final = 100_000
_RESERVE_BYTES: Final = 64 * 1024**2
_BLOCK: Final = 1024**2
_NAME = re.compile(r"[^/\x00]+(/[^/\x00]+)*")


class Part(BaseModel):
    """A file in the archive. name: with slashes, below nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(max_length=1_000)
    bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Manifest(BaseModel):
    """What an archive holds, and of what.

    version: of the Deskmate that wrote it. revision: of its tables. tables: those that have a part.
    models: name → sha256 of its files; they are not in the archive.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int
    version: str
    created_at: datetime
    revision: str = Field(max_length=32)
    tables: tuple[str, ...]
    documents: int
    passages: int
    embedders: str
    models: Mapping[str, tuple[str, ...]]
    audit_head: str
    parts: tuple[Part, ...] = Field(max_length=_MAX_PARTS)


def part_of(name: str, path: Path) -> Part:
    """A file as the list names it."""
    return Part(name=name, bytes=path.stat().st_size, sha256=sha256_of(path))


def pack(target: Path, manifest: Manifest, files: Mapping[str, Path]) -> None:
    """Write the archive, whole or not at all, for this user only.

    files: the parts by name.

    Raises:
        StorageFull: no room.
    """
    with whole_file(target, mode=PRIVATE) as raw, tarfile.open(fileobj=raw, mode="w") as tar:
        _add(tar, _MANIFEST, BytesIO(manifest.model_dump_json(indent=1).encode()))
        for part in manifest.parts:
            with files[part.name].open("rb") as file:
                _add(tar, part.name, file)


def _add(tar: tarfile.TarFile, name: str, file: BinaryIO) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = file.seek(0, os.SEEK_END)
    entry.mode = PRIVATE
    file.seek(0)
    tar.addfile(entry, file)


def unpacked(archive: Path, aside: Path) -> tuple[Manifest, Mapping[str, Path]]:
    """The list and the parts of an archive, every hash compared, in a folder of their own.

    Whoever asked for them deletes the folder.

    Raises:
        BackupInvalid: it is no backup of ours, or is not as it was written.
        StorageFull: there is no room for what is in it.
    """
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True, mode=0o700)
    with room(aside), _opened(archive) as tar:
        manifest = _manifest(tar)
        _refuse_too_much(manifest, aside)
        return manifest, _unpack(tar, manifest, aside)


@contextmanager
def _opened(archive: Path) -> Iterator[tarfile.TarFile]:
    try:
        # "r:" takes no compression: nothing grows while it is read.
        with tarfile.open(archive, "r:") as tar:
            yield tar
    except tarfile.TarError as error:
        raise BackupInvalid(f"{archive} is no backup, or was cut off: {error}") from error


def _manifest(tar: tarfile.TarFile) -> Manifest:
    entry = tar.next()
    if entry is None or entry.name != _MANIFEST or not entry.isreg():
        raise BackupInvalid("it does not begin with a list of what is in it")
    if entry.size > _MAX_MANIFEST_BYTES:
        raise BackupInvalid(f"its list is too long: {entry.size} bytes")
    file = tar.extractfile(entry)
    assert file is not None  # noqa: S101 -- a regular file has content
    try:
        manifest = Manifest.model_validate_json(file.read(_MAX_MANIFEST_BYTES))
    except ValidationError as error:
        raise BackupInvalid("its list is not what we write") from error
    if manifest.format != FORMAT:
        raise BackupInvalid(f"it has format {manifest.format}, this Deskmate reads {FORMAT}")
    names = [part.name for part in manifest.parts]
    if len(set(names)) != len(names) or not all(map(is_safe, names)):
        raise BackupInvalid("its list names a part twice, or outside of the archive")
    return manifest


def is_safe(name: str) -> bool:
    """Whether a name stays below the folder it is put into."""
    steps = name.split("/")
    return bool(_NAME.fullmatch(name)) and not {".", ".."} & set(steps) and "\\" not in name


def _refuse_too_much(manifest: Manifest, aside: Path) -> None:
    needed = sum(part.bytes for part in manifest.parts) + _RESERVE_BYTES
    if shutil.disk_usage(aside).free < needed:
        raise StorageFull(str(aside))


def _unpack(tar: tarfile.TarFile, manifest: Manifest, aside: Path) -> Mapping[str, Path]:
    expected = {part.name: part for part in manifest.parts}
    found: dict[str, Path] = {}
    while (entry := tar.next()) is not None:
        part = expected.get(entry.name)
        if part is None or entry.name in found or not entry.isreg() or entry.issparse():
            raise BackupInvalid(f"{entry.name!r} is not in its list, or is no plain file")
        if entry.size != part.bytes:
            raise BackupInvalid(f"{entry.name} has {entry.size} bytes, the list says {part.bytes}")
        found[entry.name] = aside / str(len(found))
        _copy(tar, entry, part, found[entry.name])
    if missing := sorted(expected.keys() - found.keys()):
        raise BackupInvalid(f"{missing[0]} is missing")
    return found


def _copy(tar: tarfile.TarFile, entry: tarfile.TarInfo, part: Part, target: Path) -> None:
    digest, left = hashlib.sha256(), part.bytes
    source = tar.extractfile(entry)
    assert source is not None  # noqa: S101 -- a regular file has content
    with target.open("xb") as file:
        while left and (block := source.read(min(left, _BLOCK))):
            digest.update(block)
            file.write(block)
            left -= len(block)
    if left or digest.hexdigest() != part.sha256:
        raise BackupInvalid(f"{entry.name} is not as it was written (sha256)")
