"""Which answers hold the gold answer?"""

from __future__ import annotations

import pytest

from knowledge.labelled import Labelled
from tests.benchmarks.answers import drawn, holds, is_short


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("年假为 10 天[1]。", "10天"),
        ("The Office is on the 3rd floor [1].", "3rd floor"),
        ("Ａ型，约二十万人。", "A型"),
    ],
)
def test_spaces_forms_and_punctuation_do_not_matter(text: str, gold: str) -> None:
    assert holds(text, [gold])


def test_a_number_within_another_number_is_not_held() -> None:
    assert not holds("It takes 110 days.", ["10 days"])


def test_one_short_gold_answer_is_enough_to_expect_it_word_for_word() -> None:
    assert is_short(["肉食性", "它为肉食性鱼类，经常补食虾等甲壳类生物"])
    assert not is_short(["它为肉食性鱼类，经常补食虾等甲壳类生物"])


def test_only_answerable_questions_with_a_gold_answer_are_drawn_and_always_the_same() -> None:
    questions = [
        Labelled(id=str(n), text="?", answerable=n % 2 == 0, answers=("x",) if n % 3 else ())
        for n in range(60)
    ]

    first = drawn(questions, 10)

    assert first == drawn(questions, 10)
    assert len(first) == 10
    assert all(one.answerable and one.answers for one in first)
