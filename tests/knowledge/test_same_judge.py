"""Do two questions ask the same? The model's word counts as far as it was measured."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest

from knowledge.confidence import Judgement
from knowledge.errors import EngineUnavailable
from knowledge.model import CuratedAnswer, CuratedMatch, Draft, Prompt, Tokens
from knowledge.models import DEFAULT_GENERATOR
from knowledge.same_judge import (
    Pair,
    SameJudge,
    SameJudgeWeights,
    beginning,
    build,
    load_same_judge,
    pair_of,
)

WORTH = Judgement(bias=0.0, confidence=1.0, odds=1.0)
ASKED = "When do we get paid?"
PAYDAY = CuratedAnswer(
    id="pay",
    question="When is payday?",
    text="The 25th.",
    language="en",
    verified_at=datetime(2026, 1, 1, tzinfo=UTC),
)


class Saying:
    """A generator with an opinion, or none."""

    name = "saying"

    def __init__(self, *chances: float, broken: bool = False) -> None:
        self.chances = chances
        self.broken = broken
        self.asked: list[Prompt] = []

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Draft, None]:
        self.asked.append(prompt)
        if self.broken:
            raise EngineUnavailable("gone")
        yield Draft(text="yes", tokens=Tokens(prompt=90, completion=1), chances=self.chances)

    async def ping(self) -> None: ...

    async def close(self) -> None: ...


def match(probability: float, wording: str = PAYDAY.question) -> CuratedMatch:
    return CuratedMatch(answer=PAYDAY, probability=probability, sure=False, wording=wording)


def judge(says: Saying, *pairs: Pair) -> SameJudge:
    weights = SameJudgeWeights(
        between=(0.2, 0.9), by_pair=dict.fromkeys(pairs or ("en", "across"), WORTH)
    )
    return SameJudge(says, weights, serve=0.95)


@pytest.mark.parametrize(
    ("asked", "stored", "pair"),
    [
        (ASKED, PAYDAY.question, "en"),
        ("几号发工资", "发薪日是哪天", "zh"),
        ("几号发工资", PAYDAY.question, "across"),
        (ASKED, "发薪日是哪天", "across"),
    ],
)
def test_a_pair_is_of_one_language_or_across_two(asked: str, stored: str, pair: Pair) -> None:
    assert pair_of(asked, stored) == pair


@pytest.mark.parametrize(
    ("probability", "doubts"), [(0.1, False), (0.2, True), (0.9, True), (0.95, False)]
)
def test_it_is_asked_only_in_doubt(probability: float, doubts: bool) -> None:
    assert judge(Saying()).doubts(ASKED, match(probability)) is doubts


def test_it_is_not_asked_about_a_pair_it_was_not_measured_on() -> None:
    assert not judge(Saying(), "zh").doubts(ASKED, match(0.5))
    assert judge(Saying(), "across").doubts("几号发工资", match(0.5))


@pytest.mark.parametrize(
    ("yes", "no", "probability", "sure"), [(-0.1, -4.1, 0.982, True), (-3.0, -0.1, 0.052, False)]
)
async def test_its_word_moves_the_probability_either_way(
    yes: float, no: float, probability: float, sure: bool
) -> None:
    judged, tokens = await judge(Saying(yes, no)).judged(ASKED, match(0.5))

    assert judged.probability == pytest.approx(probability, abs=0.001)
    assert judged.sure is sure
    assert tokens == Tokens(prompt=90, completion=1)


@pytest.mark.parametrize("says", [Saying(), Saying(broken=True)])
async def test_without_a_judgement_the_match_stays_as_it_was(says: Saying) -> None:
    judged, _ = await judge(says).judged(ASKED, match(0.5))

    assert judged == match(0.5)


async def test_a_model_that_tells_no_chances_is_not_asked_again() -> None:
    judging = judge(Saying())
    assert judging.doubts(ASKED, match(0.5))

    await judging.judged(ASKED, match(0.5))

    assert not judging.doubts(ASKED, match(0.5))


def test_it_reads_the_wording_that_was_most_alike_after_the_same_beginning() -> None:
    prompt = build(ASKED, "Which day is payday?")

    assert prompt.turns[:-1] == beginning("en")
    assert prompt.turns[-1].text.splitlines() == [
        "Question 1: Which day is payday?",
        f"Question 2: {ASKED}",
    ]
    assert (prompt.max_tokens, prompt.choices) == (1, ("yes", "no"))


def test_a_model_that_was_not_measured_is_not_asked() -> None:
    assert load_same_judge("e5-small+use-multilingual", "another") is None
    assert load_same_judge("another", DEFAULT_GENERATOR) is None


def test_what_ships_trusts_the_judge_and_is_asked_only_in_doubt() -> None:
    weights = load_same_judge("e5-small+use-multilingual", DEFAULT_GENERATOR)

    assert weights is not None
    low, high = weights.between
    assert 0 < low < high < 1
    for worth in weights.by_pair.values():
        assert worth.odds > 0
        assert worth.probability(0.5, -4.0) < 0.5 < worth.probability(0.5, 4.0)
