"""Two statements that say the same but for an amount or a "not"."""

from __future__ import annotations

import pytest

from knowledge.clauses import read
from knowledge.differences import Difference, differ


def words(one: str, other: str) -> tuple[str, str] | None:
    found = differ(read(one), read(other))
    return None if found is None else (found.one, found.other)


def test_the_words_are_those_of_each_statement() -> None:
    one = "Hotel costs are refunded up to 120 EUR a night."
    other = "Hotel costs are refunded up to 150 EUR a night."

    assert differ(read(one), read(other)) == Difference(
        kind="amount", one="120 EUR", other="150 EUR"
    )


def test_a_denial_is_told_by_its_clause() -> None:
    one = "Visitors of the Harbour office may park in the yard."
    other = "Visitors of the Harbour office may not park in the yard."

    assert differ(read(one), read(other)) == Difference(
        kind="negation", one=one[:-1], other=other[:-1]
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The report of the quarter ends in March.", "The report of the quarter ends 31 March."),
        ("员工须在第 3 个月提交季度总结报告。", "员工须在第 6 个月提交季度总结报告。"),
        ("The budget is closed at the end of the year 2024.", "The budget is closed in 2025."),
        ("Parking costs 30 EUR for visitors.", "Parking costs 30 USD for visitors."),
        ("Bring 2 pens.", "Bring 3 pens."),
    ],
)
def test_these_do_not_exclude_each_other(one: str, other: str) -> None:
    assert words(one, other) is None


def test_a_word_more_on_one_side_is_still_the_same_rule() -> None:
    one = "The head office in the harbour closes for visitors at 18:00 on workdays."
    other = "The head office in the old harbour closes for visitors at 19:00 on workdays."

    assert words(one, other) == ("18:00", "19:00")


def test_other_words_on_both_sides_are_another_rule() -> None:
    one = "The library in the harbour closes for visitors at 18:00 on workdays."
    other = "The canteen in the harbour closes for visitors at 19:00 on workdays."

    assert words(one, other) is None
