"""Each sentence of an answer says where it stands."""

from __future__ import annotations

from knowledge.citations import cite, quote, support
from knowledge.evidence import Evidence
from knowledge.model import Passage
from knowledge.statements import Statement


def evidence(text: str, *, position: int = 0) -> Evidence:
    passage = Passage(
        id=f"leave#{position}",
        document_id="leave",
        title="Leave",
        uri="leave.md",
        language="en",
        text=text,
        heading_path=("Annual leave",),
        page=3,
        position=position,
    )
    return Evidence(statement=Statement(text=text, quote=text), passage=passage, score=1.0)


DAYS = evidence("Employees receive 5 paid vacation days a year.")
CARRY = evidence("Unused days may be carried over until March 31.", position=1)


def test_each_sentence_gets_the_marker_of_the_statement_it_stands_on() -> None:
    text, citations = cite("Unused days carry over until March 31. You get 5 days.", [DAYS, CARRY])

    assert text == "Unused days carry over until March 31 [1]. You get 5 days [2]."
    assert [c.passage_id for c in citations] == ["leave#1", "leave#0"]


def test_two_sentences_on_one_statement_share_a_marker() -> None:
    text, citations = cite("You get 5 days. The 5 days are paid.", [DAYS, CARRY])

    assert text == "You get 5 days [1]. The 5 days are paid [1]."
    assert len(citations) == 1


def test_chinese_sentences_take_their_marker_without_a_space() -> None:
    days = evidence("员工每年享受5天年假。")

    text, _ = cite("每年5天年假。新员工也一样。", [days])

    assert text == "每年5天年假[1]。新员工也一样[1]。"


def test_markers_the_model_invented_are_replaced() -> None:
    text, _ = cite("You get 5 days [7].", [DAYS])

    assert text == "You get 5 days [1]."


def test_a_citation_names_the_place_and_the_exact_words() -> None:
    _, (citation,) = cite("You get 5 days.", [DAYS])

    assert citation.quote == "Employees receive 5 paid vacation days a year."
    assert (citation.title, citation.heading_path, citation.page) == ("Leave", ("Annual leave",), 3)


def test_quoting_lists_the_statements_as_the_answer() -> None:
    single, _ = quote([DAYS])
    several, citations = quote([DAYS, CARRY])

    assert single == "Employees receive 5 paid vacation days a year [1]."
    assert several == (
        "- Employees receive 5 paid vacation days a year [1].\n"
        "- Unused days may be carried over until March 31 [2]."
    )
    assert [c.marker for c in citations] == [1, 2]


def test_a_shared_number_outweighs_shared_words() -> None:
    words = evidence("Vacation days are granted to employees who receive a salary each year.")

    assert support("Employees receive 5 vacation days a year.", [words, DAYS]) is DAYS


def test_without_anything_shared_the_best_evidence_is_the_support() -> None:
    assert support("每年有年假。", [CARRY, DAYS]) is CARRY


def test_lines_of_a_list_keep_their_lines() -> None:
    text, _ = cite("- 5 days\n- until March 31", [DAYS, CARRY])

    assert text == "- 5 days [1]\n- until March 31 [2]"
