"""Which passages count of those that lie side by side, embedded by one engine and by another.

In the data folder `passages.json` names a folder a place; on a Qdrant server an alias names a
collection a place. Where neither says anything, the first one counts.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Protocol

from pydantic import TypeAdapter, ValidationError

from bot.settings import Settings
from bot.ways import Place
from knowledge.atomic import alone, room, whole_file
from knowledge.engines.qdrant_cluster import Cluster
from knowledge.engines.qdrant_layout import Kept, Layout
from knowledge.errors import StoreUnavailable
from knowledge.indexing import Indexing
from knowledge.models import CATALOGUE, DEFAULT_EMBEDDERS
from knowledge.settings import KnowledgeSettings, QdrantSettings

_FILE = "passages.json"
_LOCK = "passages.lock"
_NAMES: Final = TypeAdapter(dict[Place, str])
_MODELS: Final = {"e5": "e5-small", "use": "use-multilingual"}
_DIGITS = 10


class Signpost(Protocol):
    """Says and changes which passages count.

    Raises StoreUnavailable where it cannot be read or written.
    """

    async def current(self, place: Place) -> Kept | None:
        """What counts in this place; None where nothing is there yet."""
        ...

    async def point(self, place: Place, name: str) -> None:
        """Let others count from now on, in one step."""
        ...

    async def drop(self, name: str) -> None:
        """Delete passages that nobody reads any more."""
        ...


class FolderSignpost:
    """The signpost of a data folder."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir

    @property
    def file(self) -> Path:
        """What says which folders count."""
        return self._folder / _FILE

    async def current(self, place: Place) -> Kept | None:
        """What counts in this place."""
        return await asyncio.to_thread(self._current, place)

    async def point(self, place: Place, name: str) -> None:
        """Let another folder count: the file is replaced as a whole."""
        await asyncio.to_thread(self._point, place, name)

    async def drop(self, name: str) -> None:
        """Delete a folder."""
        await asyncio.to_thread(shutil.rmtree, self._folder / name, ignore_errors=True)

    def folder(self, place: Place) -> Path:
        """Where the passages of a place lie, there or not."""
        return self._folder / self._read().get(place, folder_name(place))

    def _current(self, place: Place) -> Kept | None:
        from knowledge.engines.qdrant_folder import kept_in

        folder = self.folder(place)
        layout = kept_in(folder)
        return None if layout is None else Kept(name=folder.name, layout=layout)

    def _point(self, place: Place, name: str) -> None:
        path = self._folder / _FILE
        try:
            with room(path), alone(self._folder / _LOCK):
                names = {**self._read(), place: name}
                with whole_file(path) as file:
                    file.write(_NAMES.dump_json(names, indent=2) + b"\n")
        except OSError as error:
            raise StoreUnavailable(f"{path} not written: {error.strerror or error}") from error

    def _read(self) -> dict[Place, str]:
        path = self._folder / _FILE
        try:
            names = _NAMES.validate_json(path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValidationError) as error:
            raise StoreUnavailable(f"{path} cannot be read: mend it") from error
        if any(Path(name).name != name or not name for name in names.values()):
            raise StoreUnavailable(f"{path} names what is no folder beside it: mend it")
        return names


class ServerSignpost:
    """The signpost of a Qdrant server."""

    def __init__(self, settings: KnowledgeSettings) -> None:
        from knowledge.engines.qdrant_aliases import Aliases

        self._collection = settings.collection
        self._aliases = Aliases(
            settings.qdrant_url,
            api_key=settings.qdrant_api_key,
            cluster=cluster_of(settings.qdrant),
        )

    async def current(self, place: Place) -> Kept | None:
        """What counts in this place."""
        return await self._aliases.current(collection_name(self._collection, place))

    async def point(self, place: Place, name: str) -> None:
        """Let another collection count."""
        await self._aliases.point(collection_name(self._collection, place), name)

    async def drop(self, name: str) -> None:
        """Delete a collection."""
        await self._aliases.drop(name)

    async def close(self) -> None:
        """Let go of the connection."""
        await self._aliases.close()


@asynccontextmanager
async def open_signpost(settings: Settings) -> AsyncIterator[Signpost]:
    """The signpost of the configured store.

    Raises:
        StoreUnavailable: the address is nobody's.
    """
    if not settings.knowledge.qdrant_url:
        yield FolderSignpost(settings.storage.data_dir)
        return
    signpost = ServerSignpost(settings.knowledge)
    try:
        yield signpost
    finally:
        await signpost.close()


def pointing(name: str) -> bytes:
    """The file of a data folder in which this folder counts; empty: as at the beginning."""
    return _NAMES.dump_json({"first": name} if name else {}, indent=2) + b"\n"


def folder_name(place: Place) -> str:
    """The folder that a place begins with."""
    return "passages" if place == "first" else "passages-b"


def collection_name(configured: str, place: Place) -> str:
    """The collection that a place begins with."""
    return configured if place == "first" else f"{configured}-b"


def first_name(settings: Settings, place: Place) -> str:
    """What the passages of a place are called at the beginning."""
    if settings.knowledge.qdrant_url:
        return collection_name(settings.knowledge.collection, place)
    return folder_name(place)


def embedded_as(settings: Settings, layout: Layout) -> Settings:
    """These settings with the embedders that passages were embedded by; unchanged if unknown."""
    models = [_MODELS.get(name, "") for name in sorted(layout.dense)]
    if not models or not all(models) or not set(models) <= set(DEFAULT_EMBEDDERS):
        return settings
    both = set(models) == set(DEFAULT_EMBEDDERS)
    by: dict[str, object] = {"embedding_model": "" if both else models[0]}
    if "e5" in layout.dense:  # the other one tells no tokens, whatever is configured
        by["late_interaction"] = bool(layout.tokens)
    knowledge = settings.knowledge.model_copy(update=by)
    return settings.model_copy(update={"knowledge": knowledge})


def fingerprint(settings: KnowledgeSettings, indexing: Indexing) -> str:
    """Other for every other embedder, file of weights, and edition of the company's words."""
    names = (settings.embedding_model,) if settings.embedding_model else DEFAULT_EMBEDDERS
    weights = [file.sha256 for name in names for file in CATALOGUE[name].files]
    words = "\n".join((*names, *weights, *indexing.engines))
    return hashlib.sha256(words.encode()).hexdigest()[:_DIGITS]


def cluster_of(settings: QdrantSettings) -> Cluster:
    """A server as the configuration describes it."""
    return Cluster(
        shards=settings.shards or None,
        replicas=settings.replicas or None,
        write_consistency=settings.write_consistency or None,
        quantization=settings.quantization,
        rescore=settings.rescore,
        always_ram=settings.always_ram,
        oversampling=settings.oversampling,
        payload_on_disk=settings.payload_on_disk,
        vectors_on_disk=settings.vectors_on_disk,
        timeout_s=settings.timeout_s,
        retries=settings.retries,
        verify_tls=settings.verify_tls,
        ca_file=settings.ca_file,
    )
