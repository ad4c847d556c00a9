from __future__ import annotations

import pytest

from knowledge.evaluate import Evaluation, figures, pooled
from tests.knowledge.evaluate.lines import answered, chatted, found, in_group, refused


def test_recall_by_passage_stands_beside_recall_by_document() -> None:
    counted = figures("retrieve", [found("a", 1, passage_rank=4), found("b", 2, passage_rank=7)])

    assert (counted["recall@1"], counted["recall@5"]) == (0.5, 1.0)
    assert (counted["passage_recall@1"], counted["passage_recall@5"]) == (0.0, 0.5)
    assert counted["passage_recall@10"] == 1.0
    assert counted["n_with_gold_passages"] == 2


def test_without_known_gold_passages_there_is_no_recall_by_passage() -> None:
    assert "passage_recall@5" not in figures("retrieve", [found("a", 1)])


def test_answering_and_refusing_are_weighed_the_same() -> None:
    counted = figures(
        "answer",
        [answered("a", 0.9), answered("b", 0.8), refused("c", answerable=False),
         answered("d", 0.7, answerable=False)],
    )  # fmt: skip

    assert counted["balanced_accuracy"] == pytest.approx((1.0 + 0.5) / 2)
    assert counted["risk_coverage_area"] == pytest.approx((0 + 0 + 1 / 3) / 3, abs=1e-4)
    # .9 and .8 came true, .7 did not.
    assert counted["calibration_error"] == pytest.approx((0.1 + 0.2 + 0.7) / 3, abs=1e-4)


def test_without_unanswerable_questions_there_is_no_balanced_accuracy() -> None:
    assert figures("answer", [answered("a", 0.9)])["balanced_accuracy"] is None


def test_manners_are_measured_at_a_precision_of_ninety_percent() -> None:
    counted = figures(
        "engage",
        [chatted("a", 0.9, wanted=True, spoke=True), chatted("b", 0.8, wanted=True, spoke=True),
         chatted("c", 0.7, wanted=False, spoke=True), chatted("d", 0.2, wanted=True, spoke=False)],
    )  # fmt: skip

    assert counted["engage_f1"] == pytest.approx(2 / 3, abs=1e-4)
    assert counted["engage_recall@precision90"] == pytest.approx(2 / 3, abs=1e-4)
    assert counted["engage_threshold@precision90"] == 0.8


def test_no_threshold_is_named_where_none_is_precise_enough() -> None:
    counted = figures("engage", [chatted("a", 0.9, wanted=False, spoke=True)])

    assert counted["engage_threshold@precision90"] is None
    assert counted["engage_recall@precision90"] == 0.0


def test_every_share_has_an_interval_that_holds_it() -> None:
    counted = figures("answer", [answered(str(n), n / 20, right=n > 5) for n in range(20)])

    bounded = [name for name in counted if f"{name}_interval" in counted]
    assert {"coverage", "wrong_answer_rate", "mrr@10", "risk_coverage_area"} <= set(bounded)
    for name in bounded:
        low, high = counted[f"{name}_interval"]  # type: ignore[misc]  # an interval is a list
        assert low <= counted[name] <= high  # type: ignore[operator]  # and a share a float


def test_places_to_look_are_counted_apart_from_answers() -> None:
    counted = figures(
        "answer",
        [answered("a", 0.9), refused("b", places="right"), refused("c", places="wrong"),
         refused("d"), refused("e", places="wrong", answerable=False)],
    )  # fmt: skip

    assert (counted["answered"], counted["refused"], counted["suggested"]) == (1, 4, 3)
    assert counted["suggestion_help"] == pytest.approx(1 / 3, abs=1e-4)


def test_questions_that_mean_the_same_should_be_answered_from_the_same_page() -> None:
    counted = figures(
        "answer",
        [in_group(answered("a", 0.9), "leave", "p1"), in_group(answered("b", 0.9), "leave", "p1"),
         in_group(answered("c", 0.9), "leave", "p2"), in_group(refused("d"), "pay"),
         in_group(refused("e"), "pay"), in_group(answered("f", 0.9), "vpn", "p3"),
         in_group(refused("g"), "vpn"), answered("h", 0.9)],
    )  # fmt: skip

    # Of the three pairs about leave one agrees, the one about pay does, the one about VPN not.
    assert (counted["n_pairs"], counted["consistency"]) == (5, pytest.approx(2 / 5))


def test_without_groups_nothing_is_said_of_consistency() -> None:
    assert "consistency" not in figures("answer", [answered("a", 0.9)])


def test_sets_are_pooled_question_by_question() -> None:
    sets = [[found("a", 1), found("b", 1), found("c", 1)], [found("a", None)]]

    together = pooled([Evaluation(mode="retrieve", judged=tuple(one), figures={}) for one in sets])

    assert (together.figures["n"], together.figures["recall@1"]) == (4, 0.75)
