"""The best candidates compared with the question once more, token by token.

A vector for a whole text says what it is about. Whether it answers the question shows better where
each token of the question looks for its own counterpart among the passage's tokens: that is late
interaction with MaxSim (ColBERT: Khattab, Zaharia, SIGIR 2020), here over the embedder's own token
states and without any training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from knowledge import fuse
from knowledge.model import Hit

COMPARED = 40
"""So many candidates are compared; 10 to 30 find less on two English handbooks."""

WORDS_WEIGHT = 0.2
"""What the words count beside it; .1 to .3 are a plateau."""


def reordered(
    candidates: Sequence[Hit],
    scores: Mapping[str, Mapping[str, float]],
    *,
    words: Sequence[str],
    shifts: Mapping[str, float],
) -> list[Hit]:
    """The candidates by late interaction and words; those without a score follow as they were.

    candidates: best first; their scores are in standard deviations, and so are those given back.
    scores: by passage id, for each embedder with token vectors.
    words: names of the retrievers whose raw scores count too.
    shifts: what else is known of passages, in standard deviations; added to what is compared here.
    """
    compared = [
        hit for hit in candidates if any(hit.passage.id in found for found in scores.values())
    ]
    if not compared:
        return list(candidates)
    means = {hit.passage.id: _mean(hit, scores) for hit in compared}
    combined = _combined(compared, scores, words)
    least = min(means.values())
    head = [
        replace(
            hit,
            score=combined[hit.passage.id] + shifts.get(hit.passage.id, 0.0),
            signals={
                **hit.signals,
                "late": means[hit.passage.id],
                "late_lead": means[hit.passage.id] - least,
            },
        )
        for hit in compared
    ]
    head.sort(key=lambda hit: (-hit.score, hit.passage.id))
    return head + _below(head[-1].score, [hit for hit in candidates if hit.passage.id not in means])


def _combined(
    compared: Sequence[Hit], scores: Mapping[str, Mapping[str, float]], words: Sequence[str]
) -> dict[str, float]:
    by_token = {f"{name} by token": list(found.items()) for name, found in scores.items()}
    by_words = {
        name: [(hit.passage.id, hit.signals.get(name, 0.0)) for hit in compared] for name in words
    }
    weights = dict.fromkeys(by_token, 1.0) | dict.fromkeys(by_words, WORDS_WEIGHT)
    return fuse.standard_scores(by_token | by_words, weights)


def _mean(hit: Hit, scores: Mapping[str, Mapping[str, float]]) -> float:
    id_ = hit.passage.id
    return fmean(found[id_] for found in scores.values() if id_ in found)


def _below(score: float, rest: Sequence[Hit]) -> list[Hit]:
    """The same in their order, none with a better score than this one."""
    best = max((hit.score for hit in rest), default=0.0)
    return [replace(hit, score=score - (best - hit.score)) for hit in rest]
