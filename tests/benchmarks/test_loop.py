"""The simulation of the knowledge loop: that it climbs, and that it tells when it does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from bot.core.ports import Knowledge
from knowledge.labelled import Labelled
from knowledge.model import Answer, Question
from knowledge.sameness import Match, Reading, Stored
from tests.benchmarks.loop import broken, row, simulate
from tests.benchmarks.loop_rounds import Habits, Round
from tests.benchmarks.loop_topics import Study, Topic, studies
from tests.fakes_core import PASSAGE, SameWords, ScriptedAnswerer, grounded, knowing, unknown

pytestmark = pytest.mark.asyncio(loop_scope="module")

KNOWN = "printer"
EAGER = Habits(wants_person=1.0)


class AllTheSame(SameWords):
    """Takes every question for the first one it knows."""

    def ranked(self, asked: Reading, stored: Stored) -> tuple[Match, ...]:
        return (Match(at=0, probability=0.99),) if stored.readings else ()


def topic(thing: str) -> Topic:
    worded = [
        Labelled(
            id=f"{thing}/{number}",
            text=text.format(thing),
            gold_document_ids=frozenset({PASSAGE.document_id if thing == KNOWN else thing}),
        )
        for number, text in enumerate(
            ("Where is the {}?", "Hi, where is the {}?", "where is the {} please", "the {}?")
        )
    ]
    return Topic(
        name=thing, asked=tuple(worded[:2]), held=tuple(worded[2:]), answer=f"The {thing} is here."
    )


def study_in(folder: Path) -> Study:
    return Study(
        name="small",
        corpus=folder,
        topics=tuple(topic(thing) for thing in ("gym", "canteen", KNOWN, "sauna")),
        others=(Labelled(id="pool", text="Where is the pool?", gold_document_ids=frozenset("p")),),
        alike=("When does the gym open?",),
    )


async def rounds_of(
    folder: Path, likeness: SameWords, *, rounds: int = 2, habits: Habits = EAGER
) -> list[Round]:
    def script(question: Question) -> tuple[Answer]:
        knows = KNOWN in question.text
        return (grounded(question) if knows else unknown(question),)

    knowledge = Knowledge(
        answerer=knowing(ScriptedAnswerer(script=script)).answerer, likeness=likeness
    )
    found = simulate(study_in(folder), knowledge, rounds=rounds, seed=1, habits=habits)
    return [one async for one in found]


def untimed(rounds: Sequence[Round]) -> list[Round]:
    """As on a machine that is fast enough."""
    return [replace(one, next_asker_s=(), p95_ms=0.0) for one in rounds]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rounds(tmp_path_factory: pytest.TempPathFactory) -> list[Round]:
    """Of a bot that tells the same question from another one."""
    return await rounds_of(tmp_path_factory.mktemp("small"), SameWords())


async def test_every_round_answers_more_and_changes_nothing_else(rounds: list[Round]) -> None:
    assert [one.held.correct for one in rounds] == [2, 4, 8]
    assert [one.held.wrong for one in rounds] == [0, 0, 0]
    assert [one.others.refused for one in rounds] == [1, 0, 1]  # asked first and last
    assert not any(one.altered or one.strayed for one in rounds)
    assert broken(untimed(rounds)) == []


async def test_what_is_taught_is_there_for_the_next_asker_and_costs_no_tokens(
    rounds: list[Round],
) -> None:
    assert all(one.next_asker_s for one in rounds[1:])
    assert rounds[-1].again.correct == rounds[-1].again.asked == 6
    assert rounds[-1].served == 12
    assert rounds[-1].tokens == 0
    assert 0 < rounds[-1].p50_ms <= rounds[-1].p95_ms


async def test_verified_answers_to_other_questions_are_told(tmp_path: Path) -> None:
    rounds = await rounds_of(tmp_path, AllTheSame(), rounds=1)

    strayed = {one.text for one in rounds[-1].strayed}
    assert strayed >= {"Where is the pool?", "When does the gym open?"}
    assert any("more wrongly than round 0" in sentence for sentence in broken(rounds))


async def test_where_nobody_asks_a_person_nothing_is_learnt(tmp_path: Path) -> None:
    rounds = await rounds_of(tmp_path, SameWords(), rounds=1, habits=Habits(wants_person=0.0))

    assert rounds[-1].answered == 0
    assert "round 1 answers no more than the one before" in broken(rounds)


async def test_a_round_is_a_line_of_the_table(rounds: list[Round]) -> None:
    assert row(rounds[0]).startswith("| 0 | 0, 0 | 25.0 | 75.0 | 0.0 |")


def halves(found: Sequence[Study]) -> Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    return {
        topic.name: (
            tuple(one.text for one in topic.asked),
            tuple(one.text for one in topic.held),
        )
        for study in found
        for topic in study.topics
    }


async def test_half_of_the_wordings_measure_and_are_never_asked() -> None:
    found = halves(list(studies(1)))

    assert len(found) >= 90
    assert all(asked and held and not set(asked) & set(held) for asked, held in found.values())


@pytest.mark.parametrize(("seed", "same"), [(1, True), (2, False)])
async def test_the_seed_decides_which_half(seed: int, same: bool) -> None:
    assert (halves(list(studies(1))) == halves(list(studies(seed)))) is same
