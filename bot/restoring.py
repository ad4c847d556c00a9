"""What a backup holds, in place of what is there: `deskmate restore`."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from bot.archive import Manifest, unpacked
from bot.backup import (
    CONFIGURED,
    DICTIONARY,
    FILES,
    JOURNEYS,
    KEPT_FILES,
    KEPT_FOLDERS,
    PASSAGES,
    STATE,
    rows_of_file,
)
from bot.core.audit import AuditEntry
from bot.core.errors import StateUnavailable
from bot.places import open_named
from bot.settings import Settings
from bot.signposts import FolderSignpost, first_name, open_signpost, pointing
from bot.state import opened_state
from bot.stores.from_files import THRESHOLDS_FILE, before_tables
from bot.stores.portable import count_rows, file_of, read_rows
from bot.stores.replica_tables import alive_on
from bot.stores.state import State, database_of, embedded_file, utc_now
from bot.stores.upgrading import NEWEST, bring_up, change, known
from bot.stores.ways import change_record
from bot.swapping import Swap, begin, finish, is_begun
from bot.ways import Place, Record
from knowledge.engines.folder_lock import FolderLock
from knowledge.engines.qdrant_portable import layout_of_file, read_points
from knowledge.errors import BackupInvalid, RestoreRefused, StoreLocked, StoreUnavailable

OnProgress = Callable[[int, int], None]

_ASIDE = ".restore"
_FILES: Final = (*KEPT_FILES, THRESHOLDS_FILE)
"""With what an older Deskmate kept in a file: it is taken over from there."""
_PLACES: Final[tuple[Place, ...]] = ("first", "second")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What is there already. passages: names of folders or collections."""

    state: bool
    passages: tuple[str, ...]
    files: tuple[Path, ...]

    def told(self) -> str:
        parts = ["the state store"] if self.state else []
        return ", ".join([*parts, *self.passages, *map(str, self.files)])


async def restore(
    settings: Settings, archive: Path, *, replace: bool, by: str, on_progress: OnProgress
) -> Manifest:
    """Put a backup in place of what is there; no bot may run meanwhile.

    Every hash is compared before anything is touched, and everything is built aside before
    anything takes its place.

    Raises:
        BackupInvalid: the file is no backup of ours, or is not as it was written.
        RestoreRefused: something is there and is not to be replaced, or a bot runs.
        StateUnavailable, StoreUnavailable, StorageFull: what was there is there.
    """
    data_dir = settings.storage.data_dir.absolute()
    await asyncio.to_thread(lambda: data_dir.mkdir(parents=True, exist_ok=True))
    aside = data_dir / _ASIDE
    try:
        async with _nobody_else(settings):
            manifest, parts = await asyncio.to_thread(unpacked, archive, aside)
            _refuse_newer(manifest.revision)
            targets = _targets(settings, data_dir, parts)
            found = await _found(settings, targets)
            if not replace and (there := found.told()):
                raise RestoreRefused(f"there is already: {there}; --replace deletes it")
            built = await _build_state(manifest.revision, parts, aside / "state")
            await _build_and_swap(settings, built, parts, targets, found, on_progress)
    finally:
        if not is_begun(data_dir):  # a swap that was cut off still needs what lies there
            await asyncio.to_thread(shutil.rmtree, aside, ignore_errors=True)
    async with opened_state(settings) as state:
        about = {"created_at": manifest.created_at.isoformat(), "replaced": found.told()}
        entry = AuditEntry(at=utc_now(), what="backup.restored", by=by, about=about)
        await state.audit.append(entry)
    return manifest


def _refuse_newer(revision: str) -> None:
    if revision != NEWEST and revision not in known():
        raise BackupInvalid(
            f"a newer Deskmate wrote it: its tables have revision {revision}, and this one knows "
            f"up to {NEWEST}; update Deskmate, then restore"
        )


async def _build_and_swap(
    settings: Settings,
    built: Path,
    parts: Mapping[str, Path],
    targets: Mapping[str, Path],
    found: _Found,
    on_progress: OnProgress,
) -> None:
    data_dir = settings.storage.data_dir.absolute()
    aside = data_dir / _ASIDE
    remote = bool(settings.knowledge.qdrant_url)
    name = await _build_passages(settings, parts.get(PASSAGES), on_progress)
    moves = {parts[part]: target for part, target in targets.items()}
    # What stands in the way and is in no backup.
    gone = [data_dir / each for each in ("asked", *KEPT_FILES, *KEPT_FOLDERS)]
    gone += before_tables(data_dir)
    if not settings.storage.database_url:
        file = embedded_file(data_dir)
        moves[built] = file
        gone += [file.with_name(f"{file.name}{end}") for end in ("-wal", "-shm")]
    if not remote:
        pointer = aside / "pointer.json"
        await asyncio.to_thread(pointer.write_bytes, pointing(name))
        moves[pointer] = FolderSignpost(data_dir).file
        gone += [data_dir / each for each in found.passages]
    rows = await _newest_rows(built, aside / "rows") if settings.storage.database_url else {}
    elsewhere = remote or bool(settings.storage.database_url)
    swap = Swap(removes=gone, moves=moves, elsewhere=elsewhere)
    await asyncio.to_thread(begin, data_dir, swap)
    if settings.storage.database_url:
        async with opened_state(settings) as state:
            await _fill(state, rows)
    async with open_signpost(settings) as signpost:
        if remote and name:
            await signpost.point("first", name)
        await asyncio.to_thread(finish, data_dir)
        for each in found.passages if remote else ():
            await signpost.drop(each)


