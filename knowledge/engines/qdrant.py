"""The passage store on Qdrant: the rules that hold whichever Qdrant it is.

`Edge.open`, `Remote.open` and `Local.open` build it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from knowledge.engines import qdrant_payload
from knowledge.engines import qdrant_rankings as rankings
from knowledge.engines.qdrant_layout import Layout, check
from knowledge.engines.qdrant_points import Found, Point, Points, Search, Where
from knowledge.errors import StoreMissing
from knowledge.model import (
    Hit,
    IndexedPassage,
    Passage,
    Probe,
    StoredDocument,
    Tally,
    TokenVectors,
)

_BATCH = 256
"""Points a write: with two dense vectors some 5 MB of JSON, far below a server's 32 MB."""

_BATCH_TOKENS = 1_000
"""Token vectors a write: as JSON some 3 MB, which a client makes in a tenth of a second."""

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
        self._retired = False

    @property
    def points(self) -> Points:
        """The points themselves, to be copied as they lie."""
        return self._points

    @property
    def layout(self) -> Layout:
        """Which vectors the store has."""
        return self._layout

    @asynccontextmanager
    async def still(self) -> AsyncIterator[None]:
        """Nobody writes through this store during the block; they wait."""
        async with self._writing:
            yield

    def retire(self) -> None:
        """Other passages took the place of these: documents written here would be lost.

        Writing them raises StoreMissing from now on; everything else goes on.
        """
        self._retired = True

    async def put(self, passages: Sequence[IndexedPassage]) -> None:
        """Store passages; one with a known id replaces what was there. Durable on return."""
        self._check(passages)
        async with self._writing:
            self._refuse_if_retired()
            for batch in _batches(passages):
                known = tuple(indexed.passage.id for indexed in batch)
                points = await self._as_points(batch, Where(passage_ids=known))
                await self._upsert(points)
                await self._points.delete(Where(passage_ids=known, except_points=_ids(points)))
            await self._points.flush()

    async def replace(self, passages: Sequence[IndexedPassage]) -> None:
        """Store all passages of these documents, then delete whatever else they had."""
        if not passages:
            return
        self._check(passages)
        documents = tuple(sorted({indexed.passage.document_id for indexed in passages}))
        async with self._writing:
            self._refuse_if_retired()
            points = await self._as_points(passages, Where(document_ids=documents))
            await self._upsert(points)
            await self._points.delete(Where(document_ids=documents, except_points=_ids(points)))
            await self._points.flush()

    async def delete(self, document_ids: Collection[str]) -> None:
        """Delete documents with all their passages; unknown ids are ignored."""
        if not document_ids:
            return
        async with self._writing:
            self._refuse_if_retired()
            await self._points.delete(Where(document_ids=tuple(sorted(document_ids))))
            await self._points.flush()

    async def search(
        self, probe: Probe, *, audience: frozenset[str], limit: int
    ) -> Mapping[str, tuple[Hit, ...]]:
        """Find the nearest passages for this audience: one ranking a vector name, best first."""
        names = (*probe.dense, *probe.sparse)
        if limit < 1 or not audience:
            return dict.fromkeys(names, ())
        pages: dict[str, list[Found]] = {}
        asked, open_ends = limit + _SPARE, frozenset(names)
        for _ in range(_PAGES):
            searches = rankings.searches(probe, layout=self._layout, audience=audience, limit=asked)
            again = {name: one for name, one in searches.items() if name in open_ends}
            pages |= await self._pages(again)
            open_ends = frozenset(
                name
                for name in again
                if not rankings.settled(pages[name], asked=asked, limit=limit)
            )
            if not open_ends:
                break
            asked *= 4
        current = qdrant_payload.newest(found.payload for page in pages.values() for found in page)
        return rankings.hits(
            {name: rankings.rank(pages.get(name, ()), current, limit=limit) for name in names}
        )

    async def max_sim(
        self,
        name: str,
        tokens: TokenVectors,
        *,
        passage_ids: Collection[str],
        audience: frozenset[str],
    ) -> Mapping[str, float]:
        """How well these passages answer a question token by token: a score in [-1, 1] by id."""
        if not passage_ids or not audience or not len(tokens):
            return {}
        search = rankings.max_sim(
            name, tokens, layout=self._layout, passage_ids=passage_ids, audience=audience
        )
        (page,) = await self._points.query([search])
        return rankings.mean_scores(page, tokens=len(tokens))

    async def neighbours(self, passage: Passage, *, reach: int) -> tuple[Passage, ...]:
        """The passages of the same document at most `reach` positions away, itself included.

        One that somebody who may read `passage` may not read is left out.
        """
        around = Where(
            document_ids=(passage.document_id,),
            positions=(passage.position - reach, passage.position + reach),
        )
        found = qdrant_payload.newest(await self._points.scroll(around))
        near = [qdrant_payload.passage(payload) for payload in found.values()]
        readable = [other for other in near if passage.audience <= other.audience]
        return tuple(sorted(readable, key=lambda other: (other.position, other.id)))

    async def passage(self, passage_id: str, *, audience: frozenset[str]) -> Passage | None:
        """One passage, or None where it is missing or not for this audience."""
        if not audience:
            return None
        readers = tuple(sorted(audience))
        found = await self._points.scroll(Where(passage_ids=(passage_id,), audience=readers))
        payload = qdrant_payload.newest(found).get(passage_id)
        return None if payload is None else qdrant_payload.passage(payload)

    async def passages(self, document_ids: Collection[str]) -> tuple[Passage, ...]:
        """Every passage of these documents, by document and then in reading order."""
        if not document_ids:
            return ()
        wanted = Where(document_ids=tuple(sorted(document_ids)))
        payloads = qdrant_payload.newest(await self._points.scroll(wanted)).values()
        found = [qdrant_payload.passage(payload) for payload in payloads]
        return tuple(sorted(found, key=lambda p: (p.document_id, p.position, p.id)))

    async def tally(self, tallies: Mapping[str, Tally]) -> None:
        """Write the votes of passages by their ids; those that are gone are ignored."""
        async with self._writing:
            for passage_id, tally in sorted(tallies.items()):
                this = Where(passage_ids=(passage_id,))
                await self._points.set_payload(this, qdrant_payload.tally_payload(tally))
            await self._points.flush()

    async def documents(
        self, *, audience: frozenset[str] | None = None
    ) -> Mapping[str, StoredDocument]:
        """Every stored document by id.

        audience: only those that it may read; what it may not is not even looked at.
        """
        readers = None if audience is None else tuple(sorted(audience))
        if readers == ():
            return {}
        return qdrant_payload.stored_documents(
            await self._points.scroll(Where(audience=readers), qdrant_payload.SUMMARY)
        )

    async def assign(self, audiences: Mapping[str, frozenset[str]]) -> None:
        """Give documents by id to other readers, from the next search on; unknown ids are ignored.

        What they hold otherwise stays.
        """
        async with self._writing:
            self._refuse_if_retired()
            for document_id, audience in sorted(audiences.items()):
                this = Where(document_ids=(document_id,))
                await self._points.set_payload(this, {"audience": sorted(audience)})
            await self._points.flush()

    async def mirror(self, other: Qdrant) -> None:
        """Hold the same as another store of the same vectors; what it holds already is not copied.

        Where the process dies in the middle, doing it again puts things right.
        """
        theirs, ours = await other.documents(), await self.documents()
        await self.delete([id_ for id_ in ours if id_ not in theirs])
        async with self._writing:
            for id_ in (id_ for id_, document in theirs.items() if ours.get(id_) != document):
                this = Where(document_ids=(id_,))
                points = await other._points.read(this)
                await self._upsert(points)
                await self._points.delete(replace(this, except_points=_ids(points)))
            await self._points.flush()
        await self.tally(await other._tallies_unlike(await self._tallies()))

    async def _tallies(self) -> Mapping[str, Tally]:
        return qdrant_payload.tallies(await self._points.scroll(Where(), qdrant_payload.VOTES))

    async def _tallies_unlike(self, known: Mapping[str, Tally]) -> Mapping[str, Tally]:
        tallies = await self._tallies()
        return {id_: tally for id_, tally in tallies.items() if known.get(id_) != tally}

    async def count(self) -> int:
        """How many passages there are; two versions of one count twice."""
        return await self._points.count()

    async def ping(self) -> None:
        """Return if a search would work now; raise StoreUnavailable otherwise."""
        await self._points.count()

    async def close(self) -> None:
        """Write what is pending and let go; a second call does nothing."""
        await self._points.close()

    def _refuse_if_retired(self) -> None:
        if self._retired:
            raise StoreMissing("the passages were embedded anew meanwhile: do it again")

    def _check(self, passages: Sequence[IndexedPassage]) -> None:
        for indexed in passages:
            check(indexed.dense, indexed.sparse, indexed.tokens, layout=self._layout)

    async def _upsert(self, points: Sequence[Point]) -> None:
        for batch in _writes(points):
            await self._points.upsert(batch)

    async def _as_points(self, passages: Sequence[IndexedPassage], before: Where) -> list[Point]:
        """Passages as they are written, with the votes that they have so far."""
        votes = qdrant_payload.tallies(await self._points.scroll(before, qdrant_payload.VOTES))
        stored = self._clock_ns()
        return [qdrant_payload.point(_voted(indexed, votes), stored=stored) for indexed in passages]

    async def _pages(self, searches: Mapping[str, Search]) -> dict[str, list[Found]]:
        if not searches:
            return {}
        pages = await self._points.query(tuple(searches.values()))
        return dict(zip(searches, pages, strict=True))


def _batches(passages: Sequence[IndexedPassage]) -> list[Sequence[IndexedPassage]]:
    return [passages[start : start + _BATCH] for start in range(0, len(passages), _BATCH)]


def _writes(
    points: Sequence[Point],
) -> Iterator[Sequence[Point]]:
    """The points in stretches that fit into one write."""
    start = tokens = 0
    for at, point in enumerate(points):
        more = sum(len(vectors) for vectors in point.tokens.values())
        if at > start and (at - start == _BATCH or tokens + more > _BATCH_TOKENS):
            yield points[start:at]
            start, tokens = at, 0
        tokens += more
    if points:
        yield points[start:]


def _voted(indexed: IndexedPassage, votes: Mapping[str, Tally]) -> IndexedPassage:
    tally = votes.get(indexed.passage.id, indexed.passage.votes)
    return replace(indexed, passage=replace(indexed.passage, votes=tally))


def _ids(points: Sequence[Point]) -> tuple[str, ...]:
    return tuple(point.id for point in points)
