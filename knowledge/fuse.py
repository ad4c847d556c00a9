"""Several rankings of the same passages, made into one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
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


def standard_scores(
    rankings: Mapping[str, Ranking], weights: Mapping[str, float]
) -> dict[str, float]:
    """Merge rankings by how far each score stands out of its own ranking.

    Each score becomes its distance from its ranking's mean in standard deviations (z-score: Wu,
    Crestani, Bi, AIRS 2006); they are added by weight. A passage far ahead of all others in one
    ranking stays ahead, which is what neither places nor clipped scores can say.
    """
    return _weighted_sum(rankings, weights, _z_scores)


def distribution_based(
    rankings: Mapping[str, Ranking], weights: Mapping[str, float]
) -> dict[str, float]:
    """Merge rankings as `standard_scores` does, but no score counts past three deviations.

    Mean - 3 standard deviations becomes 0, mean + 3 becomes 1, the rest is clipped
    (distribution-based score fusion: Mazzeschi 2023; Qdrant's DBSF).
    """
    return _weighted_sum(rankings, weights, _clipped)


def best_first(scores: Mapping[str, float]) -> list[str]:
    """The ids by falling score; equal scores by id, so that the order never depends on chance."""
    return sorted(scores, key=lambda id_: (-scores[id_], id_))


def _weighted_sum(
    rankings: Mapping[str, Ranking],
    weights: Mapping[str, float],
    normalised: Callable[[Ranking], Mapping[str, float]],
) -> dict[str, float]:
    """Add up normalised scores. A ranking without a weight does not take part.

    What a ranking does not hold gets the lowest score in it: it was no better than that.
    """
    parts = [
        (weights[name], normalised(ranking))
        for name, ranking in rankings.items()
        if ranking and weights.get(name, 0.0) > 0.0
    ]
    floored = [(weight, scores, min(scores.values())) for weight, scores in parts]
    ids = dict.fromkeys(id_ for _, scores in parts for id_ in scores)
    return {
        id_: sum(weight * scores.get(id_, floor) for weight, scores, floor in floored)
        for id_ in ids
    }


def _z_scores(ranking: Ranking) -> dict[str, float]:
    values = [score for _, score in ranking]
    middle = fmean(values)
    spread = math.sqrt(fmean((value - middle) ** 2 for value in values))
    if spread < 1e-9:  # all alike, or only one: nothing stands out
        return {id_: 0.0 for id_, _ in ranking}
    return {id_: (score - middle) / spread for id_, score in ranking}


def _clipped(ranking: Ranking) -> dict[str, float]:
    return {id_: min(1.0, max(0.0, 0.5 + score / 6)) for id_, score in _z_scores(ranking).items()}
