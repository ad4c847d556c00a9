"""Every document once more, embedded by other engines, while the old ones go on answering."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Protocol

from knowledge.errors import EngineRefused
from knowledge.indexing import Indexing, signed
from knowledge.model import StoredDocument
from knowledge.ports import PassageStore

_AT_ONCE = 100
"""Documents whose votes are compared at once."""


class Assigning(PassageStore, Protocol):
    """A store whose documents can be given to other readers as they lie."""

    async def assign(self, audiences: Mapping[str, frozenset[str]]) -> None:
        """Give documents by id to other readers; unknown ids are ignored."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reindex:
    """Makes one store hold what another holds, with vectors of its own.

    Texts, readers, votes and sources are copied as they lie; nothing is read from files. Each
    document is written as a whole, so it may be stopped anywhere and started again: what is there
    already, by its digest, is not embedded twice.
    """

    old: PassageStore
    new: Assigning
    indexing: Indexing

    async def catch_up(
        self, on_progress: Callable[[int, int], None] = lambda _done, _total: None
    ) -> int:
        """Bring the new store up to date with the old one; how many documents were others.

        Raises:
            StoreUnavailable, StorageFull, EngineUnavailable: what was finished is kept.
            EngineRefused: the new engines cannot read a text; the message names the document.
        """
        old, new = await self.old.documents(), await self.new.documents()
        gone = [id_ for id_ in new if id_ not in old]
        await self.new.delete(gone)
        others = [one for id_, one in old.items() if not self._holds(new.get(id_), one)]
        on_progress(len(old) - len(others), len(old))
        for done, document in enumerate(others, start=1):
            await self._copy(document)
            on_progress(len(old) - len(others) + done, len(old))
        readers = _other_readers(old, new)
        await self.new.assign(readers)
        await self._copy_votes(old)
        return len(gone) + len(others) + len(readers)

    async def carry(self, *, since: datetime) -> int:
        """Bring over what somebody still wrote into the old store since then; how many documents.

        What the new store got later than the old one stays as it is there.
        """
        old, new = await self.old.documents(), await self.new.documents()
        late = [one for one in old.values() if _at(one) > since]
        missing = [one for one in late if not self._holds(new.get(one.id), one)]
        carried = [one for one in missing if one.id not in new or _at(new[one.id]) < _at(one)]
        for document in carried:
            await self._copy(document)
        return len(carried)

    def _holds(self, new: StoredDocument | None, old: StoredDocument) -> bool:
        if new is None or new.complete != old.complete or new.passages != old.passages:
            return False
        return (new.digest, new.root) == (self._digest(old), old.root)

    def _digest(self, document: StoredDocument) -> str:
        return signed(document.digest, self.indexing.engines)

    async def _copy(self, document: StoredDocument) -> None:
        passages = await self.old.passages([document.id])
        # One that half arrived stays half arrived, so that the next ingest mends it.
        of = len(passages) + (0 if document.complete else 1)
        try:
            indexed = await self.indexing.index(
                passages, digest=self._digest(document), root=document.root, of=of
            )
        except EngineRefused as error:
            raise EngineRefused(f"{document.id}: {error}") from error
        await self.new.replace(indexed)

    async def _copy_votes(self, old: Mapping[str, StoredDocument]) -> None:
        for ids in batched(old, _AT_ONCE):
            theirs = await self.old.passages(ids)
            ours = {one.id: one.votes for one in await self.new.passages(ids)}
            await self.new.tally(
                {one.id: one.votes for one in theirs if ours.get(one.id, one.votes) != one.votes}
            )


def batched(ids: Iterable[str], size: int) -> Iterator[tuple[str, ...]]:
    """The ids in stretches of this size, the last one shorter."""
    waiting = iter(ids)
    while stretch := tuple(islice(waiting, size)):
        yield stretch


def _other_readers(
    old: Mapping[str, StoredDocument], new: Mapping[str, StoredDocument]
) -> dict[str, frozenset[str]]:
    """Who may read what was copied before, where that is somebody else by now."""
    return {
        id_: old[id_].audience
        for id_, known in new.items()
        if id_ in old and known.audience != old[id_].audience
    }


def _at(document: StoredDocument) -> datetime:
    assert document.stored_at is not None  # noqa: S101 -- every store of ours says when
    return document.stored_at
