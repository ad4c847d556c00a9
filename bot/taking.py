"""What administrators take in by command: addresses, and folders they are allowed to name."""

from __future__ import annotations

import asyncio
import hashlib
import re
import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path, PurePath
from typing import TypeAlias

from bot.agreed import record_now
from bot.core.errors import ChannelRefused, ChannelUnavailable, FileTooLarge
from bot.core.ids import hashed_id
from bot.core.library import Give, NotTaken, Taken
from bot.core.model import SharedFile
from bot.core.ports import Knowledge
from bot.fetching import Fetch, Fetched, Limits
from bot.settings import Settings
from knowledge.atomic import whole_file
from knowledge.errors import PathMissing
from knowledge.ingest import Ingest
from knowledge.parsers import SUFFIXES
from knowledge.ruling import AudienceRules

Ingesting: TypeAlias = Callable[[], AbstractAsyncContextManager[Ingest]]
"""The way in, through the gate."""

_OTHER_SIGNS = re.compile(r"[^a-z0-9]+")
_NO_WORDS = re.compile(r"[\W_]+")
_LONGEST_NAME = 80
_LONGEST_FILE_NAME = 50
"""Characters, each of up to four bytes: file systems take 255 of these."""


def way_in(settings: Settings, knowledge: Knowledge) -> TakingIn | None:
    """How administrators take documents in; None where the knowledge side takes none."""
    library, ingest = knowledge.library, settings.ingest
    if knowledge.ingesting is None or library is None:
        return None
    hosts = frozenset(host.rstrip(".").lower() for host in ingest.hosts)
    limits = Limits(hosts=hosts, max_bytes=ingest.max_bytes, total_s=ingest.total_s)
    data_dir = settings.storage.data_dir
    return TakingIn(
        ingesting=knowledge.ingesting,
        fetch=Fetch(limits),
        limits=limits,
        fetched=data_dir / "fetched",
        roots=ingest.roots,
        waits=partial(_waits, settings),
        ingested=library.roots,
    )


async def _waits(settings: Settings) -> bool:
    return (await record_now(settings)).ready is not None


