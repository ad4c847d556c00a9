"""What the language model says of the evidence counts as far as it was measured to."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest

from knowledge.certainty import Certainty
from knowledge.confidence import EvidenceModel, Judgement, JudgeWeights, load_model
from knowledge.errors import EngineUnavailable
from knowledge.evidence import Evidence
from knowledge.judge import Judge, build
from knowledge.model import Answer, Draft, Outcome, Passage, Prompt, Tokens
from knowledge.models import DEFAULT_GENERATOR
from knowledge.statements import statements

WORTH = Judgement(bias=0.0, confidence=1.0, odds=1.0)
WEIGHTS = JudgeWeights(between=(0.2, 0.9), by_language={"en": WORTH})
PASSAGE = Passage(
    id="leave#0",
    document_id="leave",
    title="Annual leave",
    uri="leave.md",
    language="en",
    text="Staff receive ten vacation days. Unused days lapse in March.",
)
EVIDENCE = tuple(
    Evidence(statement=statement, passage=PASSAGE, score=1.0)
    for statement in statements(PASSAGE.text)
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


def found(confidence: float) -> Answer:
    return Answer(
        outcome=Outcome.UNKNOWN,
        text="",
        language="en",
        confidence=confidence,
        standalone="How many vacation days?",
    )


def certainty(says: Saying) -> Certainty:
    model = EvidenceModel(bias=0.0, weights={}, least_confidence=0.5)
    return Certainty(model, Judge(says, WEIGHTS))


@pytest.mark.parametrize(("yes", "no", "surer"), [(-0.1, -3.0, True), (-3.0, -0.1, False)])
async def test_a_yes_makes_surer_and_a_no_less_sure(yes: float, no: float, surer: bool) -> None:
    judged = await certainty(Saying(yes, no)).judged(found(0.5), EVIDENCE)

    assert (judged.confidence > 0.9) is surer
    assert (judged.confidence < 0.1) is not surer
    assert judged.tokens == Tokens(prompt=90, completion=1)


async def test_in_a_language_it_judges_badly_it_is_not_asked() -> None:
    says = Saying(-3.0, -0.1)

    judged = await certainty(says).judged(replace(found(0.5), language="zh"), EVIDENCE)

    assert (judged.confidence, says.asked) == (0.5, [])


def test_the_default_model_ships_with_what_its_judgement_is_worth() -> None:
    weights = load_model("e5-small+use-multilingual").judges[DEFAULT_GENERATOR]

    assert weights.doubts(0.5, "en")
    for worth in weights.by_language.values():
        assert worth.probability(0.5, 4.0) > worth.probability(0.5, -4.0) + 0.5


async def test_only_where_there_is_doubt_is_it_asked() -> None:
    says = Saying(-0.1, -3.0)

    sure = await certainty(says).judged(found(0.95), EVIDENCE)
    hopeless = await certainty(says).judged(found(0.1), EVIDENCE)

    assert (sure.confidence, hopeless.confidence, says.asked) == (0.95, 0.1, [])


@pytest.mark.parametrize("says", [Saying(), Saying(broken=True)], ids=["tells none", "broken"])
async def test_without_a_judgement_the_first_confidence_stays(says: Saying) -> None:
    judged = await certainty(says).judged(found(0.5), EVIDENCE)

    assert judged.confidence == 0.5


async def test_a_model_that_tells_no_chances_is_asked_once() -> None:
    says = Saying()
    judging = certainty(says)

    for _ in range(3):
        await judging.judged(found(0.5), EVIDENCE)

    assert len(says.asked) == 1


async def test_without_a_judge_nobody_is_in_doubt() -> None:
    alone = Certainty(EvidenceModel(bias=0.0, weights={}, least_confidence=0.5))

    assert not alone.doubts(found(0.5))
    assert await alone.judged(found(0.5), EVIDENCE) == found(0.5)


def test_it_reads_the_statements_after_their_heading_and_may_say_one_word() -> None:
    prompt = build("How many vacation days?", EVIDENCE, "en")

    assert prompt.turns[-1].text == (
        "Document: Annual leave: Staff receive ten vacation days. Unused days lapse in March.\n"
        "Question: How many vacation days?"
    )
    assert (prompt.max_tokens, prompt.choices) == (1, ("yes", "no"))
    assert [turn.text for turn in prompt.turns if turn.speaker == "assistant"] == ["yes", "no"]