async def _build_passages(settings: Settings, path: Path | None, on_progress: OnProgress) -> str:
    """The name of the folder or collection they lie in; empty where the backup has none."""
    if path is None:
        return ""
    layout = await asyncio.to_thread(layout_of_file, path)
    name = f"{first_name(settings, 'first')}-restored-{uuid4().hex[:10]}"
    store = await open_named(settings, layout, name)
    try:
        await read_points(path, store, on_progress=on_progress)
        await store.close()
    except BaseException:
        await store.close()
        async with open_signpost(settings) as signpost:
            await signpost.drop(name)
        raise
    return name


async def _build_state(revision: str, parts: Mapping[str, Path], folder: Path) -> Path:
    """An SQLite file with the newest tables, whatever tables the rows were written from."""
    rows = {Path(name).stem: path for name, path in parts.items() if name.startswith(f"{STATE}/")}
    database = await database_of(folder, "")
    try:
        await change(database, revision)
        await database.run(lambda sql: read_rows(sql, rows))
        await bring_up(database)
        await database.run(lambda sql: change_record(sql, Record.restored))
    finally:
        await database.close()
    return embedded_file(folder)


async def _newest_rows(built: Path, folder: Path) -> Mapping[str, Path]:
    """What was built, for a server: it gets rows of the newest tables only."""
    await asyncio.to_thread(folder.mkdir)
    return {name: folder / file_of(name) for name in await rows_of_file(built, folder)}


async def _fill(state: State, rows: Mapping[str, Path]) -> None:
    await state.database.run(lambda sql: read_rows(sql, rows))


def _targets(settings: Settings, data_dir: Path, parts: Mapping[str, Path]) -> dict[str, Path]:
    """Where the parts that are files go; only to places that this Deskmate writes itself.

    Raises:
        BackupInvalid: one wants to be somewhere else.
    """
    targets: dict[str, Path] = {}
    for name in parts:
        kind, _, rest = name.partition("/")
        if name == PASSAGES or kind == STATE:
            continue
        target = _target(settings, data_dir, kind, rest)
        if target is not None:
            targets[name] = target
    return targets


def _target(settings: Settings, data_dir: Path, kind: str, rest: str) -> Path | None:
    """None: this configuration names no place for it."""
    if kind == FILES and (rest in _FILES or rest.split("/", maxsplit=1)[0] in KEPT_FOLDERS):
        return data_dir / rest
    if kind == CONFIGURED and rest == DICTIONARY:
        dictionary = settings.knowledge.dictionary
        return dictionary.absolute() if dictionary else None
    if kind == CONFIGURED and rest.startswith(f"{JOURNEYS}/"):
        folder = settings.onboarding.folder
        return folder.absolute() / rest.removeprefix(f"{JOURNEYS}/") if folder else None
    raise BackupInvalid(f"{kind}/{rest} is nothing that belongs into a backup")


async def _found(settings: Settings, targets: Mapping[str, Path]) -> _Found:
    there = await asyncio.to_thread(lambda: [path for path in targets.values() if path.exists()])
    return _Found(
        state=await _has_state(settings),
        passages=await _passages_there(settings),
        files=tuple(there),
    )


async def _has_state(settings: Settings) -> bool:
    """Whether anything is in the state store; one that is broken counts as full.

    Raises:
        RestoreRefused: a bot is at work on it.
    """
    if settings.storage.database_url:
        return await _server_has_state(settings)
    file = embedded_file(settings.storage.data_dir)
    if not await asyncio.to_thread(file.exists):
        return False
    try:
        async with opened_state(settings) as state:
            return await state.database.run(count_rows) > 0
    except StateUnavailable:
        return True


async def _server_has_state(settings: Settings) -> bool:
    async with opened_state(settings) as state:
        if await alive_on(state.database):
            raise RestoreRefused("a bot is at work on the database: stop it first")
        return await state.database.run(count_rows) > 0


async def _passages_there(settings: Settings) -> tuple[str, ...]:
    """The folders or collections that count; a broken folder counts too."""
    found: list[str] = []
    async with open_signpost(settings) as signpost:
        for place in _PLACES:
            try:
                kept = await signpost.current(place)
            except StoreUnavailable:
                if settings.knowledge.qdrant_url:
                    raise
                found.append(first_name(settings, place))
            else:
                found += [kept.name] if kept else []
    return tuple(found)


@asynccontextmanager
async def _nobody_else(settings: Settings) -> AsyncIterator[None]:
    """Hold the folders of the passages that count, where there are any."""
    with ExitStack() as stack:
        if not settings.knowledge.qdrant_url:
            for place in _PLACES:
                await asyncio.to_thread(_hold, settings.storage.data_dir, place, stack)
        yield


def _hold(data_dir: Path, place: Place, stack: ExitStack) -> None:
    try:
        folder = FolderSignpost(data_dir).folder(place)
    except StoreUnavailable:
        return  # a broken file says nothing; nobody could have opened what it named
    try:
        if folder.is_dir():
            stack.callback(FolderLock(folder).release)
    except StoreLocked as error:
        raise RestoreRefused("a bot has the data folder open: stop it first") from error
