"""A number of a row holds for that row; an answer that leaves the row out says too much."""

from __future__ import annotations

import pytest

from knowledge.check import doubts

LONG_SERVICE = (
    "Annual leave Entitlement\n"
    "Year of service: from the 10th year on; China: 18; Singapore: 21; Berlin: 30"
)
SECOND_YEAR = "年假 天数\n在公司的年份: 第 2 至第 4 年; 国内: 12; 新加坡: 16; 柏林: 28"
NOTICE = "Leave Applying\nLength: more than 5 days; Apply at least: 15 workdays before"
CARDS = "Cards\nWhat: new card; How long: 7 workdays"


def kinds(answer: str, evidence: str, question: str) -> list[str]:
    return [doubt.kind for doubt in doubts(answer, [evidence], question)]


@pytest.mark.parametrize(
    ("answer", "evidence", "question"),
    [
        ("Annual leave in Singapore is 21 days.", LONG_SERVICE, "How long is annual leave?"),
        ("国内年假 12 天。", SECOND_YEAR, "年假有几天？"),
        ("You apply 15 workdays before.", NOTICE, "When do I apply for leave?"),
    ],
)
def test_a_number_of_some_is_not_told_as_everybodys(
    answer: str, evidence: str, question: str
) -> None:
    assert kinds(answer, evidence, question) == ["condition"]


@pytest.mark.parametrize(
    ("answer", "evidence", "question"),
    [
        ("From the 10th year on it is 21 days in Singapore.", LONG_SERVICE, "How long is leave?"),
        ("It is 21 days in Singapore.", LONG_SERVICE, "How long is leave after 12 years here?"),
        ("第 2 至第 4 年国内年假 12 天。", SECOND_YEAR, "年假有几天？"),
        ("国内年假 12 天。", SECOND_YEAR, "入职第三年国内有几天年假？"),
        ("国内年假 12 天。这是第 2 至第 4 年的天数。", SECOND_YEAR, "年假有几天？"),
        ("You apply 15 workdays before.", NOTICE, "When do I apply for 8 days of leave?"),
        ("A new card takes 7 workdays.", CARDS, "How long does a new card take?"),
    ],
)
def test_where_answer_or_question_name_the_row_it_is_believed(
    answer: str, evidence: str, question: str
) -> None:
    assert kinds(answer, evidence, question) == []


def test_what_names_the_row_is_no_unit_of_its_cells() -> None:
    asked = "How long is leave after 12 years in Singapore?"

    assert kinds("Leave is 21 years in Singapore.", LONG_SERVICE, asked) == ["unit"]
