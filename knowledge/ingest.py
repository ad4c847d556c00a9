"""Documents in: files are read, cut, embedded and stored; what did not change costs nothing."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from types import MappingProxyType

from knowledge.errors import EngineRefused
from knowledge.gathering import CORPUS_SUFFIX, Source, gather, gone, taken_by
from knowledge.indexing import Indexing
from knowledge.model import (
    EVERYONE,
    Document,
    IndexedPassage,
    IngestFailure,
    IngestReport,
    IngestSuspicion,
    StoredDocument,
)
from knowledge.ports import Embedder, Parser, PassageStore, SparseEncoder
from knowledge.reading import CorpusParser, Reader, Reading, is_current
from knowledge.ruling import AudienceRules
from knowledge.split import split
from knowledge.suspicion import suspects

_READ_AHEAD = 2

_STORED_AT_ONCE = 128
"""So many passages of finished documents wait to be stored: the disk is waited for once for all of
them, and not for each small page."""

_MOST_SUSPICIOUS = 100
_QUOTED_CHARACTERS = 300


def everybody(_document_id: str) -> frozenset[str]:
    """Every document is for everybody, unless somebody says otherwise."""
    return frozenset({EVERYONE})


class Ingest:
    """Takes files in: new and changed ones are stored, deleted ones disappear.

    A document is replaced as a whole, so a run may be stopped anywhere and started again.

    parser_for: a file name ending's parser, None for formats that are not read.
    readers_of: who may read a document of this id, where neither it nor the command says so.
    edition: changes when the engines' words do; then nothing counts as unchanged.
    """

    def __init__(
        self,
        *,
        store: PassageStore,
        embedders: Sequence[Embedder],
        sparse: Sequence[SparseEncoder],
        parser_for: Callable[[str], Parser | None],
        parse_jsonl: CorpusParser,
        edition: str = "",
        readers_of: Callable[[str], frozenset[str]] = everybody,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._readers_of = readers_of
        self._store = store
        self._indexing = Indexing(embedders=tuple(embedders), sparse=tuple(sparse), edition=edition)
        self._parser_for = parser_for
        self._parse_jsonl = parse_jsonl
        self._clock = clock

    async def run(
        self,
        paths: Sequence[Path],
        *,
        audience: frozenset[str] | None = None,
        rules: AudienceRules = MappingProxyType({}),
        uris: Mapping[Path, str] = MappingProxyType({}),
        vouched: bool = True,
        on_progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> IngestReport:
        """Take in files, folders and `.jsonl` corpora; a file that fails does not stop the rest.

        A failed file's earlier version stays. Where two files give the same document id, the
        first is taken and the second listed as failed; so is a file whose id belongs to another
        folder that is still there.

        audience: who may read documents that do not say so themselves; None: as configured.
        rules: who may read documents, whatever they say.
        vouched: what documents say of their readers and owners counts. Of what comes from anywhere
            it must not: an owner may decide what is verified. Then no owner is taken from them, and
            the named audience goes before theirs.
        uris: where a file that was named itself came from, in place of its name.
        on_progress: told how many documents are finished, and of how many; a file counts as one
            until it turns out to hold many.

        Raises:
            PathMissing: before anything is changed.
            StorageFull, StoreUnavailable, EngineUnavailable: what was finished is kept.
        """
        started = self._clock()
        stored = await self._store.documents()
        found = await asyncio.to_thread(gather, paths, readable=self._is_readable, stored=stored)
        sources = [replace(one, uri=uris.get(one.path, one.uri)) for one in found.sources]
        run = _Run(stored=stored, failed=list(found.failed))
        run.owners = {each.document_id: str(each.path) for each in sources}
        run.total = len(sources)
        on_progress(run.done, run.total)
        reader = self._reader(stored, audience or frozenset())
        named = audience if audience and not vouched else None
        reader = replace(reader, rules=rules, vouched=vouched, named=named)
        try:
            async with aclosing(_ahead(reader.read, sources)) as readings:
                async for reading in readings:
                    await self._take(reading, run, on_progress)
        finally:
            await self._store_finished(run)
        deleted = gone(stored, covered=found.covered, seen=run.owners)
        await self._store.delete(deleted)
        return run.report(deleted=len(deleted), seconds=self._clock() - started)

    def _is_readable(self, suffix: str) -> bool:
        return suffix.lower() == CORPUS_SUFFIX or self._parser_for(suffix) is not None

    def _reader(self, stored: Mapping[str, StoredDocument], audience: frozenset[str]) -> Reader:
        return Reader(
            stored=stored,
            audience_of=(lambda _document_id: audience) if audience else self._readers_of,
            engines=self._indexing.engines,
            parser_for=self._parser_for,
            parse_jsonl=self._parse_jsonl,
        )

    async def _take(
        self, reading: Reading, run: _Run, on_progress: Callable[[int, int], None]
    ) -> None:
        """Store what is new of a file and count the rest."""
        if reading.failure:
            run.fail(reading.source, reading.failure)
        run.unchanged += reading.unchanged
        run.total += max(len(reading.documents) - 1, 0)
        for document in reading.documents:
            await self._take_document(document, reading.source, run)
            run.done += 1
            on_progress(run.done, run.total)
        if not reading.documents:
            run.done += 1
            on_progress(run.done, run.total)

    async def _take_document(self, document: Document, source: Source, run: _Run) -> None:
        if not source.document_id and run.is_taken(document.id, source):
            return
        run.owners[document.id] = str(source.path)
        if is_current(document.id, document.digest, document.root, run.stored):
            run.unchanged += 1
        else:
            await self._replace(document, source, run)

    async def _replace(self, document: Document, source: Source, run: _Run) -> None:
        passages = await asyncio.to_thread(split, document)
        if not passages:
            run.fail(source, "there is no text in it")
            return
        try:
            indexed = await self._indexing.index(
                passages, digest=document.digest, root=document.root, of=len(passages)
            )
        except EngineRefused as error:
            run.fail(source, str(error))
            return
        run.finished += indexed
        if len(run.finished) >= _STORED_AT_ONCE:
            await self._store_finished(run)
        run.documents += 1
        run.passages += len(passages)
        run.suspicious += await asyncio.to_thread(_suspicious, document)

    async def _store_finished(self, run: _Run) -> None:
        finished, run.finished = run.finished, []
        if finished:
            await self._store.replace(finished)


@dataclass(slots=True, kw_only=True)
class _Run:
    """One ingest's bookkeeping, seen by nobody else.

    owners: the document ids that are there now, and the file each came from.
    finished: passages of whole documents that are not stored yet.
    """

    stored: Mapping[str, StoredDocument]
    failed: list[IngestFailure]
    suspicious: tuple[IngestSuspicion, ...] = ()
    finished: list[IndexedPassage] = field(default_factory=list)
    owners: dict[str, str] = field(default_factory=dict)
    documents: int = 0
    passages: int = 0
    unchanged: int = 0
    done: int = 0
    total: int = 0

    def fail(self, source: Source, reason: str) -> None:
        """List a failure; what the file gave the last time counts as still there."""
        self.failed.append(IngestFailure(path=str(source.path), reason=reason))
        for known in self.stored.values():
            if known.root == str(source.path):
                self.owners.setdefault(known.id, str(source.path))

    def is_taken(self, document_id: str, source: Source) -> bool:
        """Whether another file has this id already; that is then listed."""
        taken = taken_by(document_id, source.root, owners=self.owners, stored=self.stored)
        if taken:
            self.fail(source, f"its document id {document_id} is taken by {taken}")
        return bool(taken)

    def report(self, *, deleted: int, seconds: float) -> IngestReport:
        return IngestReport(
            documents=self.documents,
            passages=self.passages,
            unchanged=self.unchanged,
            deleted=deleted,
            failed=tuple(self.failed),
            suspicious=self.suspicious[:_MOST_SUSPICIOUS],
            seconds=seconds,
        )


def _suspicious(document: Document) -> tuple[IngestSuspicion, ...]:
    """What in a document speaks to the machine."""
    return tuple(
        IngestSuspicion(
            document_id=document.id, ploy=found.ploy, quote=found.quote[:_QUOTED_CHARACTERS]
        )
        for section in document.sections
        for text in (*section.heading_path[-1:], section.text)
        for found in suspects(text)
    )[:_MOST_SUSPICIOUS]


async def _ahead(
    read: Callable[[Source], Reading], sources: Iterable[Source]
) -> AsyncGenerator[Reading, None]:
    """Readings in the order of their sources, the next ones prepared while one is stored."""
    waiting = iter(sources)
    tasks: deque[asyncio.Task[Reading]] = deque()
    try:
        while True:
            for source in islice(waiting, _READ_AHEAD - len(tasks)):
                tasks.append(asyncio.create_task(asyncio.to_thread(read, source)))
            if not tasks:
                return
            yield await tasks.popleft()
    finally:
        for task in tasks:
            task.cancel()
