"""Passages that stand in several documents: whoever changes one should know of the others."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from knowledge.alike import RUN, alike, bare, clusters
from knowledge.contrasts import facets
from knowledge.editions import editions
from knowledge.model import Language, Passage
from knowledge.quantities import fold

_SHORTEST: Mapping[Language, int] = {"zh": 40, "en": 120}
"""Characters; shorter passages are phrases that stand everywhere."""

_LEAST_ALIKE = 0.9
_LEAST_LENGTH = 0.8
"""How long the shorter of two passages is for the longer one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """Documents that say the same at some length.

    places: the first such passage of each of them. passages: how many they share.
    """

    places: tuple[Passage, ...]
    passages: int


def duplicates(passages: Sequence[Passage]) -> tuple[Duplicate, ...]:
    """The documents that share passages, those that share most first.

    Pages that only look alike, one a city or a year, are left out.
    """
    shared: Counter[tuple[str, ...]] = Counter()
    first: dict[tuple[str, ...], tuple[Passage, ...]] = {}
    for cluster in _clusters(passages):
        by_document = defaultdict(list)
        for passage in cluster:
            by_document[passage.document_id].append(passage)
        documents = tuple(by_document)
        shared[documents] += 1
        first.setdefault(documents, tuple(found[0] for found in by_document.values()))
    return tuple(
        Duplicate(places=first[documents], passages=count)
        for documents, count in shared.most_common()
    )


def _clusters(passages: Sequence[Passage]) -> Iterator[list[Passage]]:
    for language, run in RUN.items():
        texts = [(p, bare(p.text)) for p in passages if p.language == language]
        long = [(p, text) for p, text in texts if len(text) >= _SHORTEST[language]]
        numbers: dict[str, int] = {}
        groups = [numbers.setdefault(p.document_id, len(numbers)) for p, _ in long]
        pairs = [
            (pair.one, pair.other)
            for pair in alike([text for _, text in long], groups, run=run, least=_LEAST_ALIKE)
            if _same(long[pair.one], long[pair.other])
        ]
        yield from ([long[at][0] for at in cluster] for cluster in clusters(pairs))


def _same(one: tuple[Passage, str], other: tuple[Passage, str]) -> bool:
    """Whether they are as long as each other and of the same city, role, year and edition."""
    shorter, longer = sorted((len(one[1]), len(other[1])))
    mine, theirs = _named(one[0]), _named(other[0])
    return (
        shorter >= _LEAST_LENGTH * longer
        and editions(mine) == editions(theirs)
        and facets(mine) == facets(theirs)
    )


def _named(passage: Passage) -> str:
    return fold(" ".join((passage.document_id, passage.title, *passage.heading_path)))
