"""Parts of the search that can be left out, to see what each of them brings.

Only parts that act when a question is asked: the index stays as it is. Whatever decides about the
evidence sees the hits without the signals of what was left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from bot.knowledge_base import Search
from knowledge.errors import PartNeeded, PartUnknown

Adjustment: TypeAlias = Callable[[Search], Search]


def leaving_out(names: Sequence[str]) -> Adjustment:
    """A search without these parts.

    `dense-<name>` is an embedder, `bm25` the words, `late` the comparison token by token,
    `reranker` the cross-encoder, `variety` the places kept for further documents, `near-copies` the
    removal of passages with the same words, `surroundings` what is read around a passage.

    Raises (when applied):
        PartUnknown: a name that takes no part.
        PartNeeded: nothing would be left to search with.
    """

    def adjust(search: Search) -> Search:
        known = _parts(search)
        for name in names:
            if name not in known:
                raise PartUnknown(name, tuple(known))
            search = known[name](search)
            if not search.embedders and not search.sparse:
                raise PartNeeded(name)
        return search

    return adjust


def _parts(search: Search) -> Mapping[str, Adjustment]:
    dense = {f"dense-{one.name}": partial(_without_embedder, one.name) for one in search.embedders}
    sparse = {one.name: partial(_without_sparse, one.name) for one in search.sparse}
    reranker = {"reranker": _without_reranker} if search.reranker else {}
    return {
        **dense,
        **sparse,
        **reranker,
        "late": _without_late,
        "variety": _without_variety,
        "near-copies": _without_dropping_copies,
        "surroundings": _without_surroundings,
    }


def _without_embedder(name: str, search: Search) -> Search:
    return replace(search, embedders=tuple(one for one in search.embedders if one.name != name))


def _without_sparse(name: str, search: Search) -> Search:
    return replace(search, sparse=tuple(one for one in search.sparse if one.name != name))


def _without_reranker(search: Search) -> Search:
    return replace(search, reranker=None)


def _without_late(search: Search) -> Search:
    return replace(search, shape=replace(search.shape, late=False))


def _without_variety(search: Search) -> Search:
    return replace(search, shape=replace(search.shape, least_documents=0))


def _without_dropping_copies(search: Search) -> Search:
    return replace(search, shape=replace(search.shape, copies_dropped=False))


def _without_surroundings(search: Search) -> Search:
    return replace(search, shape=replace(search.shape, stretch_tokens=0))
