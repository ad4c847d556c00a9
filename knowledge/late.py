"""The best candidates compared with the question once more, token by token.

A vector for a whole text says what it is about. Whether it answers the question shows better where
each token of the question looks for its own counterpart among the passage's tokens: that is late
interaction with MaxSim (ColBERT: Khattab, Zaharia, SIGIR 2020), here over the embedder's own token
states and without any training. The tokens of two languages lie apart, so that only passages in
the question's language are compared.
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
    """The compared candidates share out their places by late interaction and words.

    A place keeps its score whoever gets it, and what has none of these scores keeps its place.

    candidates: best first.
    scores: by passage id, for each embedder with token vectors.
    words: names of the retrievers whose raw scores count too.
    shifts: what else is known of passages, in standard deviations; added to what is compared here.
    """
    compared = {
        hit.passage.id: place
        for place, hit in enumerate(candidates)
        if any(hit.passage.id in found for found in scores.values())
    }
    if not compared:
        return list(candidates)
    means = {id_: _mean(id_, scores) for id_ in compared}
    least = min(means.values())
    combined = _combined([candidates[place] for place in compared.values()], scores, words)
    best_first = sorted(compared, key=lambda id_: (-combined[id_] - shifts.get(id_, 0.0), id_))
    result = list(candidates)
    for place, id_ in zip(compared.values(), best_first, strict=True):
        hit = candidates[compared[id_]]
        told = {"late": means[id_], "late_lead": means[id_] - least}
        score = candidates[place].score
        result[place] = replace(hit, score=score, signals={**hit.signals, **told})
    return result


def _combined(
    compared: Sequence[Hit], scores: Mapping[str, Mapping[str, float]], words: Sequence[str]
) -> dict[str, float]:
    by_token = {f"{name} by token": list(found.items()) for name, found in scores.items()}
    by_words = {
        name: [(hit.passage.id, hit.signals.get(name, 0.0)) for hit in compared] for name in words
    }
    weights = dict.fromkeys(by_token, 1.0) | dict.fromkeys(by_words, WORDS_WEIGHT)
    return fuse.standard_scores(by_token | by_words, weights)


def _mean(id_: str, scores: Mapping[str, Mapping[str, float]]) -> float:
    return fmean(found[id_] for found in scores.values() if id_ in found)