class TakingIn:
    """The `WayIn` of a running bot.

    limits: of fetched and attached files.
    fetched: the folder in which fetched files stay, so that they are documents like all others.
    roots: folders below which may be read. waits: whether documents wait to be tried out.
    ingested: the folders that documents came from so far.
    """

    def __init__(
        self,
        *,
        ingesting: Ingesting,
        fetch: Callable[[str], Awaitable[Fetched]],
        limits: Limits,
        fetched: Path,
        roots: Sequence[Path],
        waits: Callable[[], Awaitable[bool]],
        ingested: Callable[[], Awaitable[frozenset[str]]],
    ) -> None:
        self._ingesting = ingesting
        self._fetch = fetch
        self._limits = limits
        self._fetched = fetched
        self._roots = tuple(roots)
        self._waits = waits
        self._ingested = ingested

    async def url(
        self, address: str, *, audience: frozenset[str] | None, rules: AudienceRules
    ) -> Taken:
        """A page or file of the web."""
        got = await self._fetch(address)
        name = f"{_name_of(address)}{got.suffix}"
        file = await asyncio.to_thread(self._keep, name, got.content)
        return await self._run(
            file, got.address, audience=audience, rules=rules, uris={file: got.address}
        )

    async def attached(
        self,
        file: SharedFile,
        *,
        place: str,
        give: Give,
        audience: frozenset[str] | None,
        rules: AudienceRules,
    ) -> Taken:
        """A file that somebody attached. Its name is anybody's: it decides of nothing but what it
        is read as, and who sends another one of this name to this chat replaces it.
        """
        suffix = PurePath(file.name).suffix.lower()
        if suffix not in SUFFIXES:
            raise NotTaken("kind", suffix or file.name)
        content = await self._given(file, give)
        name = f"{_attached_as(file.name, place)}{suffix}"
        kept = await asyncio.to_thread(self._keep, name, content)
        # With a colon it could pass for an address, and be linked to as one; half an emoji, which
        # platforms do send, has no UTF-8.
        shown = file.name.replace(":", "：").encode("utf-8", "replace").decode()
        return await self._run(kept, shown, audience=audience, rules=rules, uris={kept: shown})

    async def _given(self, file: SharedFile, give: Give) -> bytes:
        most, within_s = self._limits.max_bytes, self._limits.total_s
        if (file.size_bytes or 0) > most:
            raise NotTaken("large", f"{most:,}")
        try:
            async with asyncio.timeout(within_s):
                return await give(file, most)
        except FileTooLarge as large:
            raise NotTaken("large", f"{most:,}") from large
        except ChannelRefused as refused:
            raise NotTaken("not_given", refused.code[:100]) from refused
        except (ChannelUnavailable, TimeoutError) as late:
            raise NotTaken("late", f"{within_s:g} s") from late

    async def folder(
        self, path: str, *, audience: frozenset[str] | None, rules: AudienceRules
    ) -> Taken:
        """A folder or file below one of the configured ones."""
        place, root = await asyncio.to_thread(self._allowed, path)
        whole = _ingested_as(place, root, await self._ingested())
        shown = whole.relative_to(root).as_posix()
        name = root.name if shown == "." else f"{root.name}/{shown}"
        return await self._run(whole, name, audience=audience, rules=rules)

    async def _run(
        self,
        place: Path,
        shown: str,
        *,
        audience: frozenset[str] | None,
        rules: AudienceRules,
        uris: Mapping[Path, str] | None = None,
    ) -> Taken:
        """uris: where a file came from; None: from folders whose documents may name owners."""
        try:
            async with self._ingesting() as ingest:
                report = await ingest.run(
                    [place], audience=audience, rules=rules, uris=uris or {}, vouched=uris is None
                )
        except PathMissing as missing:
            raise NotTaken("missing", shown) from missing
        held = await self._waits()
        return Taken(place=shown, report=report, held=held)

    def _keep(self, name: str, content: bytes) -> Path:
        """The file, the same for a name each time: what comes again replaces it."""
        self._fetched.mkdir(parents=True, exist_ok=True)
        file = self._fetched.resolve() / name
        with whole_file(file) as open_file:
            open_file.write(content)
        return file

    def _allowed(self, path: str) -> tuple[Path, Path]:
        """What a path really is, and the configured folder that it lies in.

        Links are followed before it is judged, so none leads out; a path that is not allowed and
        one that is not there cannot be told apart.
        """
        if not self._roots:
            raise NotTaken("no_roots")
        for root in (one.expanduser().resolve() for one in self._roots):
            place = _real(root, path)
            if place is not None and not _is_hidden(place, root):
                return place, root
        raise NotTaken("outside", path[:200])


def _real(root: Path, path: str) -> Path | None:
    """Where a path below the root is; its own name in front may be left out."""
    asked = Path(path)
    if asked.parts[:1] == (root.name,) and not (root / asked).exists():
        asked = Path(*asked.parts[1:])
    try:
        place = (root / asked).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        return None
    return place if place.is_relative_to(root) else None


def _is_hidden(place: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in place.relative_to(root).parts)


def _ingested_as(place: Path, root: Path, ingested: frozenset[str]) -> Path:
    """The folder around it that was taken in as a whole: a part of it taken in by itself would
    be there twice, under two names.
    """
    if not place.is_dir():
        return place
    around = (one for one in place.parents if one.is_relative_to(root))
    return next((one for one in around if str(one) in ingested), place)


def _name_of(address: str) -> str:
    _, _, rest = address.partition("://")
    shown = _OTHER_SIGNS.sub("-", rest.lower().partition("?")[0]).strip("-")[:_LONGEST_NAME]
    return f"{shown.strip('-')}-{hashlib.sha256(address.encode()).hexdigest()[:8]}"


def _attached_as(name: str, place: str) -> str:
    """What an attached file is called on disk, and so as a document.

    No two underscores: they would put it into somebody's folder.
    """
    stem = unicodedata.normalize("NFKC", PurePath(name).stem).casefold()
    shown = _NO_WORDS.sub("-", stem)[:_LONGEST_FILE_NAME].strip("-") or "file"
    told = f"{place}\n{name}"
    return f"{shown}-{hashed_id(told, digits=8)}"
