"""What is in writing, for commands to look at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from bot.core.library import Listed
from knowledge.answer import Grounded, Looked
from knowledge.engines.qdrant import Qdrant
from knowledge.model import StoredDocument
from knowledge.ports import Embedder, Generator
from knowledge.ruling import AudienceRules, ruled


class Holding(Protocol):
    """What counts now."""

    @property
    def store(self) -> Qdrant:
        """Where its passages lie."""
        ...

    @property
    def answerer(self) -> Grounded:
        """What answers from them."""
        ...

    @property
    def generator(self) -> Generator:
        """What writes."""
        ...

    @property
    def embedders(self) -> tuple[Embedder, ...]:
        """What finds."""
        ...


class OpenLibrary:
    """The `Library` over passages that are open.

    now: what counts at the moment. stores: wherever passages lie, what does not count yet included.
    """

    def __init__(
        self, *, now: Callable[[], Holding], stores: Callable[[], Collection[Qdrant]]
    ) -> None:
        self._now = now
        self._stores = stores

    @property
    def model(self) -> str:
        """The language model that writes answers."""
        return self._now().generator.name

    @property
    def embedders(self) -> tuple[str, ...]:
        """What passages are found by."""
        return tuple(embedder.name for embedder in self._now().embedders)

    async def listed(self, *, audience: frozenset[str] | None) -> tuple[Listed, ...]:
        """The documents these readers may read, by title."""
        found = await self._now().store.documents(audience=audience)
        return tuple(sorted(map(_listed, found.values()), key=lambda one: (one.title, one.id)))

    async def look(self, text: str, *, audience: frozenset[str], limit: int) -> Looked:
        """What a search for a question finds."""
        return await self._now().answerer.look(text, audience=audience, limit=limit)

    async def roots(self) -> frozenset[str]:
        """The folders and files that documents were taken in from."""
        found = await self._now().store.documents()
        return frozenset(document.root for document in found.values())

    async def enforce(self, rules: AudienceRules) -> int:
        """Give documents to the readers that the rules name, wherever passages lie."""
        if not rules:
            return 0
        given: set[str] = set()
        for store in self._stores():
            others = _given_to_others(await store.documents(), rules)
            if others:
                await store.assign(others)
            given |= others.keys()
        return len(given)


def _listed(document: StoredDocument) -> Listed:
    return Listed(
        id=document.id,
        title=document.title,
        audience=document.audience,
        passages=document.passages,
        owner=document.owner,
        stored_at=document.stored_at,
    )


def _given_to_others(
    documents: Mapping[str, StoredDocument], rules: AudienceRules
) -> dict[str, frozenset[str]]:
    named = {id_: ruled(id_, rules) for id_ in documents}
    return {
        id_: audience
        for id_, audience in named.items()
        if audience is not None and audience != documents[id_].audience
    }
