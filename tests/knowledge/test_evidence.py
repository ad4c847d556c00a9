"""Which statements are the evidence?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from knowledge.evidence import Evidence, closest, weigh
from knowledge.model import Hit, Passage
from knowledge.words import content_words, coverage


def hit(text: str, *, position: int = 0, e5: float = 0.9, use: float = 0.6) -> Hit:
    passage = Passage(
        id=f"leave#{position}",
        document_id="leave",
        title="Annual leave",
        uri="leave.md",
        language="en",
        text=text,
        position=position,
    )
    return Hit(passage=passage, score=1.0, signals={"e5": e5, "use": use})


async def shared_words(question: str, texts: Sequence[str]) -> list[float]:
    """A similarity that a test can predict: the share of the question's words."""
    return [coverage(content_words(question), content_words(text)) for text in texts]


async def weighed(question: str, *hits: Hit) -> tuple[Evidence, ...]:
    return await weigh(question, hits, shared_words)


LEAVE = hit("Staff receive ten vacation days. The office has plants. Unused days lapse in March.")
PLANTS = hit("The office has plants and a kitchen.", position=1, e5=0.7, use=0.1)


async def test_without_hits_there_is_no_evidence() -> None:
    assert await weighed("How many vacation days?") == ()


async def test_the_statement_that_fits_the_question_comes_first() -> None:
    found = await weighed("How many vacation days do staff receive?", LEAVE, PLANTS)

    assert found[0].statement.quote == "Staff receive ten vacation days."


async def test_a_question_for_an_amount_prefers_statements_with_one() -> None:
    vague = hit("Vacation days are great. Vacation days are 10.")

    found = await weighed("how many vacation days", vague)

    assert found[0].statement.quote == "Vacation days are 10."


@pytest.mark.parametrize(
    ("ahead", "first"), [(0.0, "Visiting guests park bicycles."), (40.0, "Guests park bicycles.")]
)
async def test_a_passage_far_ahead_of_the_others_keeps_its_lead(ahead: float, first: str) -> None:
    leading = replace(hit("Guests park bicycles."), score=ahead)
    fuller = replace(hit("Visiting guests park bicycles.", position=1), score=0.0)

    found = await weighed("Where do visiting guests park bicycles?", leading, fuller)

    assert found[0].statement.quote == first


async def test_an_amount_of_the_unit_asked_for_is_preferred() -> None:
    units = hit("Vacation days need 2 forms. Vacation is 12 days.")

    found = await weighed("how many vacation days", units)

    assert found[0].statement.quote == "Vacation is 12 days."


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (
            "年假有几天？",
            "休年假要提前 2 个工作日申请。\n\n下表为每年的天数。\n\n"
            "| 司龄 | 国内 |\n|---|---|\n| 年假第一年 | 10 |",
        ),
        (
            "How many days of vacation?",
            "Vacation is planned 2 days before.\n\n"
            "| Vacation | Days |\n|---|---|\n| first year | 10 |",
        ),
    ],
)
async def test_a_table_of_what_is_asked_for_is_preferred(question: str, text: str) -> None:
    found = await weighed(question, hit(text))

    assert found[0].statement.quote.endswith("| 10 |")


async def test_an_amount_is_found_among_many_statements_with_the_same_words() -> None:
    many = hit(" ".join(f"Vacation rule {'x' * n} is kind." for n in range(1, 20)))
    amount = hit("Vacation is 12 days.", position=1)

    found = await weighed("how many days of vacation", many, amount)

    assert "Vacation is 12 days." in [item.statement.quote for item in found]


async def test_what_two_passages_say_alike_is_evidence_once() -> None:
    again = hit("Staff receive ten vacation days.", position=2)

    found = await weighed("vacation days of staff", LEAVE, again)

    quotes = [item.statement.quote for item in found]
    assert quotes.count("Staff receive ten vacation days.") == 1


async def test_the_same_hits_give_the_same_evidence() -> None:
    first = await weighed("vacation days", LEAVE, PLANTS)
    second = await weighed("vacation days", LEAVE, PLANTS)

    assert first == second


def test_the_closest_statements_come_one_from_a_document() -> None:
    travel = replace(PLANTS.passage, document_id="travel", text="Vacation trips are not paid.")

    found = closest("unused vacation days", [LEAVE, PLANTS, Hit(passage=travel, score=0.5)])

    assert [(item.passage.document_id, item.statement.quote) for item in found] == [
        ("leave", "Unused days lapse in March."),
        ("travel", "Vacation trips are not paid."),
    ]


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        (
            "Where do trains from Harbour Station go?",
            "Harbour Station lies in the north. Harbour Station has 9 tracks. "
            "All trains end at the coast.",
            "All trains end at the coast.",
        ),
        (
            "集双高速的起点是哪里？",
            "集双高速编号为 G11。集双高速共 9 段。起点在集安口岸，途经通化。",
            "起点在集安口岸，途经通化。",
        ),
    ],
)
async def test_what_a_page_is_about_need_not_be_said_again(
    question: str, text: str, answer: str
) -> None:
    found = await weighed(question, hit(text))

    assert found[0].statement.quote == answer


async def test_the_question_is_also_asked_without_what_only_the_first_statement_names() -> None:
    asked: list[str] = []

    async def noting(question: str, texts: Sequence[str]) -> list[float]:
        asked.append(question)
        return [0.0] * len(texts)

    await weigh("Do unused vacation days lapse?", [LEAVE], noting)
    await weigh("May I carry over annual leave?", [LEAVE], noting)

    assert asked == [
        "Do unused vacation days lapse?",
        "do unused lapse?",
        "May I carry over annual leave?",
    ]


async def likes_rows(_question: str, texts: Sequence[str]) -> list[float]:
    """A second embedder that a test can predict: it takes rows of tables for the nearest."""
    return [float("; " in text) for text in texts]


PROBATION = hit(
    "| Office | Length |\n|---|---|\n| Berlin | 6 months |\n\nInterns have no probation at all."
)


async def test_a_second_embedder_puts_the_first_few_in_order() -> None:
    asked = "How long is probation?"
    without = await weighed(asked, PROBATION)
    closely = await weigh(asked, [PROBATION], shared_words, closely=likes_rows)

    assert without[0].statement.quote == "Interns have no probation at all."
    assert closely[0].statement.quote == "| Berlin | 6 months |"
    assert {one.statement.quote for one in closely} == {one.statement.quote for one in without}


async def test_it_looks_at_few_and_reads_them_with_their_pages_title() -> None:
    seen: list[str] = []

    async def noting(_question: str, texts: Sequence[str]) -> list[float]:
        seen.extend(texts)
        return [0.0] * len(texts)

    many = hit(" ".join(f"Vacation rule {'x' * n} is kind." for n in range(1, 20)))
    found = await weigh("vacation", [many], shared_words, closely=noting)

    assert len(seen) == 4 < len(found)
    assert all(text.startswith(many.passage.title) for text in seen)


async def test_where_an_amount_is_asked_for_a_row_of_a_table_is_preferred() -> None:
    table = "| Probation | Length |\n|---|---|\n| it is | 3 months |"
    said = hit(f"Probation: it is extended by 3 months.\n\n{table}")

    asked = await weighed("how long is probation", said)
    other = await weighed("who extends probation", said)

    assert asked[0].statement.quote == "| it is | 3 months |"
    assert other[0].statement.quote == "Probation: it is extended by 3 months."
