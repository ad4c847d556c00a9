"""What is searched for a question, and how what was found is ranked; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from knowledge.engines.qdrant_layout import Layout, check, tokens_name
from knowledge.engines.qdrant_payload import VERSION, newest, passage, passage_id, stored_at
from knowledge.engines.qdrant_points import Found, Payload, Search
from knowledge.model import Hit, Passage, Probe, SparseVector, TokenVectors, Vector

_SCORE_DIGITS = 5  # float32 sums differ beyond this, and no ranking should hang on that


def searches(
    probe: Probe, *, layout: Layout, audience: frozenset[str], limit: int
) -> dict[str, Search]:
    """One search a vector of the probe; none for a question without any known term.

    Raises:
        StoreOutdated: the store has no vectors of that name and dimension.
    """
    check(probe.dense, probe.sparse, {}, layout=layout)
    vectors: dict[str, Vector | SparseVector] = dict(probe.dense)
    vectors.update({name: vector for name, vector in probe.sparse.items() if vector.indices})
    readers = tuple(sorted(audience))
    return {
        name: Search(using=name, vector=vector, audience=readers, limit=limit)
        for name, vector in vectors.items()
    }


def max_sim(
    name: str,
    tokens: TokenVectors,
    *,
    layout: Layout,
    passage_ids: Collection[str],
    audience: frozenset[str],
) -> Search:
    """The search that compares a question with these passages token by token.

    Raises:
        StoreOutdated: the store has no token vectors of that embedder and dimension.
    """
    check({}, {}, {name: tokens}, layout=layout)
    return Search(
        using=tokens_name(name),
        vector=tokens,
        audience=tuple(sorted(audience)),
        limit=2 * len(passage_ids),  # while a document is replaced there are two versions
        passage_ids=tuple(sorted(passage_ids)),
        fields=VERSION,
    )


def mean_scores(page: Sequence[Found], *, tokens: int) -> dict[str, float]:
    """By passage id, the mean over a question's tokens of what their engine added up."""
    current = newest(found.payload for found in page)
    best = rank(page, current, limit=len(page))
    return {passage_id(found.payload): round(found.score / tokens, _SCORE_DIGITS) for found in best}


def rank(page: Sequence[Found], current: Mapping[str, Payload], *, limit: int) -> list[Found]:
    """The best of a page, best first; equal scores by passage id, and one version a passage."""
    ordered = sorted(
        (-round(found.score, _SCORE_DIGITS), id_, at)
        for at, found in enumerate(page)
        for id_ in (passage_id(found.payload),)
        if current[id_] is found.payload or stored_at(current[id_]) == stored_at(found.payload)
    )
    return [Found(score=-low, payload=page[at].payload) for low, _, at in ordered[:limit]]


def settled(page: Sequence[Found], *, asked: int, limit: int) -> bool:
    """Whether a longer page could not change the best `limit` passages.

    False while the passages at the page's end tie with one another, so that the next of the same
    score may have the smaller id, or while versions of one passage used up the room.
    """
    if len(page) < asked:
        return True
    last = round(page[-1].score, _SCORE_DIGITS)
    if round(page[limit - 1].score, _SCORE_DIGITS) <= last:
        return False  # best first: fewer than `limit` are above, and the others need no look
    above = {passage_id(f.payload) for f in page if round(f.score, _SCORE_DIGITS) > last}
    return len(above) >= limit


def hits(ranked: Mapping[str, Sequence[Found]]) -> dict[str, tuple[Hit, ...]]:
    """What searches found, as knowledge speaks of it; a passage that several found is read once."""
    known: dict[str, Passage] = {}

    def read(payload: Payload) -> Passage:
        id_ = passage_id(payload)
        if id_ not in known:
            known[id_] = passage(payload)
        return known[id_]

    return {
        name: tuple(
            Hit(passage=read(found.payload), score=found.score, signals={name: found.score})
            for found in page
        )
        for name, page in ranked.items()
    }
