"""Points as lines of text: what a backup keeps of a passage store, whichever Qdrant it is.

The first line says which vectors there are; every further one is a point. Numbers of vectors are
their bytes, little-endian, in base64: what comes back is bit for bit what was there.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import numpy as np

from knowledge.atomic import whole_file
from knowledge.engines import qdrant_payload
from knowledge.engines.qdrant import Qdrant
from knowledge.engines.qdrant_layout import Layout, as_json, check, from_json
from knowledge.engines.qdrant_points import Point, Where
from knowledge.errors import BackupInvalid, StoreUnavailable
from knowledge.model import SparseVector

OnProgress = Callable[[int, int], None]

MAX_LINE_BYTES = 64 * 1024**2
"""A point with a vector a token takes some 40 KB."""

_PRIVATE = 0o600
_WRITTEN_AT_ONCE = 64


async def write_points(store: Qdrant, path: Path, *, on_progress: OnProgress) -> int:
    """Write every point of a store into a file, a document after the other; how many there were.

    Who writes into the store meanwhile waits: the file shows it as it is at one moment.

    Raises:
        StoreUnavailable, StorageFull: there is no such file then.
    """
    async with store.still():
        documents = list(await store.documents())
        with whole_file(path, mode=_PRIVATE) as file:
            file.write(as_json(store.layout).encode() + b"\n")
            count = 0
            async for points in _by_document(store, documents, on_progress):
                await asyncio.to_thread(_write, file, points)
                count += len(points)
    return count


async def _by_document(
    store: Qdrant, documents: list[str], on_progress: OnProgress
) -> AsyncIterator[list[Point]]:
    for done, document in enumerate(documents, start=1):
        yield await store.points.read(Where(document_ids=(document,)))
        on_progress(done, len(documents))


def _write(file: BinaryIO, points: list[Point]) -> None:
    for point in points:
        file.write(json.dumps(_line(point), ensure_ascii=False).encode() + b"\n")


async def read_points(path: Path, store: Qdrant, *, on_progress: OnProgress) -> int:
    """Put every point of a file into an empty store of the same vectors; how many there were.

    Raises:
        BackupInvalid: the file holds something else than `write_points` writes.
        StoreUnavailable, StorageFull: some may be there already.
    """
    count = 0
    waiting: list[Point] = []
    with path.open("rb") as file:
        layout_in(file)
        for point in _points(file, store.layout):
            waiting.append(point)
            if len(waiting) == _WRITTEN_AT_ONCE:
                await store.points.upsert(waiting)
                count, waiting = count + len(waiting), []
                on_progress(count, 0)
    if waiting:
        await store.points.upsert(waiting)
    await store.points.flush()
    return count + len(waiting)


def layout_of_file(path: Path) -> Layout:
    """Which vectors the points of a file have.

    Raises:
        BackupInvalid: the file does not say so.
    """
    with path.open("rb") as file:
        return layout_in(file)


def layout_in(file: BinaryIO) -> Layout:
    """The first line."""
    try:
        return from_json(file.readline(MAX_LINE_BYTES).decode())
    except (ValueError, KeyError, TypeError) as error:
        raise BackupInvalid(f"the passages do not say which vectors they have: {error}") from error


def _points(file: BinaryIO, layout: Layout) -> Iterator[Point]:
    number = 1
    while line := file.readline(MAX_LINE_BYTES):
        number += 1
        try:
            point = _point(json.loads(line))
            qdrant_payload.passage(point.payload)  # raises where it is none
            check(point.dense, point.sparse, point.tokens, layout=layout)
        except (ValueError, KeyError, TypeError, AttributeError, StoreUnavailable) as error:
            raise BackupInvalid(f"passages, line {number}: {type(error).__name__}") from error
        yield point


def _line(point: Point) -> dict[str, Any]:
    return {
        "id": point.id,
        "payload": dict(point.payload),
        "dense": {name: _bytes_of(vector, "<f4") for name, vector in point.dense.items()},
        "tokens": {
            name: [len(rows), _bytes_of(rows, "<f2")] for name, rows in point.tokens.items()
        },
        "sparse": {
            name: [list(vector.indices), list(vector.values)]
            for name, vector in point.sparse.items()
        },
    }


def _point(line: Mapping[str, Any]) -> Point:
    return Point(
        id=str(UUID(line["id"])),
        payload=line["payload"],
        dense={name: _numbers(text, "<f4") for name, text in line["dense"].items()},
        tokens={
            name: _numbers(text, "<f2").reshape(rows, -1)
            for name, (rows, text) in line["tokens"].items()
        },
        sparse={
            name: SparseVector(indices=tuple(indices), values=tuple(values))
            for name, (indices, values) in line["sparse"].items()
        },
    )


def _bytes_of(vector: Any, kind: str) -> str:
    return base64.b64encode(np.asarray(vector, dtype=kind).tobytes()).decode()


def _numbers(text: str, kind: str) -> Any:
    return np.frombuffer(base64.b64decode(text, validate=True), dtype=kind)
