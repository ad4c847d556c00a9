"""The folder of an embedded store: who holds it, what it was made for, how much room is left.

It holds `lock`, and `store/` with `layout.json` (which vectors it was made for) and `shard/` (the
engine's files).
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import qdrant_edge as engine

from knowledge.engines.folder_lock import FolderLock
from knowledge.engines.qdrant_layout import Layout, as_json, from_json, tokens_name
from knowledge.engines.qdrant_payload import INTEGERS, KEYWORDS
from knowledge.errors import KnowledgeError, StorageFull, StoreOutdated, StoreUnavailable

RESERVE_BYTES = 256 * 1024**2
"""Room that must be free before a write.

The engine maps files that are larger than what is in them (32 MiB each); a disk that fills up
under such a file ends the process instead of raising.
"""

LAYOUT = "layout.json"

_NO_GRAPH = engine.HnswIndexConfig(m=0, ef_construct=4, full_scan_threshold=10)
"""No graph, whatever the size: it takes minutes to build and finds less than a scan."""

_SCANNED_AS_BYTES_KB = 20_000
"""Where vectors take more than this, the next opening lays bytes beside them: a scan of bytes
finds candidates in a quarter of the time, and the vectors themselves then put these in order."""


def kept_in(folder: Path) -> Layout | None:
    """The vectors of an embedded store, opened or not; None where there is none yet.

    Raises:
        StoreUnavailable: the folder cannot be read or is broken.
    """
    with our_errors(folder):
        try:
            return from_json((folder / "store" / LAYOUT).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None


class Folder:
    """The folder: who holds it, what it was made for, how much room is left."""

    def __init__(self, path: Path, *, reserve_bytes: int) -> None:
        self.path = path
        self._reserve_bytes = reserve_bytes
        self._lock: FolderLock | None = None

    def open(self, layout: Layout) -> engine.EdgeShard:
        """Take the folder for ourselves, and load what is in it; it is made where it is missing.

        Raises:
            StoreLocked: another process has it.
            StoreOutdated: it was made for other vectors.
            StorageFull, StoreUnavailable: it cannot be made or read.
        """
        with our_errors(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = FolderLock(self.path)
            if not (self.path / "store").exists():
                self._create(layout)
            self._compare(layout)
            return self._load(layout)

    def close(self, shard: engine.EdgeShard) -> None:
        """Write what is pending, and let go."""
        try:
            with our_errors(self.path):
                shard.close()  # flushes by itself, as in _create
        finally:
            self.release()

    def release(self) -> None:
        """Leave the folder to others; a second call does nothing."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def make_sure_of_room(self) -> None:
        """Raise StorageFull where a write might not fit."""
        if shutil.disk_usage(self.path).free < self._reserve_bytes:
            raise StorageFull(str(self.path))

    def _has_room_to_rewrite(self) -> bool:
        files = (file.stat() for file in self.path.rglob("*") if file.is_file())
        needed = sum(file.st_size for file in files) + self._reserve_bytes
        return shutil.disk_usage(self.path).free >= needed

    def _create(self, layout: Layout) -> None:
        """Build the store aside and move it into place: a crash leaves no half-made store."""
        self.make_sure_of_room()
        aside = self.path / "unfinished"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        shard = engine.EdgeShard.create(str(aside / "shard"), _config(layout))
        kinds = dict.fromkeys(KEYWORDS, engine.PayloadSchemaType.Keyword)
        kinds |= dict.fromkeys(INTEGERS, engine.PayloadSchemaType.Integer)
        for field, kind in kinds.items():
            shard.update(engine.UpdateOperation.create_field_index(field, kind))
        shard.close()
        (aside / LAYOUT).write_text(as_json(layout), encoding="utf-8")
        aside.rename(self.path / "store")

    def _compare(self, layout: Layout) -> None:
        stored = from_json((self.path / "store" / LAYOUT).read_text(encoding="utf-8"))
        if not stored.same_as(layout):
            raise StoreOutdated(stored=str(stored), configured=str(layout))

    def _load(self, layout: Layout) -> engine.EdgeShard:
        shard = engine.EdgeShard.load(str(self.path / "store" / "shard"), _config(layout))
        if self._has_room_to_rewrite():
            # Deleted points stay in the files until the engine rewrites them. It does so only
            # where a fifth of them is deleted, and here nobody waits for an answer yet.
            shard.optimize()
        return shard


@contextmanager
def our_errors(folder: Path) -> Iterator[None]:
    """Turn what the engine raises over a folder into the errors of `knowledge.errors`.

    That is bare `Exception`s, and on files it cannot make sense of a Rust panic: a
    `BaseException` of a class nobody can import.
    """
    try:
        yield
    except KnowledgeError:
        raise
    except OSError as error:
        raise _translated(error, folder, full=error.errno == errno.ENOSPC) from error
    except Exception as error:
        raise _translated(error, folder, full="os error 28" in str(error)) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise _translated(error, folder, full=False) from error


def _translated(error: BaseException, folder: Path, *, full: bool) -> KnowledgeError:
    if full:
        return StorageFull(str(folder))
    return StoreUnavailable(
        f"{folder} cannot be used ({error}): check the disk and its permissions; "
        "if it is broken, move it away and ingest again"
    )


def _config(layout: Layout) -> engine.EdgeConfig:
    return engine.EdgeConfig(
        vectors=_dense_config(layout) | _tokens_config(layout),
        sparse_vectors={
            name: engine.EdgeSparseVectorParams(modifier=engine.Modifier.Idf)
            for name in layout.sparse
        },
        hnsw_config=_NO_GRAPH,
        optimizers=engine.EdgeOptimizersConfig(indexing_threshold=_SCANNED_AS_BYTES_KB),
        max_search_threads=2,
    )


def _dense_config(layout: Layout) -> dict[str, engine.EdgeVectorParams]:
    as_bytes = engine.ScalarQuantizationConfig(
        type=engine.ScalarType.Int8, quantile=0.99, always_ram=True
    )
    return {
        name: engine.EdgeVectorParams(
            size=size, distance=engine.Distance.Cosine, quantization_config=as_bytes
        )
        for name, size in layout.dense.items()
    }


def _tokens_config(layout: Layout) -> dict[str, engine.EdgeVectorParams]:
    """Four bits a number, read from the disk: only a question's candidates are looked at."""
    return {
        tokens_name(embedder): engine.EdgeVectorParams(
            size=size,
            distance=engine.Distance.Cosine,
            datatype=engine.VectorStorageDatatype.Turbo4,  # type: ignore[attr-defined]  # its stubs lack it
            multivector_config=engine.MultiVectorConfig(engine.MultiVectorComparator.MaxSim),
            memory=engine.Memory.Cold,
        )
        for embedder, size in layout.tokens.items()
    }
