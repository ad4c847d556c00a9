from __future__ import annotations

import pytest

from knowledge.metrics import agrees, f1, first_rank, percentile, ratio, units, wilson


def test_the_interval_of_a_rate_is_wilsons() -> None:
    low, high = wilson(5, 100)

    assert (round(low, 4), round(high, 4)) == (0.0215, 0.1118)


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (10, 10), (0, 0)])
def test_an_interval_stays_between_nothing_and_all(successes: int, trials: int) -> None:
    low, high = wilson(successes, trials)

    assert 0.0 <= low <= high <= 1.0


def test_a_percentile_is_one_of_the_values() -> None:
    assert percentile([5.0, 1.0, 3.0, 2.0], 0.5) == 2.0
    assert percentile([5.0, 1.0], 0.99) == 5.0
    assert percentile([], 0.5) == 0.0


def test_ranks_count_each_id_once() -> None:
    assert first_rank(["a", "a", "b"], {"b", "c"}) == 2
    assert first_rank(["a"], {"b"}) is None


def test_precision_and_recall_of_nothing_are_zero() -> None:
    assert f1(0.0, 0.0) == 0.0
    assert f1(0.5, 1.0) == pytest.approx(2 / 3)
    assert ratio(1, 0) == 0.0


def test_units_are_characters_and_words() -> None:
    assert units("The ＶＰＮ：年假 15 天。") == ["vpn", "年", "假", "15", "天"]


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("您每年有 15 天年假。", "15天"),
        ("Please contact the People Team first.", "people team"),
        ("公积金比例是１２％", "12%"),
    ],
)
def test_a_short_gold_answer_must_stand_in_the_text(text: str, gold: str) -> None:
    assert agrees(text, [gold])


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("您每年有 5 天年假。", "15天"),
        ("You get 150 days", "15 days"),
        ("", "15天"),
        ("!!!", "15天"),
        ("anything", ""),
    ],
)
def test_a_text_without_the_short_gold_answer_disagrees(text: str, gold: str) -> None:
    assert not agrees(text, [gold])


LONG = (
    "Submit your travel claim in the expense system within fifteen working days after the trip "
    "and attach the original invoices; late claims need the approval of your director."
)


def test_a_quotation_from_a_long_gold_answer_agrees() -> None:
    assert agrees("Submit your travel claim within fifteen working days after the trip.", [LONG])


def test_other_words_disagree_with_a_long_gold_answer() -> None:
    assert not agrees("Ask your manager for a new laptop whenever the old one breaks.", [LONG])


def test_a_single_word_never_agrees_with_a_long_gold_answer() -> None:
    assert not agrees("Yes.", [LONG])


def test_one_of_several_gold_answers_is_enough() -> None:
    assert agrees("每年五天", ["十天", "五天"])
