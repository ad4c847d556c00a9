"""What administrators take in by command: addresses, and folders they are allowed to name."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TypeAlias

from bot.core.library import NotTaken, Taken
from bot.core.ports import Knowledge
from bot.fetching import Fetch, Fetched, Limits
from bot.settings import Settings
from bot.ways import Ways
from knowledge.atomic import whole_file
from knowledge.errors import PathMissing
from knowledge.ingest import Ingest
from knowledge.ruling import AudienceRules

Ingesting: TypeAlias = Callable[[], AbstractAsyncContextManager[Ingest]]
"""The way in, through the gate."""

_OTHER_SIGNS = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 80


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
        fetched=data_dir / "fetched",
        roots=ingest.roots,
        waits=lambda: Ways(data_dir).read().ready is not None,
        ingested=library.roots,
    )


class TakingIn:
    """The `WayIn` of a running bot.

    fetched: the folder in which fetched files stay, so that they are documents like all others.
    roots: folders below which may be read. waits: whether documents wait to be tried out.
    ingested: the folders that documents came from so far.
    """

    def __init__(
        self,
        *,
        ingesting: Ingesting,
        fetch: Callable[[str], Awaitable[Fetched]],
        fetched: Path,
        roots: Sequence[Path],
        waits: Callable[[], bool],
        ingested: Callable[[], Awaitable[frozenset[str]]],
    ) -> None:
        self._ingesting = ingesting
        self._fetch = fetch
        self._fetched = fetched
        self._roots = tuple(roots)
        self._waits = waits
        self._ingested = ingested

    async def url(
        self, address: str, *, audience: frozenset[str] | None, rules: AudienceRules
    ) -> Taken:
        """A page or file of the web."""
        got = await self._fetch(address)
        file = await asyncio.to_thread(self._keep, address, got)
        return await self._run(
            file, got.address, audience=audience, rules=rules, uris={file: got.address}
        )

    async def folder(
        self, path: str, *, audience: frozenset[str] | None, rules: AudienceRules
    ) -> Taken:
        """A folder or file below one of the configured ones."""
        place, root = await asyncio.to_thread(self._allowed, path)
        whole = _ingested_as(place, root, await self._ingested())
        shown = whole.relative_to(root).as_posix()
        name = root.name if shown == "." else f"{root.name}/{shown}"
        return await self._run(whole, name, audience=audience, rules=rules, uris={})

    async def _run(
        self,
        place: Path,
        shown: str,
        *,
        audience: frozenset[str] | None,
        rules: AudienceRules,
        uris: Mapping[Path, str],
    ) -> Taken:
        try:
            async with self._ingesting() as ingest:
                report = await ingest.run([place], audience=audience, rules=rules, uris=uris)
        except PathMissing as missing:
            raise NotTaken("missing", shown) from missing
        held = await asyncio.to_thread(self._waits)
        return Taken(place=shown, report=report, held=held)

    def _keep(self, address: str, got: Fetched) -> Path:
        """The file, the same for an address each time: what is fetched again replaces it."""
        self._fetched.mkdir(parents=True, exist_ok=True)
        folder = self._fetched.resolve()
        file = folder / f"{_name_of(address)}{got.suffix}"
        with whole_file(file) as open_file:
            open_file.write(got.content)
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
