"""Several rankings of the same passages, made into one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, pstdev
from typing import TypeAlias

Ranking: TypeAlias = Sequence[tuple[str, float]]
"""Ids with their scores, best first."""


def reciprocal_rank(
    rankings: Mapping[str, Ranking], weights: Mapping[str, float], *, k: int = 60
) -> dict[str, float]:
    """Merge rankings whose scores cannot be compared: only places count.

    Sum of weight / (k + rank), ranks from 1 (Cormack, Clarke, Büttcher, SIGIR 2009). A ranking
    without a weight does not take part.
    """
    fused: dict[str, float] = {}
    for name, ranking in rankings.items():
        weight = weights.get(name, 0.0)
        for rank, (id_, _) in enumerate(ranking, start=1):
            fused[id_] = fused.get(id_, 0.0) + weight / (k + rank)
    return fused


def distribution_based(
    rankings: Mapping[str, Ranking], weights: Mapping[str, float]
) -> dict[str, float]:
    """Merge rankings by how far each score stands out of its own ranking.

    Scores are moved to [0, 1] so that mean − 3 standard deviations is 0 and mean + 3 is 1, then
    added by weight (distribution-based score fusion: Mazzeschi 2023; so in Qdrant). What a ranking
    does not hold gets the lowest score in it: it was no better, or it would be there. A ranking
    without a weight does not take part.
    """
    moved = {
        name: (weights[name], _standing_out(ranking))
        for name, ranking in rankings.items()
        if ranking and weights.get(name, 0.0) > 0.0
    }
    ids = dict.fromkeys(id_ for _, scores in moved.values() for id_ in scores)
    floors = {name: min(scores.values()) for name, (_, scores) in moved.items()}
    return {
        id_: sum(weight * scores.get(id_, floors[name]) for name, (weight, scores) in moved.items())
        for id_ in ids
    }


def best_first(scores: Mapping[str, float]) -> list[str]:
    """The ids by falling score; equal scores by id, so that the order never depends on chance."""
    return sorted(scores, key=lambda id_: (-scores[id_], id_))


def _standing_out(ranking: Ranking) -> dict[str, float]:
    values = [score for _, score in ranking]
    middle, spread = fmean(values), pstdev(values)
    if spread < 1e-9:
        return {id_: 0.5 for id_, _ in ranking}
    return {
        id_: min(1.0, max(0.0, 0.5 + (score - middle) / (6 * spread))) for id_, score in ranking
    }
