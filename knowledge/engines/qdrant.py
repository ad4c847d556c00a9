"""The passage store on Qdrant: the rules that hold whichever Qdrant it is.

`Edge.open`, `Remote.open` and `Local.open` build it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence

from knowledge.engines import qdrant_points
from knowledge.engines.qdrant_points import Found, Layout, Points, Search, Where
from knowledge.model import Hit, IndexedPassage, Passage, Probe, StoredDocument

_BATCH = 256
"""Points a write: with two dense vectors some 5 MB of JSON, far below a server's 32 MB."""

_SPARE = 8
"""Results asked for beyond the limit, so that ties at the limit rarely need a second look."""

_PAGES = 3
"""Looks at most, each four times longer: ties past 16 times the limit are cut by the engine."""


class Qdrant:
    """Keeps passages in Qdrant and finds the nearest ones.

    While a document is replaced, both its versions are there for a moment; a search returns the
    version stored last. If the process dies in that moment both stay, `documents` reports the
    document as incomplete, and replacing it again puts things right.

    The rarity of a term (IDF) is counted over what the audience may read: what is hidden from
    readers does not shift their ranking either.
    """

    def __init__(
        self, points: Points, *, layout: Layout, clock_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self._points = points
        self._layout = layout
        self._clock_ns = clock_ns
        # Two replacements of one document, interleaved, would each delete what the other wrote.
        self._writing = asyncio.Lock()

    async def put(self, passages: Sequence[IndexedPassage]) -> None:
        """Store passages; one with a known id replaces what was there. Durable on return."""
        points = self._as_points(passages)
        async with self._writing:
            for batch in _batches(points):
                await self._points.upsert(batch)
                known = tuple(point.payload["passage_id"] for point in batch)
                await self._points.delete(Where(passage_ids=known, except_points=_ids(batch)))
            await self._points.flush()

    async def replace(self, passages: Sequence[IndexedPassage]) -> None:
        """Store all passages of one document, then delete whatever else it had.

        Several whole documents at once are as good, and wait for the disk once instead of often.
        """
        if not passages:
            return
        points = self._as_points(passages)
        documents = tuple(sorted({indexed.passage.document_id for indexed in passages}))
        async with self._writing:
            for batch in _batches(points):
                await self._points.upsert(batch)
            await self._points.delete(Where(document_ids=documents, except_points=_ids(points)))
            await self._points.flush()

    async def delete(self, document_ids: Collection[str]) -> None:
        """Delete documents with all their passages; unknown ids are ignored."""
        if not document_ids:
            return
        async with self._writing:
            await self._points.delete(Where(document_ids=tuple(sorted(document_ids))))
            await self._points.flush()

    async def search(
        self, probe: Probe, *, audience: frozenset[str], limit: int
    ) -> Mapping[str, tuple[Hit, ...]]:
        """Find the nearest passages for this audience: one ranking a vector name, best first."""
        names = (*probe.dense, *probe.sparse)
        if limit < 1 or not audience:
            return dict.fromkeys(names, ())
        asked = limit + _SPARE
        for _ in range(_PAGES):
            searches = qdrant_points.searches(
                probe, layout=self._layout, audience=audience, limit=asked
            )
            pages = await self._pages(searches)
            if all(
                qdrant_points.settled(page, asked=asked, limit=limit) for page in pages.values()
            ):
                break
            asked *= 4
        current = qdrant_points.newest(found.payload for page in pages.values() for found in page)
        return qdrant_points.hits(
            {name: qdrant_points.rank(pages.get(name, ()), current, limit=limit) for name in names}
        )

    async def neighbours(self, passage: Passage, *, reach: int) -> tuple[Passage, ...]:
        """The passages of the same document at most `reach` positions away, itself included.

        One that somebody who may read `passage` may not read is left out.
        """
        around = Where(
            document_ids=(passage.document_id,),
            positions=(passage.position - reach, passage.position + reach),
        )
        found = qdrant_points.newest(await self._points.scroll(around))
        near = [qdrant_points.passage(payload) for payload in found.values()]
        readable = [other for other in near if passage.audience <= other.audience]
        return tuple(sorted(readable, key=lambda other: (other.position, other.id)))

    async def passage(self, passage_id: str, *, audience: frozenset[str]) -> Passage | None:
        """One passage, or None where it is missing or not for this audience."""
        if not audience:
            return None
        readers = tuple(sorted(audience))
        found = await self._points.scroll(Where(passage_ids=(passage_id,), audience=readers))
        payload = qdrant_points.newest(found).get(passage_id)
        return None if payload is None else qdrant_points.passage(payload)

    async def documents(self) -> Mapping[str, StoredDocument]:
        """Every stored document by id."""
        return qdrant_points.stored_documents(
            await self._points.scroll(Where(), qdrant_points.SUMMARY)
        )

    async def count(self) -> int:
        """How many passages there are; two versions of one count twice."""
        return await self._points.count()

    async def ping(self) -> None:
        """Return if a search would work now; raise StoreUnavailable otherwise."""
        await self._points.count()

    async def close(self) -> None:
        """Write what is pending and let go; a second call does nothing."""
        await self._points.close()

    def _as_points(self, passages: Sequence[IndexedPassage]) -> list[qdrant_points.Point]:
        for indexed in passages:
            qdrant_points.check(indexed.dense, indexed.sparse, layout=self._layout)
        stored = self._clock_ns()
        return [qdrant_points.point(indexed, stored=stored) for indexed in passages]

    async def _pages(self, searches: Mapping[str, Search]) -> dict[str, list[Found]]:
        if not searches:
            return {}
        pages = await self._points.query(tuple(searches.values()))
        return dict(zip(searches, pages, strict=True))


def _batches(points: Sequence[qdrant_points.Point]) -> list[Sequence[qdrant_points.Point]]:
    return [points[start : start + _BATCH] for start in range(0, len(points), _BATCH)]


def _ids(points: Sequence[qdrant_points.Point]) -> tuple[str, ...]:
    return tuple(point.id for point in points)
