"""What the model reads."""

from __future__ import annotations

from knowledge.evidence import Evidence
from knowledge.model import Passage
from knowledge.prompt import READ_TOKENS, STATEMENTS_READ, beginning, build, reading_order, to_read
from knowledge.split import count_tokens
from knowledge.statements import Statement

TEXT = "First sentence. Second sentence. Third sentence."


def evidence(quote: str, *, page: str = "leave", score: float = 1.0) -> Evidence:
    passage = Passage(
        id=f"{page}#0",
        document_id=page,
        title=page.title(),
        uri=f"{page}.md",
        language="en",
        text=TEXT,
        heading_path=("Annual",),
    )
    return Evidence(statement=Statement(text=quote, quote=quote), passage=passage, score=score)


def test_statements_of_a_page_are_read_in_page_order() -> None:
    found = reading_order([evidence("Third sentence."), evidence("First sentence.")])

    assert [e.statement.text for e in found] == ["First sentence.", "Third sentence."]


def test_the_page_of_the_best_statement_is_read_first() -> None:
    found = reading_order(
        [
            evidence("Third sentence.", page="travel"),
            evidence("Second sentence."),
            evidence("First sentence.", page="travel"),
        ]
    )

    assert [e.passage.document_id for e in found] == ["travel", "travel", "leave"]


def test_only_a_few_statements_are_read() -> None:
    many = [evidence(f"Sentence {n}.") for n in range(20)]

    assert to_read(many) == tuple(many[:STATEMENTS_READ])


def test_long_statements_are_read_while_they_fit_the_budget() -> None:
    long = [evidence(f"{n} " + "word " * 30) for n in range(5)]

    read = to_read(long)

    assert 2 <= len(read) < 5
    assert sum(count_tokens(item.statement.text) for item in read) <= READ_TOKENS


def test_two_statements_are_read_however_long_they_are() -> None:
    endless = [evidence(f"{n} " + "word " * 300) for n in range(3)]

    assert len(to_read(endless)) == 2


def test_statements_of_one_passage_share_a_line_with_its_heading() -> None:
    prompt = build("q", [evidence("First sentence."), evidence("Third sentence.")], "en")

    assert "Leave › Annual: First sentence. Third sentence." in prompt.turns[-1].text


def test_every_prompt_of_a_language_starts_alike() -> None:
    first = build("年假几天", [evidence("First sentence.")], "zh")
    second = build("病假几天", [evidence("Second sentence.")], "zh")

    assert first.turns[:-1] == second.turns[:-1] == beginning("zh")


def test_the_question_stands_last_and_in_its_own_language() -> None:
    assert (
        build("年假几天", [evidence("First sentence.")], "zh")
        .turns[-1]
        .text.endswith("问题：年假几天")
    )
    assert (
        build("How long?", [evidence("First sentence.")], "en")
        .turns[-1]
        .text.endswith("Question: How long?")
    )


def test_an_endless_statement_is_cut() -> None:
    prompt = build("q", [evidence("x" * 10_000)], "en")

    assert len(prompt.turns[-1].text) < 1_000


def test_rows_of_a_table_do_not_run_into_what_follows_them() -> None:
    rows = [evidence("工作日: 150%"), evidence("休息日: 200%"), evidence("L7 以上没有加班费。")]

    (said,) = [
        line for line in build("q", rows, "zh").turns[-1].text.splitlines() if "150%" in line
    ]

    assert "工作日: 150%；休息日: 200%；L7" in said


def test_english_rows_end_too() -> None:
    rows = [evidence("Office: China; Days: 5"), evidence("Office: Berlin; Days: all")]

    assert "Days: 5; Office: Berlin; Days: all" in build("q", rows, "en").turns[-1].text
