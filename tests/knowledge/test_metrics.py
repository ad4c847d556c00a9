from __future__ import annotations

from statistics import fmean

import pytest

from knowledge.metrics import (
    agrees,
    balanced_accuracy,
    balanced_accuracy_interval,
    calibration_error,
    cuts,
    f1,
    first_rank,
    overlap,
    percentile,
    ratio,
    recall_at_precision,
    reliability,
    resampled,
    risk_coverage_area,
    units,
    wilson,
)


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


# ── decisions ─────────────────────────────────────────────────────────────────────────────────


def test_balanced_accuracy_counts_both_kinds_the_same() -> None:
    # 90 of 100 answerable questions answered, 1 of 2 others refused: (.9 + .5) / 2
    assert balanced_accuracy(90, 100, 1, 2) == pytest.approx(0.7)


def test_balanced_accuracy_needs_both_kinds() -> None:
    assert balanced_accuracy(5, 5, 0, 0) is None
    assert balanced_accuracy_interval(5, 5, 0, 0) == (0.0, 1.0)


def test_the_interval_of_balanced_accuracy_joins_those_of_its_shares() -> None:
    # Wilson of 5 in 10 is .2366 – .7634: half the diagonal of two such distances.
    low, high = balanced_accuracy_interval(5, 10, 5, 10)

    assert low == pytest.approx(0.5 - 2**0.5 * (0.5 - 0.23659) / 2, abs=1e-4)
    assert high == pytest.approx(1 - low)


def test_a_resampled_interval_is_the_same_each_time_and_holds_the_figure() -> None:
    values = [0.0] * 30 + [1.0] * 70

    low, high = resampled(values, fmean)

    assert low < 0.7 < high
    assert (low, high) == resampled(values, fmean)
    assert resampled([], fmean) == (0.0, 0.0)


# ── confidences ───────────────────────────────────────────────────────────────────────────────


def test_equal_confidences_pass_a_threshold_together() -> None:
    found = cuts([(0.5, False), (0.9, True), (0.5, True)])

    assert [(cut.threshold, cut.given, cut.wrong) for cut in found] == [(0.9, 1, 0), (0.5, 3, 1)]


def test_the_area_under_risk_and_coverage_is_the_mean_risk() -> None:
    # Wrong rates after each answer: 0, 1/2, 1/3.
    judged = [(0.9, True), (0.8, False), (0.7, True)]

    assert risk_coverage_area(judged) == pytest.approx((0 + 1 / 2 + 1 / 3) / 3)


def test_confidences_that_say_nothing_have_the_wrong_rate_as_area() -> None:
    assert risk_coverage_area([(0.5, True), (0.5, False), (0.5, True), (0.5, True)]) == 0.25
    assert risk_coverage_area([]) == 0.0


def test_calibration_error_is_the_distance_between_said_and_seen() -> None:
    # Bin .9 – 1: said .95, seen 1/2; bin .2 – .3: said .2, seen 0: (2 * .45 + 1 * .2) / 3.
    judged = [(0.95, True), (0.95, False), (0.2, False)]

    assert calibration_error(judged) == pytest.approx((2 * 0.45 + 0.2) / 3)
    assert calibration_error([]) == 0.0


def test_confidences_at_both_ends_are_in_the_outer_bins() -> None:
    bins = reliability([(0.0, False), (1.0, True), (0.1, True)])

    assert [one.n for one in bins] == [1, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert (bins[-1].low, bins[-1].high, bins[-1].confidence, bins[-1].right) == (0.9, 1.0, 1.0, 1)


def test_recall_at_a_precision_takes_the_lowest_threshold_that_is_precise_enough() -> None:
    judged = [(0.9, True), (0.8, False), (0.7, True), (0.6, True), (0.5, False), (0.4, False)]

    at_75 = recall_at_precision(judged, least=0.75)
    at_90 = recall_at_precision(judged)

    assert at_75 is not None
    assert at_90 is not None
    assert (at_75.threshold, at_75.right) == (0.6, 3)
    assert (at_90.threshold, at_90.right) == (0.9, 1)


def test_no_threshold_may_be_precise_enough() -> None:
    assert recall_at_precision([(0.9, False), (0.5, True)]) is None
    assert recall_at_precision([]) is None


# ── texts ─────────────────────────────────────────────────────────────────────────────────────


def test_overlap_is_the_share_of_the_shorter_text() -> None:
    # "年假五天" has the pairs 年假 假五 五天; two of them are in the longer text.
    assert overlap("年假五天", "员工每年有年假，满一年五天") == pytest.approx(2 / 3)
    assert overlap("word", "word") == 0.0
