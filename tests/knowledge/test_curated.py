"""What a person verified is served to who asks the same, as it is at that moment."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
import pytest

from knowledge.confidence import Judgement
from knowledge.curated import Curated, CuratedFirst
from knowledge.model import (
    Answer,
    Citation,
    CuratedAnswer,
    CuratedRevision,
    Draft,
    Outcome,
    Passage,
    Prompt,
    Question,
    Tokens,
)
from knowledge.same_judge import SameJudge, SameJudgeWeights
from knowledge.sameness import Match, Reading, Stored, read

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PAYDAY = "When is payday?"
PAGE = Passage(
    id="pay#1", document_id="pay", title="Pay", uri="pay.md", language="en", text="On the 25th."
)
CITED = Citation(
    marker=1, passage_id="pay#1", document_id="pay", title="", uri="", quote="On the 25th."
)


@dataclass
class Changes:
    """A log of changes that tests write; `reads` counts how often it was read."""

    all: list[CuratedRevision] = field(default_factory=list)
    reads: int = 0

    async def mark(self) -> tuple[int, int]:
        return len(self.all), max((one.number for one in self.all), default=0)

    async def since(self, number: int) -> tuple[CuratedRevision, ...]:
        self.reads += 1
        return tuple(sorted((o for o in self.all if o.number > number), key=lambda o: o.number))

    def keep(self, answer: CuratedAnswer, *, number: int | None = None) -> None:
        self._add(answer.id, answer, number)

    def withdraw(self, answer_id: str) -> None:
        self._add(answer_id, None, None)

    def _add(self, name: str, answer: CuratedAnswer | None, number: int | None) -> None:
        number = number or len(self.all) + 1
        self.all.append(CuratedRevision(number=number, id=name, answer=answer, by="x", at=NOW))


@dataclass
class Documents:
    """Answers nothing, or what it is told; has one page until it is gone."""

    text: str = ""
    sure: float = 0.5
    pages: tuple[Passage, ...] = (PAGE,)
    asked: list[Question] = field(default_factory=list)

    async def stream(self, question: Question) -> AsyncGenerator[Draft | Answer, None]:
        self.asked.append(question)
        outcome = Outcome.GROUNDED if self.text else Outcome.UNKNOWN
        yield Answer(
            outcome=outcome,
            text=self.text,
            language="en",
            confidence=self.sure,
            standalone=question.text,
        )

    async def passage(self, passage_id: str, *, audience: frozenset[str]) -> Passage | None:
        return next((page for page in self.pages if page.id == passage_id), None)


class Overlap:
    """Takes two questions for as alike as their words are."""

    serve = 0.9
    join = 0.5

    async def read(self, question: str) -> Reading:
        return read(question, {"none": np.zeros(1, dtype=np.float32)})

    def best(self, asked: Reading, stored: Stored) -> Match | None:
        return next(iter(self.ranked(asked, stored)), None)

    def ranked(self, asked: Reading, stored: Stored) -> tuple[Match, ...]:
        rated = [
            Match(at=at, probability=len(one.words & asked.words) / len(one.words | asked.words))
            for at, one in enumerate(stored.readings)
        ]
        return tuple(sorted(rated, key=lambda match: -match.probability))


def verified(text: str = "The 25th.", *, name: str = "pay", **fields: object) -> CuratedAnswer:
    answer = CuratedAnswer(id=name, question=PAYDAY, text=text, language="en", verified_at=NOW)
    return replace(answer, **fields)  # type: ignore[arg-type]  # a test's own fields


async def answer_to(
    changes: Changes, text: str = PAYDAY, *, documents: Documents | None = None, names: str = ""
) -> Answer:
    documents = documents or Documents()
    first = CuratedFirst(Curated(changes, likeness=Overlap(), sources=documents), documents)
    audience = frozenset({"everyone", *names.split()})
    question = Question(text=text, language="en", audience=audience)
    (answer,) = [said async for said in first.stream(question)]
    assert isinstance(answer, Answer)
    return answer


async def test_the_same_question_gets_the_verified_answer_without_a_search() -> None:
    changes, documents = Changes(), Documents(text="Maybe the 26th.")
    changes.keep(verified())

    answer = await answer_to(changes, "when is PAYDAY", documents=documents)

    assert (answer.outcome, answer.text) == (Outcome.CURATED, "The 25th.")
    assert answer.curated == verified()
    assert not answer.similar
    assert (answer.tokens.prompt, answer.tokens.completion) == (0, 0)
    assert documents.asked == []


async def test_any_of_its_wordings_finds_it() -> None:
    changes = Changes()
    changes.keep(verified(wordings=("Which day do salaries arrive?",)))

    answer = await answer_to(changes, "Which day do salaries arrive")

    assert answer.text == "The 25th."


async def test_a_wording_that_askers_confirmed_finds_it_too() -> None:
    changes = Changes()
    changes.keep(verified(learnt=("Which day do salaries arrive?",)))

    answer = await answer_to(changes, "Which day do salaries arrive")

    assert (answer.text, answer.similar) == ("The 25th.", False)


async def test_a_barred_wording_gets_the_next_best_answer_or_none() -> None:
    changes = Changes()
    question = "When is payday in Berlin this year?"
    changes.keep(verified(question=question, barred=("When is payday in Berlin?",)))

    assert (await answer_to(changes, "when is  PAYDAY in Berlin")).outcome is Outcome.UNKNOWN
    assert (await answer_to(changes, question)).outcome is Outcome.CURATED

    changes.keep(verified("The 24th.", name="berlin", question="When is payday, Berlin folks?"))
    assert (await answer_to(changes, "When is payday in Berlin?")).text == "The 24th."


async def test_a_similar_question_gets_it_where_nothing_better_is_known() -> None:
    changes = Changes()
    changes.keep(verified(question="When is payday in Berlin this year?"))
    text = "When is payday in Berlin?"
    surer, less_sure = Documents(text="The 26th.", sure=0.9), Documents(text="The 26th.", sure=0.5)

    instead = await answer_to(changes, text)
    by_documents = await answer_to(changes, text, documents=surer)
    by_person = await answer_to(changes, text, documents=less_sure)

    assert (instead.outcome, instead.similar) == (Outcome.CURATED, True)
    assert instead.confidence == pytest.approx(2 / 3)
    assert (by_documents.outcome, by_documents.text) == (Outcome.GROUNDED, "The 26th.")
    assert (by_person.outcome, by_person.text) == (Outcome.CURATED, "The 25th.")


async def test_what_is_hardly_like_it_is_offered_and_not_given() -> None:
    changes = Changes()
    changes.keep(verified(question="When is payday in Berlin this year?"))

    answer = await answer_to(changes, "When is payday?")

    assert (answer.outcome, answer.text) == (Outcome.UNKNOWN, "")
    assert [one.text for one in answer.offered] == ["The 25th."]


async def test_of_two_that_are_nearly_as_likely_both_are_offered_and_none_is_given() -> None:
    changes = Changes()
    changes.keep(verified("The 25th.", name="a", question="When is payday in Berlin this year?"))
    changes.keep(verified("The 26th.", name="b", question="When is payday in Berlin this month?"))
    changes.keep(verified("The 27th.", name="c", question="When is payday in Berlin this week?"))
    text = "When is payday in Berlin?"

    unsure = await answer_to(changes, text)
    known = await answer_to(changes, text, documents=Documents(text="The 28th.", sure=0.5))

    assert unsure.outcome is Outcome.UNKNOWN
    assert [one.text for one in unsure.offered] == ["The 25th.", "The 26th."]
    assert (known.outcome, known.text, known.offered) == (Outcome.GROUNDED, "The 28th.", ())


async def test_an_answer_that_is_well_ahead_of_the_next_is_given() -> None:
    changes = Changes()
    changes.keep(verified("The 25th.", name="a", question="When is payday in Berlin city centre?"))
    changes.keep(verified("The 26th.", name="b", question="When is payday in Berlin this year?"))

    answer = await answer_to(changes, "When is payday in Berlin city?")

    assert (answer.outcome, answer.text) == (Outcome.CURATED, "The 25th.")


async def test_two_wordings_of_one_answer_do_not_compete() -> None:
    changes = Changes()
    first, second = "When is payday in Berlin this year?", "When is payday in Berlin this month?"
    changes.keep(verified(question=first, wordings=(second,)))

    answer = await answer_to(changes, "When is payday in Berlin?")

    assert (answer.outcome, answer.similar) == (Outcome.CURATED, True)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("The 25th.", "When is payday in Berlin this month?"),
        ("It is the 25th.", "When is this payday in Berlin every year?"),
    ],
)
async def test_two_answers_that_say_the_same_or_answer_the_same_do_not_compete(
    text: str, question: str
) -> None:
    changes = Changes()
    changes.keep(verified(name="a", question="When is payday in Berlin this year?"))
    changes.keep(verified(text, name="b", question=question))

    answer = await answer_to(changes, "When is payday in Berlin?")

    assert (answer.outcome, answer.text) == (Outcome.CURATED, "The 25th.")


async def test_an_answer_whose_source_is_gone_makes_room_for_the_next() -> None:
    changes, documents = Changes(), Documents(pages=())
    gone = verified(name="a", question="When is payday in Berlin this year?", citations=(CITED,))
    changes.keep(gone)
    changes.keep(verified("The 26th.", name="b", question="When is payday in Berlin this month?"))

    answer = await answer_to(changes, "When is payday in Berlin?", documents=documents)

    assert (answer.outcome, answer.text) == (Outcome.CURATED, "The 26th.")


async def test_another_question_gets_what_the_documents_say() -> None:
    changes = Changes()
    changes.keep(verified())

    answer = await answer_to(changes, "Where is the gym?")

    assert answer.outcome is Outcome.UNKNOWN


async def test_each_question_sees_the_latest_change() -> None:
    changes, documents = Changes(), Documents()
    curated = Curated(changes, likeness=Overlap(), sources=documents)
    question = Question(text=PAYDAY, language="en")
    told: list[str] = []

    async def ask() -> None:
        matches = await curated.find(question)
        told.append(matches[0].answer.text if matches else "")

    await ask()
    for change in ("The 25th.", "The 26th."):
        changes.keep(verified(change))
        await ask()
    changes.withdraw("pay")
    await ask()
    changes.keep(verified("The 27th."))
    await ask()
    await ask()

    assert told == ["", "The 25th.", "The 26th.", "", "The 27th.", "The 27th."]
    assert changes.reads == 4


async def test_a_change_that_became_visible_late_is_not_missed() -> None:
    changes = Changes()
    curated = Curated(changes, likeness=Overlap(), sources=Documents())
    question = Question(text=PAYDAY, language="en")
    changes.keep(verified("Else.", name="other", question="Where is the gym?"), number=2)
    await curated.find(question)

    changes.keep(verified("The 25th."), number=1)

    (match,) = await curated.find(question)
    assert match.answer.text == "The 25th."


async def test_only_its_audience_is_served() -> None:
    changes = Changes()
    changes.keep(verified("Secret.", name="a", audience=frozenset({"managers"})))
    changes.keep(verified("For all.", name="b"))

    assert (await answer_to(changes)).text == "For all."
    assert (await answer_to(changes, names="managers")).text in ("Secret.", "For all.")


async def test_it_is_not_served_once_a_source_no_longer_says_so() -> None:
    changes = Changes()
    changes.keep(verified("The 25th. [1]", citations=(CITED,)))
    changed = replace(PAGE, text="On the 26th.")

    assert (await answer_to(changes)).outcome is Outcome.CURATED
    for pages in ((), (changed,)):
        answer = await answer_to(changes, documents=Documents(pages=pages))
        assert answer.outcome is Outcome.UNKNOWN


class Reader:
    """A language model that says how much likelier "yes" is than "no"."""

    name = "reader"

    def __init__(self, odds: float) -> None:
        self.odds = odds
        self.asked: list[Prompt] = []

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Draft, None]:
        self.asked.append(prompt)
        tokens = Tokens(prompt=90, completion=1)
        yield Draft(text="", tokens=tokens, chances=(self.odds, 0.0))

    async def ping(self) -> None: ...

    async def close(self) -> None: ...


async def looked_at_again(odds: float, text: str, *stored: str) -> tuple[Answer, int]:
    changes, documents, reader = Changes(), Documents(), Reader(odds)
    for name in stored:
        changes.keep(verified(f"To: {name}", name=name, question=name))
    worth = Judgement(bias=0.0, confidence=1.0, odds=1.0)
    weights = SameJudgeWeights(between=(0.15, 0.85), by_pair={"en": worth})
    judge = SameJudge(reader, weights, serve=0.9)
    curated = Curated(changes, likeness=Overlap(), sources=documents)
    first = CuratedFirst(curated, documents, judge=judge)
    question = Question(text=text, language="en", audience=frozenset({"everyone"}))
    (answer,) = [said async for said in first.stream(question)]
    assert isinstance(answer, Answer)
    return answer, len(reader.asked)


async def test_in_doubt_the_model_can_make_it_sure_or_likely_or_take_it_away() -> None:
    asked, stored = "When is payday?", "When is payday in Berlin?"

    sure, calls = await looked_at_again(4.0, asked, stored)
    likely, _ = await looked_at_again(1.0, asked, stored)
    unlikely, _ = await looked_at_again(-4.0, asked, stored)

    assert calls == 1
    assert (sure.outcome, sure.similar, sure.tokens.prompt) == (Outcome.CURATED, False, 90)
    assert (likely.outcome, likely.similar) == (Outcome.CURATED, True)
    assert (unlikely.outcome, unlikely.offered) == (Outcome.UNKNOWN, ())


async def test_the_model_reads_the_next_one_only_where_the_likeliest_falls_behind_it() -> None:
    first, second = "When is payday in Berlin?", "When is the payday team party?"

    behind, twice = await looked_at_again(-4.0, "When is payday?", first, second)
    ahead, once = await looked_at_again(1.0, "When is payday?", first, second)

    assert (behind.offered, twice) == ((), 2)
    assert (ahead.text, once) == (f"To: {first}", 1)


async def test_the_model_is_not_asked_where_the_documents_surely_say_more() -> None:
    changes, reader = Changes(), Reader(4.0)
    changes.keep(verified(question="When is payday in Berlin?"))
    documents = Documents(text="The 26th.", sure=0.9)
    worth = Judgement(bias=0.0, confidence=1.0, odds=1.0)
    weights = SameJudgeWeights(between=(0.15, 0.85), by_pair={"en": worth})
    curated = Curated(changes, likeness=Overlap(), sources=documents)
    first = CuratedFirst(curated, documents, judge=SameJudge(reader, weights, serve=0.9))

    (answer,) = [said async for said in first.stream(Question(text=PAYDAY, language="en"))]

    assert isinstance(answer, Answer)
    assert (answer.text, reader.asked) == ("The 26th.", [])


async def test_the_model_is_not_asked_what_is_sure_or_hardly_like_it() -> None:
    for text in ("When is payday in Berlin", "Where is the gym?"):
        _, calls = await looked_at_again(4.0, text, "When is payday in Berlin?")
        assert calls == 0


async def test_what_is_for_others_costs_a_reader_nothing() -> None:
    class Counting(Overlap):
        asked = 0

        async def read(self, question: str) -> Reading:
            self.asked += 1
            return await super().read(question)

    changes, reader = Changes(), Counting()
    changes.keep(verified(audience=frozenset({"board"}), barred=(PAYDAY,)))
    curated = Curated(changes, likeness=reader, sources=Documents())
    question = Question(text=PAYDAY, language="en")
    await curated.find(question)
    read_once = reader.asked

    found = await curated.find(question)

    assert found == ()
    assert reader.asked == read_once
