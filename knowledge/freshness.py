"""What is no longer fresh: pages past their review, said twice, or at odds with each other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from knowledge.contradictions import Contradiction, contradictions
from knowledge.duplicates import Duplicate, duplicates
from knowledge.model import CuratedAnswer, Passage, StoredDocument
from knowledge.ports import PassageStore
from knowledge.suspicion import Suspect, suspects

log = logging.getLogger(__name__)

_PASSAGES_AT_ONCE = 1_000
_MOST_PASSAGES = 50_000
"""More are not held against each other: memory for ten times as many would not be there."""

_Mark: TypeAlias = tuple[frozenset[tuple[str, str, bool]], frozenset[CuratedAnswer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """Something that should have been reviewed.

    source: the curated answer, or a document by its first passage.
    """

    source: Passage | CuratedAnswer
    review_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicious:
    """Words that speak to the machine instead of to readers; they are never evidence."""

    source: Passage
    found: Suspect


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything that somebody should look at."""

    overdue: tuple[Overdue, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    suspicious: tuple[Suspicious, ...] = ()


def suspicious(passages: Sequence[Passage]) -> tuple[Suspicious, ...]:
    """What in these passages or their headings is to be looked at, in their order; each once."""
    found: dict[tuple[str, str], Suspicious] = {}
    for passage in passages:
        for text in (*passage.heading_path[-1:], passage.text):
            for one in suspects(text):
                key = (passage.document_id, one.quote)
                found.setdefault(key, Suspicious(source=passage, found=one))
    return tuple(found.values())


def overdue(sources: Sequence[Passage | CuratedAnswer], *, today: date) -> tuple[Overdue, ...]:
    """What has its review date today or before, the longest overdue first; a document once."""
    found: dict[str, Overdue] = {}
    for source in sources:
        if source.review_on is not None and source.review_on <= today:
            late = Overdue(source=source, review_on=source.review_on)
            found.setdefault(_name(source), late)
    return tuple(sorted(found.values(), key=lambda late: late.review_on))


def _name(source: Passage | CuratedAnswer) -> str:
    return source.document_id if isinstance(source, Passage) else f"\n{source.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compared:
    """What a store and the curated answers held when they were compared, and what was found.

    dated: of each document that names a day of review, the first passage.
    """

    mark: _Mark
    dated: tuple[Passage, ...]
    duplicates: tuple[Duplicate, ...]
    contradictions: tuple[Contradiction, ...]
    suspicious: tuple[Suspicious, ...]


class Freshness:
    """Looks through all that is stored; again only after something changed."""

    def __init__(self, store: PassageStore) -> None:
        self._store = store
        self._compared: _Compared | None = None
        # Two people who ask at once wait for the same work.
        self._comparing = asyncio.Lock()

    async def findings(self, curated: Sequence[CuratedAnswer], *, today: date) -> Findings:
        """What somebody should look at, of the documents and of these answers.

        The first time, and after a change, this takes seconds where there are many passages.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        async with self._comparing:
            compared = await self._current(curated)
        return Findings(
            overdue=overdue((*compared.dated, *curated), today=today),
            duplicates=compared.duplicates,
            contradictions=compared.contradictions,
            suspicious=compared.suspicious,
        )

    async def _current(self, curated: Sequence[CuratedAnswer]) -> _Compared:
        documents = await self._store.documents()
        stored = frozenset((each.id, each.digest, each.complete) for each in documents.values())
        mark = (stored, frozenset(curated))
        if self._compared is None or self._compared.mark != mark:
            passages = await self._passages(documents)
            self._compared = await asyncio.to_thread(_compare, passages, tuple(curated), mark)
        return self._compared

    async def _passages(self, documents: Mapping[str, StoredDocument]) -> list[Passage]:
        found: list[Passage] = []
        for batch in _batches(documents):
            if len(found) >= _MOST_PASSAGES:
                log.warning("not_all_compared", extra={"passages": len(found)})
                break
            found += await self._store.passages(batch)
        return found


def _batches(documents: Mapping[str, StoredDocument]) -> Iterator[list[str]]:
    """The documents' ids, so many at a time that their passages fit one read."""
    batch: list[str] = []
    passages = 0
    for document in documents.values():
        batch.append(document.id)
        passages += document.passages
        if passages >= _PASSAGES_AT_ONCE:
            yield batch
            batch, passages = [], 0
    if batch:
        yield batch


def _compare(
    passages: Sequence[Passage], curated: tuple[CuratedAnswer, ...], mark: _Mark
) -> _Compared:
    dated: dict[str, Passage] = {}
    for passage in passages:
        if passage.review_on is not None:
            dated.setdefault(passage.document_id, passage)
    return _Compared(
        mark=mark,
        dated=tuple(dated.values()),
        duplicates=duplicates(passages),
        contradictions=contradictions(passages, curated),
        suspicious=suspicious(passages),
    )
