"""Everything that people taught and said, and every passage, in one file: `deskmate backup`."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bot import __version__
from bot.agreed import record_now
from bot.archive import FORMAT, Manifest, pack, part_of
from bot.asked import Request, Requests, followed
from bot.core.audit import AuditEntry
from bot.core.errors import StateUnavailable
from bot.engines import embedders_of, runs_here
from bot.places import nobody_has_open, open_named
from bot.serving import Serving
from bot.settings import Settings
from bot.signposts import open_signpost
from bot.state import opened_state
from bot.stores.database import Database, sqlite_url
from bot.stores.portable import copy_embedded, file_of, write_rows
from bot.stores.state import State, embedded_file, utc_now
from bot.stores.upgrading import NEWEST
from knowledge.atomic import room
from knowledge.engines.qdrant_portable import write_points
from knowledge.errors import StoreLocked, StoreUnavailable
from knowledge.models import CATALOGUE, DEFAULT_GENERATOR

OnProgress = Callable[[int, int], None]

PASSAGES: Final = "passages.jsonl"
STATE: Final = "state"
FILES: Final = "files"
CONFIGURED: Final = "configured"
DICTIONARY: Final = "dictionary"
JOURNEYS: Final = "journeys"

KEPT_FILES: Final = ("mined.txt",)
KEPT_FOLDERS: Final = ("journeys", "fetched")
"""What else the data folder holds that nobody could make again."""


async def back_up(
    settings: Settings, target: Path, *, by: str, on_progress: OnProgress
) -> Manifest:
    """Write the file, whole or not at all; a bot may go on meanwhile.

    State and passages are each of one moment, the state first.

    Raises:
        StateUnavailable, StoreUnavailable: one of them does not answer.
        StorageFull: no room, which takes twice the size for a while.
    """
    with _aside(target) as folder:
        files: dict[str, Path] = {}
        async with opened_state(settings) as state:
            entry = AuditEntry(at=utc_now(), what="backup.written", by=by, about={})
            await state.audit.append(entry)
            rows = await _rows(settings, state, folder)
        files |= {f"{STATE}/{file_of(name)}": folder / file_of(name) for name in rows}
        documents, passages = await _passages(settings, folder / PASSAGES, on_progress)
        if (folder / PASSAGES).exists():
            files[PASSAGES] = folder / PASSAGES
        files |= await asyncio.to_thread(lambda: dict(_others(settings)))
        manifest = Manifest(
            format=FORMAT,
            version=__version__,
            created_at=utc_now(),
            revision=NEWEST,
            tables=tuple(rows),
            documents=documents,
            passages=passages,
            embedders=embedders_of(settings.knowledge),
            models=_models(settings),
            audit_head=_head(folder),
            parts=await asyncio.to_thread(
                lambda: tuple(part_of(name, path) for name, path in sorted(files.items()))
            ),
        )
        await asyncio.to_thread(pack, target, manifest, files)
    return manifest


async def passages_as_asked(
    serving: Serving, requests: Requests, _request: Request, tell: OnProgress
) -> str:
    """What `deskmate backup` asks of a bot that has the passages open."""
    folder = await asyncio.to_thread(requests.folder)
    store = serving.now.store
    count = await write_points(store, folder / PASSAGES, on_progress=tell)
    return f"{len(await store.documents())}\t{count}"


@contextmanager
def _aside(target: Path) -> Iterator[Path]:
    """A folder beside the file, for this user only."""
    with room(target):
        folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.", suffix=".new"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _rows(settings: Settings, state: State, folder: Path) -> dict[str, int]:
    if settings.storage.database_url:
        return await state.database.run(lambda sql: write_rows(sql, folder))
    copy = folder / "copy.db"
    try:
        await asyncio.to_thread(copy_embedded, embedded_file(settings.storage.data_dir), copy)
    except sqlite3.Error as error:
        raise StateUnavailable(f"the state store cannot be copied: {error}") from error
    return await rows_of_file(copy, folder)


async def rows_of_file(embedded: Path, folder: Path) -> dict[str, int]:
    """The rows of an SQLite file that nobody else has, written as `write_rows` does."""
    database = Database(sqlite_url(embedded))
    try:
        return await database.run(lambda sql: write_rows(sql, folder))
    finally:
        await database.close()


async def _passages(settings: Settings, path: Path, on_progress: OnProgress) -> tuple[int, int]:
    """How many documents and passages were written; nothing is where nothing was ingested."""
    while True:
        place = (await record_now(settings)).place
        async with open_signpost(settings) as signpost:
            kept = await signpost.current(place)
        if kept is None:
            return 0, 0
        try:
            store = await open_named(settings, kept.layout, kept.name)
        except StoreLocked:
            done = await _by_the_bot(settings, path, on_progress)
            if done is not None:
                return done
            continue  # the bot ended meanwhile
        try:
            count = await write_points(store, path, on_progress=on_progress)
            return len(await store.documents()), count
        finally:
            await store.close()


async def _by_the_bot(
    settings: Settings, path: Path, on_progress: OnProgress
) -> tuple[int, int] | None:
    requests = Requests(settings.storage.data_dir)
    await asyncio.to_thread(requests.ask, Request(what="passages"))
    request = await followed(
        requests, "passages", on_progress=on_progress, alone=lambda: nobody_has_open(settings)
    )
    if request is None:
        return None
    if request.state == "failed":
        raise StoreUnavailable(request.said)
    written = await asyncio.to_thread(requests.folder)
    await asyncio.to_thread(shutil.move, written / PASSAGES, path)
    documents, count = request.said.split("\t")
    return int(documents), int(count)


def _others(settings: Settings) -> Iterator[tuple[str, Path]]:
    data_dir = settings.storage.data_dir
    for name in KEPT_FILES:
        if (data_dir / name).is_file():
            yield f"{FILES}/{name}", data_dir / name
    for name in KEPT_FOLDERS:
        yield from _below(data_dir / name, f"{FILES}/{name}")
    if settings.knowledge.dictionary is not None and settings.knowledge.dictionary.is_file():
        yield f"{CONFIGURED}/{DICTIONARY}", settings.knowledge.dictionary
    if settings.onboarding.folder is not None:
        yield from _below(settings.onboarding.folder, f"{CONFIGURED}/{JOURNEYS}")


def _below(folder: Path, name: str) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
            yield f"{name}/{path.relative_to(folder).as_posix()}", path


def _models(settings: Settings) -> Mapping[str, tuple[str, ...]]:
    """What answers are made with, by the hashes of the catalogue; weights are fetched again."""
    names = embedders_of(settings.knowledge).split("+")
    if runs_here(settings.generation):
        names.append(settings.generation.model or DEFAULT_GENERATOR)
    known = [name for name in names if name in CATALOGUE]
    return {name: tuple(file.sha256 for file in CATALOGUE[name].files) for name in known}


def _head(folder: Path) -> str:
    """The end of the audit log that is in the backup."""
    columns, row = (folder / file_of("audit_head")).read_text(encoding="utf-8").splitlines()[:2]
    return str(dict(zip(json.loads(columns), json.loads(row), strict=True))["hash"])
