"""Do questions that mean the same get the same decision, from the same source?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from knowledge.evaluate.judged import Judged


def pairs(judged: Sequence[Judged]) -> Iterator[tuple[Judged, Judged]]:
    """Each two questions of one group, where the labels name groups."""
    groups: defaultdict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        if one.one.group:
            groups[one.one.group].append(one)
    for group in groups.values():
        yield from combinations(group, 2)


def alike(one: Judged, other: Judged) -> bool:
    """Both refused, or both answered from the same document."""
    if not one.given or not other.given:
        return one.given == other.given
    return _source(one) == _source(other)


def _source(judged: Judged) -> str:
    citations = judged.got.citations
    return citations[0].document_id if citations else ""
