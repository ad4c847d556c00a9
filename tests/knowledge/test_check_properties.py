"""For any statement: it bears itself, and no other number than its own."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.check import doubts, supported

_NUMBERS = st.integers(min_value=2, max_value=9999)
_STATEMENTS = st.sampled_from(
    (
        "员工每年享有{}天带薪年假。",
        "住宿标准为每晚{}元，超出部分自理。",
        "经主管批准后，可以报销{}元。",
        "试用期内不得超过{}天。",
        "补贴比例为{}%。",
        "城市: 上海; 标准: {} 元",
        "Employees receive {} paid days a year.",
        "The limit is {} euro, unless Legal objects.",
        "Contractors are not paid for {} hours.",
        "City: Berlin; Limit: {} EUR",
        "Not more than {} per cent is reimbursed.",
    )
)
_TEXTS = st.text(
    alphabet="年假天元员工可以不得批准后，。；：5１十%年月日3.-abcdeiltmnorsu notif\n |",
    max_size=60,
)


@given(statement=_STATEMENTS, number=_NUMBERS)
@settings(max_examples=60, deadline=None)
def test_an_unchanged_statement_bears_itself(statement: str, number: int) -> None:
    said = statement.format(number)

    assert doubts(said, (said,), "?") == ()


@given(statement=_STATEMENTS, number=_NUMBERS, other=_NUMBERS)
@settings(max_examples=60, deadline=None)
def test_another_number_is_always_doubted(statement: str, number: int, other: int) -> None:
    if other == number:
        other += 1

    found = doubts(statement.format(other), (statement.format(number),), "?")

    assert "number" in {doubt.kind for doubt in found}


@given(answer=_TEXTS, evidence=st.lists(_TEXTS, max_size=4), question=_TEXTS)
@settings(max_examples=80, deadline=None)
def test_any_text_is_judged_and_what_is_left_was_there(
    answer: str, evidence: list[str], question: str
) -> None:
    checked = supported(answer, evidence, question)

    assert checked.text in answer or checked.removed
    assert checked.holds == (not checked.removed)
