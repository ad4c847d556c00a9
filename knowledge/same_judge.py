"""The language model as judge: do these two questions ask the same, yes or no?

Asked where embedders and rules leave doubt whether a verified answer fits, once a question at most.
As with evidence (`judge.py`) what counts is how much likelier its first word is "yes" than "no",
and a model without fitted weights is not asked. The beginning mixes both languages, so that one
prompt cache serves Chinese, English, and a Chinese question for an English one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Final, Literal, TypeAlias, cast

from knowledge.confidence import Judgement
from knowledge.errors import EngineRefused, EngineUnavailable
from knowledge.judge import last_draft
from knowledge.language import language_of
from knowledge.model import CuratedMatch, Prompt, Tokens, Turn
from knowledge.ports import Generator

Pair: TypeAlias = Literal["zh", "en", "across"]
"""The language of both questions, or that they have two."""

_CHOICES: Final = ("yes", "no")
_SYSTEM: Final = (
    "Decide whether two questions ask the same thing, so that one answer fits both. "
    "Reply only yes or no."
)
_ASK: Final = "Question 1: {stored}\nQuestion 2: {asked}"
_EXAMPLES: Final = (
    ("会议室能订多久？", "What is the max time for a room reservation?", "yes"),
    ("How long can I book a meeting room?", "谁可以订会议室？", "no"),
    ("Where do visitors park?", "客人开车来有地方停吗", "yes"),
    ("访客车停哪里？", "Where do employees park?", "no"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SameJudgeWeights:
    """When a language model is asked, and what its judgement is worth.

    between: it is asked where the probability without it lies in here.
    by_pair: in a pair of languages that is missing it is not asked.
    """

    between: tuple[float, float]
    by_pair: Mapping[Pair, Judgement]


class SameJudge:
    """Makes the probability that a verified question is meant surer, in either direction.

    serve: from this probability on a match is sure.
    """

    def __init__(self, generator: Generator, weights: SameJudgeWeights, *, serve: float) -> None:
        self._generator = generator
        self._weights = weights
        self._serve = serve

    def doubts(self, asked: str, match: CuratedMatch) -> bool:
        """Whether it is to be asked at all: it takes a second or two."""
        low, high = self._weights.between
        return pair_of(asked, match.wording) in self._weights.by_pair and (
            low <= match.probability <= high
        )

    async def judged(self, asked: str, match: CuratedMatch) -> tuple[CuratedMatch, Tokens]:
        """The match with what the model says of it; as it was where there is no judgement."""
        try:
            said = await last_draft(self._generator, build(asked, match.wording))
        except (EngineUnavailable, EngineRefused):
            return match, Tokens()
        if not said.chances:
            return match, said.tokens
        yes, no = said.chances
        worth = self._weights.by_pair[pair_of(asked, match.wording)]
        probability = worth.probability(match.probability, yes - no)
        sure = probability >= self._serve
        return replace(match, probability=probability, sure=sure), said.tokens


def pair_of(asked: str, stored: str) -> Pair:
    """The languages of two questions."""
    one, other = language_of(asked), language_of(stored)
    return one if one == other else "across"


def build(asked: str, stored: str) -> Prompt:
    """Both questions, to be answered with one word."""
    return Prompt(turns=(*beginning(), _ask(stored, asked)), max_tokens=1, choices=_CHOICES)


def beginning() -> tuple[Turn, ...]:
    """The turns that every judgement starts with."""
    turns = [Turn(speaker="system", text=_SYSTEM)]
    for stored, asked, word in _EXAMPLES:
        turns += [_ask(stored, asked), Turn(speaker="assistant", text=word)]
    return tuple(turns)


def _ask(stored: str, asked: str) -> Turn:
    return Turn(speaker="user", text=_ASK.format(stored=stored, asked=asked))


def load_same_judge(embedders: str, model: str) -> SameJudgeWeights | None:
    """The weights fitted for this language model beside these embedders; None where none are."""
    file = files("knowledge") / "sameness_models" / "judges.json"
    fitted = json.loads(file.read_text(encoding="utf-8"))
    fields = fitted.get(embedders, {}).get(model)
    if fields is None:
        return None
    by_pair = {name: Judgement(**one) for name, one in fields["by_pair"].items()}
    low, high = fields["between"]
    return SameJudgeWeights(between=(low, high), by_pair=cast("Mapping[Pair, Judgement]", by_pair))
