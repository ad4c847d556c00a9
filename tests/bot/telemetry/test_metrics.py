"""What steps tell becomes metrics."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from bot.telemetry.answers import ToldAnswerer
from bot.telemetry.metrics import Metrics
from bot.telemetry.steps import PARTS, TIMED
from knowledge.engines.limited import Limited
from knowledge.engines.told import Told
from knowledge.errors import EngineUnavailable
from knowledge.model import Answer, Draft, Outcome, Passage, Prompt, Question, Tokens, Turn
from knowledge.steps import Step, Steps
from tests.simulators.generator import ScriptedGenerator

QUESTION = Question(text="How many days?", language="en")
PROMPT = Prompt(turns=(Turn(speaker="user", text="…"),), max_tokens=8)


class Counted:
    """Metrics, and the steps that fill them."""

    def __init__(self, *moments: float) -> None:
        self.metrics = Metrics()
        at = iter(moments)
        clock = {"clock_s": lambda: next(at)} if moments else {}
        self.steps = Steps(self.metrics.hear, **clock)

    def value(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"deskmate_{name}", labels)


class TwoDrafts:
    """An answerer that says the same every time, and whether it was stopped."""

    def __init__(self, outcome: Outcome = Outcome.GROUNDED) -> None:
        self.closed = False
        self._outcome = outcome

    async def stream(self, question: Question) -> AsyncGenerator[Draft | Answer, None]:
        try:
            yield Draft(text="5")
            yield Draft(text="5 days")
            yield Answer(
                outcome=self._outcome,
                text="5 days",
                language=question.language,
                confidence=0.9,
                tokens=Tokens(prompt=100, completion=7),
            )
        finally:
            self.closed = True

    async def passage(self, passage_id: str, *, audience: frozenset[str]) -> Passage | None:
        return None


async def test_answers_are_counted_and_timed() -> None:
    counted = Counted(10.0, 10.5, 12.0)

    parts = [part async for part in ToldAnswerer(TwoDrafts(), counted.steps).stream(QUESTION)]

    assert len(parts) == 3
    assert counted.value("answers_total", outcome="grounded", language="en") == 1
    assert counted.value("first_words_seconds_sum") == 0.5
    assert counted.value("answer_seconds_sum") == 2.0


async def test_an_answer_that_is_not_known_counts_as_a_refusal_with_its_reason() -> None:
    counted = Counted()

    answerer = ToldAnswerer(TwoDrafts(Outcome.UNKNOWN), counted.steps)
    _ = [part async for part in answerer.stream(QUESTION)]

    assert counted.value("refusals_total", reason="nothing_found") == 1


async def test_stopping_the_answer_stops_the_one_inside_and_is_no_failure() -> None:
    counted, inner = Counted(), TwoDrafts()
    stream = ToldAnswerer(inner, counted.steps).stream(QUESTION)

    await anext(stream)
    await stream.aclose()

    assert inner.closed
    assert counted.value("step_seconds_count", step="answer") == 1
    assert counted.value("step_failures_total", step="answer", error="GeneratorExit") is None


async def test_passages_come_from_the_one_inside() -> None:
    assert (
        await ToldAnswerer(TwoDrafts(), Counted().steps).passage("p", audience=frozenset()) is None
    )


async def test_a_prompt_is_counted_with_its_wait_its_first_token_and_its_tokens() -> None:
    counted = Counted()
    generator = Limited(
        Told(ScriptedGenerator(["5", "5 days"]), counted.steps), steps=counted.steps
    )

    _ = [draft async for draft in generator.stream(PROMPT)]

    assert counted.value("model_wait_seconds_count") == 1
    assert counted.value("model_queue_position_bucket", le="0.0") == 1
    assert counted.value("model_first_token_seconds_count") == 1
    assert counted.value("model_seconds_count") == 1


async def test_a_prompt_that_breaks_is_counted_by_its_error() -> None:
    counted = Counted()
    generator = Told(ScriptedGenerator([EngineUnavailable("it is away")]), counted.steps)

    with pytest.raises(EngineUnavailable):
        _ = [draft async for draft in generator.stream(PROMPT)]

    assert counted.value("model_errors_total", error="EngineUnavailable") == 1
    assert counted.value("model_seconds_count") == 0


def test_cards_that_a_platform_refused_are_counted_by_its_word() -> None:
    counted = Counted()

    counted.steps.tell("send", platform="slack", code="not_in_channel")

    assert counted.value("channel_errors_total", platform="slack", code="not_in_channel") == 1


def test_the_words_of_a_platform_never_fill_the_registry() -> None:
    counted = Counted()

    for number in range(1_000):
        counted.steps.tell("send", platform="slack", code=f"error_{number}")
    counted.steps.tell("send", platform="slack", code="said somebody, 'how much does Bo earn?'")

    (family,) = [
        one for one in counted.metrics.registry.collect() if one.name == "deskmate_channel_errors"
    ]
    totals = [one for one in family.samples if one.name.endswith("_total")]
    assert len(totals) == 41
    assert counted.value("channel_errors_total", platform="slack", code="other") == 961


def test_events_are_counted_as_new_known_or_sent_back() -> None:
    counted = Counted()
    facts = {"platform": "slack", "kind": "InboundMessage"}

    counted.steps.tell("ack", **facts, new=1)
    counted.steps.tell("ack", **facts, new=0)
    counted.steps.hear(Step("ack", 0.0, 0.1, "IntakeFull", facts))

    assert counted.value("events_total", platform="slack", kind="InboundMessage") == 1
    assert counted.value("events_repeated_total", platform="slack") == 1
    assert counted.value("events_refused_total", platform="slack", error="IntakeFull") == 1
    assert counted.value("ack_seconds_count", platform="slack") == 2


def test_two_sets_of_metrics_do_not_share_a_registry() -> None:
    first, second = Counted(), Counted()

    first.steps.tell("refused", reason="late")

    assert first.value("refusals_total", reason="late") == 1
    assert second.value("refusals_total", reason="late") == 0


def test_what_is_running_is_said() -> None:
    (build,) = [one for one in Metrics().registry.collect() if one.name == "deskmate_build"]

    assert build.samples[0].labels.keys() == {"version", "python"}


def test_every_part_of_a_step_and_every_holder_is_a_timed_step() -> None:
    assert PARTS.keys() <= TIMED.keys()
    assert frozenset().union(*PARTS.values()) <= TIMED.keys()
