"""The language model as judge: do these two questions ask the same, yes or no?

Asked where embedders and rules leave doubt whether a verified answer fits, at most twice a
question. As with evidence (`judge.py`) what counts is how much likelier its first word is "yes"
than "no", and a model without fitted weights is not asked.
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
_ENGLISH: Final = (
    "Decide whether two questions ask the same thing, so that one answer fits both. "
    "Reply only yes or no."
)
_SYSTEM: Final[Mapping[Pair, str]] = {
    "zh": "判断两个问题问的是不是同一件事，能不能用同一个答案回答。只回答 yes 或 no。",
    "en": _ENGLISH,
    "across": _ENGLISH,
}
_ASK: Final[Mapping[Pair, str]] = {
    "zh": "问题一：{stored}\n问题二：{asked}",
    "en": "Question 1: {stored}\nQuestion 2: {asked}",
    "across": "Question 1: {stored}\nQuestion 2: {asked}",
}
_EXAMPLES: Final[Mapping[Pair, tuple[tuple[str, str, str], ...]]] = {
    "zh": (
        ("会议室能订多久？", "一次最长可以预约会议室几个小时", "yes"),
        ("会议室能订多久？", "谁可以订会议室？", "no"),
        ("访客车停哪里？", "客人开车来有地方停吗", "yes"),
        ("访客车停哪里？", "员工车停哪里？", "no"),
    ),
    "en": (
        (
            "How long can I book a meeting room?",
            "what is the max time for a room reservation",
            "yes",
        ),
        ("How long can I book a meeting room?", "Who can book a meeting room?", "no"),
        ("Where do visitors park?", "is there somewhere guests can leave their car", "yes"),
        ("Where do visitors park?", "Where do employees park?", "no"),
    ),
    "across": (
        ("会议室能订多久？", "What is the max time for a room reservation?", "yes"),
        ("How long can I book a meeting room?", "谁可以订会议室？", "no"),
        ("Where do visitors park?", "客人开车来有地方停吗", "yes"),
        ("访客车停哪里？", "Where do employees park?", "no"),
    ),
}


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
        self._tells = True

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Those it can be asked about."""
        return tuple(self._weights.by_pair)

    def doubts(self, asked: str, match: CuratedMatch) -> bool:
        """Whether it is to be asked at all: it takes a second or two.

        Not again after it replied without telling chances, as a server may that knows none.
        """
        low, high = self._weights.between
        fitted = pair_of(asked, match.wording) in self._weights.by_pair
        return self._tells and fitted and low <= match.probability <= high

    async def judged(
        self, asked: str, match: CuratedMatch, *, asker: str = ""
    ) -> tuple[CuratedMatch, Tokens]:
        """The match with what the model says of it; as it was where there is no judgement."""
        try:
            asking = replace(build(asked, match.wording), asker=asker)
            said = await last_draft(self._generator, asking)
        except (EngineUnavailable, EngineRefused):
            return match, Tokens()
        if not said.chances:
            self._tells = not said.text
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
    pair = pair_of(asked, stored)
    turns = (*beginning(pair), _ask(stored, asked, pair))
    return Prompt(turns=turns, max_tokens=1, choices=_CHOICES)


def beginning(pair: Pair) -> tuple[Turn, ...]:
    """The turns that every judgement of such a pair starts with."""
    turns = [Turn(speaker="system", text=_SYSTEM[pair])]
    for stored, asked, word in _EXAMPLES[pair]:
        turns += [_ask(stored, asked, pair), Turn(speaker="assistant", text=word)]
    return tuple(turns)


def _ask(stored: str, asked: str, pair: Pair) -> Turn:
    return Turn(speaker="user", text=_ASK[pair].format(stored=stored, asked=asked))


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
