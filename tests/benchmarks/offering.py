"""What comes of verified answers that are likely, but not surely, meant: given, or offered.

    python -m tests.benchmarks.offering

The questions of `sameness`, each asked twice: once with its other wordings stored and once without,
among questions that only look like it. The likeliest stored question is given where it reaches
`LEAST_SIMILAR`, unless another one is nearly as likely ("tied"); else it is offered from
`LEAST_OFFERED` on, the second with it. No language model looks again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from knowledge.curated import LEAST_LEAD, LEAST_OFFERED, LEAST_SIMILAR
from knowledge.logistic import log_odds
from tests.benchmarks.same_questions import Corpus, corpora
from tests.benchmarks.sameness import MODELS, Judged, embed, judged, pairs

EMBEDDERS = "e5-small+use-multilingual"


def fates(rated: Judged, groups: Mapping[str, int]) -> tuple[Counter[str], Counter[str]]:
    """What became of the questions asked with another wording stored, and of those without."""
    stored, unstored = Counter[str](), Counter[str]()
    for asked in np.unique(rated.sample.asked):
        rows = np.flatnonzero(rated.sample.asked == asked)
        own = groups[rated.sample.texts[int(rows[0])][0]]
        ranked = [
            (groups[rated.sample.texts[at][1]], float(rated.chance[at]))
            for at in sorted(rows.tolist(), key=lambda at: -float(rated.chance[at]))
        ]
        if any(group == own for group, _ in ranked):
            stored[_fate(ranked, own)] += 1
        unstored[_fate([one for one in ranked if one[0] != own], own)] += 1
    return stored, unstored


def _fate(ranked: Sequence[tuple[int, float]], own: int) -> str:
    best: dict[int, float] = {}
    for group, chance in ranked:
        best.setdefault(group, chance)
    (first, chance), *others = best.items()
    if chance < LEAST_OFFERED:
        return "nothing"
    rival = others[0][1] if others else 0.0
    tied = rival >= LEAST_SIMILAR and log_odds(chance) - log_odds(rival) < LEAST_LEAD
    if chance >= LEAST_SIMILAR and not tied:
        return "given right" if first == own else "given wrong"
    shown = {first} | {group for group, other in others[:1] if other >= LEAST_OFFERED}
    kind = "tied" if tied else "offered"
    if tied and first == own:
        return "tied, first right"
    return f"{kind} right" if own in shown else f"{kind} wrong"


def _groups(corpus: Corpus) -> dict[str, int]:
    """The group of each text; what only looks alike is alone in one."""
    named = {corpus.texts[at]: number for number, of in enumerate(corpus.groups) for at in of}
    alone = (text for text in corpus.texts if text not in named)
    return named | {text: len(corpus.groups) + number for number, text in enumerate(alone)}


def lines(rated: Sequence[Judged], known: Sequence[Corpus]) -> Iterator[str]:
    """A Markdown table."""
    columns = ("given right", "given wrong", "tied, first right", "tied right", "tied wrong")
    columns = (*columns, "offered right", "offered wrong", "nothing")
    yield f"| left out | asked | {' | '.join(columns)} |"
    yield "|---" * (len(columns) + 2) + "|"
    for one, corpus in zip(rated, known, strict=True):
        honest = one.only(~one.sample.polite)
        for where, part in (("", honest.usual()), (", among look-alikes", honest)):
            for name, found in zip(("stored", "not"), fates(part, _groups(corpus)), strict=True):
                asked = found.total()
                shares = " | ".join(f"{found[column] / asked:.3f}" for column in columns)
                yield f"| {corpus.name}, {name}{where} | {asked} | {shares} |"


async def run() -> None:
    """Print the table."""
    known = list(corpora())
    vectors = await embed(sorted({text for one in known for text in one.texts}, key=len))
    rated = judged([pairs(one, vectors) for one in known], MODELS[EMBEDDERS])
    print("\n".join(lines(rated, known)))


if __name__ == "__main__":
    asyncio.run(run())
