"""Questions that documents answer in so many words, and those a model asks about them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace

import pytest

from knowledge.mining.documents import DocumentMiner, standing
from knowledge.model import Answer, Citation, Draft, Outcome, Passage, Question
from tests.knowledge.mining.test_threads import Writer

PAGE = Passage(
    id="gym#1",
    document_id="gym",
    title="Gym",
    uri="gym.md",
    language="en",
    heading_path=("Where do I find the gym?",),
    text="The gym is on the third floor of the main building.",
)


def pairs(*passages: Passage) -> list[tuple[str, str]]:
    return [(mined.question, mined.text) for mined in standing(passages)]


@pytest.mark.parametrize(
    "heading",
    ["Where do I find the gym?", "**Q: Where do I find the gym?**", "2.1 Where do I find the gym?"],
)
def test_a_heading_that_asks_is_answered_by_what_stands_under_it(heading: str) -> None:
    (mined,) = standing([replace(PAGE, heading_path=("Sports", heading))])

    assert (mined.question, mined.text) == ("Where do I find the gym?", PAGE.text)
    (citation,) = mined.citations
    assert (citation.passage_id, citation.quote) == (PAGE.id, PAGE.text)


@pytest.mark.parametrize("heading", ["Opening hours", "Who can have one?", "Where is it?", "?"])
def test_a_heading_that_asks_nothing_or_leans_on_others_is_no_question(heading: str) -> None:
    assert pairs(replace(PAGE, heading_path=(heading,))) == []


def test_a_chinese_heading_asks_without_a_question_mark_too() -> None:
    page = replace(
        PAGE, heading_path=("如何报销差旅费",), text="在系统里提交发票，主管批准后付款。"
    )

    assert pairs(page) == [("如何报销差旅费", page.text)]


def test_a_section_in_pieces_is_one_answer_and_a_long_one_is_none() -> None:
    pieces = [replace(PAGE, id=f"gym#{n}", text=f"The gym has part {n}.") for n in range(3)]
    long = replace(PAGE, text="The gym is large. " * 300)

    (mined,) = standing(pieces)
    assert mined.text == "The gym has part 0.\n\nThe gym has part 1.\n\nThe gym has part 2."
    assert len(mined.citations) == 3
    assert pairs(long) == []
    assert pairs(*pieces, replace(PAGE, id="gym#9")) == []


def test_pairs_with_labels_are_read_out_of_a_text() -> None:
    text = (
        "Some words first.\n\n**Q1: Where is the gym?**\n\nA: On the third floor.\nTurn left.\n\n"
        "Q: And the pool?\nA: See\n\n问：健身房几点开门？\n答：早上六点开门，晚上十点关门。"
    )
    found = list(standing([replace(PAGE, heading_path=(), text=text)]))

    assert [(mined.question, mined.text) for mined in found] == [
        ("Where is the gym?", "On the third floor.\nTurn left."),
        ("健身房几点开门？", "早上六点开门，晚上十点关门。"),
    ]
    assert all(mined.citations[0].quote in text for mined in found)


# ── with a model ──────────────────────────────────────────────────────────────────────────────


@dataclass
class Documents:
    """Answers every question from one passage."""

    outcome: Outcome = Outcome.GROUNDED
    passage_id: str = PAGE.id
    asked: list[Question] = field(default_factory=list)

    async def stream(self, question: Question) -> AsyncGenerator[Draft | Answer, None]:
        self.asked.append(question)
        citation = Citation(
            marker=1, passage_id=self.passage_id, document_id="gym", title="", uri="", quote="x"
        )
        yield Draft(text="On")
        yield Answer(
            outcome=self.outcome,
            text="On the third floor. [1]",
            language=question.language,
            confidence=0.9,
            citations=(citation,),
        )

    async def passage(self, passage_id: str, *, audience: frozenset[str]) -> Passage | None:
        return None


async def test_a_question_of_a_model_counts_where_the_passage_answers_it() -> None:
    documents = Documents()
    secret = replace(PAGE, audience=frozenset({"staff"}))

    mined = await DocumentMiner(
        answerer=documents, generator=Writer('"Where is the gym?"\nmore')
    ).mine(secret)

    assert mined is not None
    assert (mined.question, mined.text) == ("Where is the gym?", "On the third floor. [1]")
    assert documents.asked[0].audience == {"everyone", "staff"}


@pytest.mark.parametrize(
    "documents",
    [
        Documents(passage_id="pool#1"),
        Documents(outcome=Outcome.UNKNOWN),
        Documents(outcome=Outcome.DEGRADED),
    ],
)
async def test_what_the_search_does_not_find_there_is_no_question_to_it(
    documents: Documents,
) -> None:
    miner = DocumentMiner(answerer=documents, generator=Writer("Where is the gym?"))

    assert await miner.mine(PAGE) is None


@pytest.mark.parametrize("said", ["The gym is here.", "健身房在哪里？", "Where " * 80 + "?"])
async def test_what_is_no_question_in_the_passages_language_is_not_asked(said: str) -> None:
    documents = Documents()

    assert await DocumentMiner(answerer=documents, generator=Writer(said)).mine(PAGE) is None
    assert documents.asked == []


async def test_a_passage_that_says_next_to_nothing_is_not_asked_about() -> None:
    model = Writer("Where is the gym?")
    page = replace(PAGE, text="See above.")

    assert await DocumentMiner(answerer=Documents(), generator=model).mine(page) is None
    assert model.read == []
