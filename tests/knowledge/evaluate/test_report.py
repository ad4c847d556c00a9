from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from knowledge.evaluate import Evaluation, Judged, Mode, figures
from knowledge.evaluate.cases import worst
from knowledge.evaluate.curves import curves
from knowledge.evaluate.report import Goal, Report, compared, section
from tests.knowledge.evaluate.lines import answered, chatted, found, refused


def evaluation(mode: Mode, *judged: Judged) -> Evaluation:
    return Evaluation(mode=mode, judged=judged, figures=figures(mode, judged))


# ── curves ────────────────────────────────────────────────────────────────────────────────────


def test_recall_is_drawn_for_every_rank_up_to_ten() -> None:
    drawn = curves([found("a", 1), found("b", 3), found("c", None)])

    assert [point.k for point in drawn.documents] == list(range(1, 11))
    assert [round(point.share, 2) for point in drawn.documents[:3]] == [0.33, 0.33, 0.67]
    assert drawn.passages == ()


def test_risk_ends_where_the_set_stands_today() -> None:
    judged = [answered("a", 0.9), answered("b", 0.6, right=False), refused("c"),
              answered("d", 0.4, answerable=False)]  # fmt: skip

    drawn = curves(judged).risk

    assert [(point.coverage, point.wrong_rate) for point in drawn] == [
        (0.3333, 0.0), (0.6667, 0.5), (0.6667, 0.6667),
    ]  # fmt: skip


def test_curves_of_a_large_set_stay_small() -> None:
    judged = [answered(str(n), n / 1000, ms=float(n)) for n in range(1000)]

    drawn = curves(judged)

    assert len(drawn.risk) <= 201
    assert drawn.risk[-1].coverage == 1.0
    assert sum(one.n for one in drawn.latency) == 1000
    assert len(drawn.latency) == 24


def test_nothing_is_drawn_of_nothing() -> None:
    drawn = curves([])

    assert not any((drawn.documents, drawn.risk, drawn.calibration, drawn.latency))


# ── cases ─────────────────────────────────────────────────────────────────────────────────────


def test_confident_errors_come_first_then_refusals_that_were_near() -> None:
    judged = [answered("unsure", 0.6, right=False), answered("sure", 0.9, right=False),
              refused("far", 0.1), refused("near", 0.4), answered("right", 0.99),
              refused("rightly", 0.3, answerable=False)]  # fmt: skip

    cases = worst("answer", judged)

    assert [(case.kind, case.id) for case in cases] == [
        ("wrong", "sure"), ("wrong", "unsure"), ("refused", "near"), ("refused", "far"),
    ]  # fmt: skip


@pytest.mark.parametrize(("wrong", "kept"), [(100, (5, 5)), (2, (2, 8)), (7, (5, 5))])
def test_cases_are_capped_and_shared_between_the_kinds(wrong: int, kept: tuple[int, int]) -> None:
    judged = [answered(f"w{n}", 0.5, right=False) for n in range(wrong)]
    judged += [refused(f"r{n}") for n in range(100)]

    kinds = [case.kind for case in worst("answer", judged, most=10)]

    assert (kinds.count("wrong"), kinds.count("refused")) == kept


def test_a_search_that_found_nothing_right_is_a_case() -> None:
    (case,) = worst("retrieve", [found("a", 2), found("b", None)])

    assert (case.kind, case.id, case.expected) == ("missed", "b", ("gold",))


def test_manners_go_wrong_in_two_ways() -> None:
    judged = [
        chatted("a", 0.9, wanted=False, spoke=True),
        chatted("b", 0.2, wanted=True, spoke=False),
        chatted("c", 0.2, wanted=False, spoke=False),
    ]

    assert [(case.kind, case.id) for case in worst("engage", judged)] == [
        ("intruded", "a"), ("silent", "b"),
    ]  # fmt: skip


# ── comparison and goals ──────────────────────────────────────────────────────────────────────


def test_a_difference_beyond_the_interval_is_told_from_noise() -> None:
    now = {"coverage": 0.8, "coverage_interval": [0.7, 0.9], "recall@5": 0.9,
           "recall@5_interval": [0.8, 0.95], "p50_ms": 12.0, "balanced_accuracy": None,
           "balanced_accuracy_interval": [0.0, 1.0]}  # fmt: skip
    before = {"coverage": 0.6, "recall@5": 0.91, "p50_ms": 10.0, "balanced_accuracy": 0.5}
    stored = {"figures": before, "made_at": "2024-01-01", "without": ["bm25"]}

    comparison = compared(now, stored)

    assert [(one.figure, one.by, one.beyond, one.better) for one in comparison.differences] == [
        ("coverage", 0.2, True, True), ("recall@5", -0.01, False, False),
        ("p50_ms", 2.0, None, False),
    ]  # fmt: skip
    assert comparison.without == ("bm25",)


def test_fewer_wrong_answers_are_better_and_nothing_changed_is_neither() -> None:
    now = {"wrong_answer_rate": 0.02, "wrong_answer_rate_interval": [0.0, 0.05],
           "coverage": 0.5, "coverage_interval": [0.4, 0.6]}  # fmt: skip
    stored = {"figures": {"wrong_answer_rate": 0.04, "coverage": 0.5}, "made_at": "", "without": []}

    assert [one.better for one in compared(now, stored).differences] == [True, None]


@pytest.mark.parametrize(
    ("figure", "value", "met"),
    [("recall@5", 0.9, True), ("recall@5", 0.95, False), ("wrong_answer_rate", 0.02, False),
     ("wrong_answer_rate", 0.03, True), ("engage_f1", 0.5, None)],
)  # fmt: skip
def test_a_goal_is_met_from_its_own_side(figure: str, value: float, met: bool | None) -> None:
    measured = {"recall@5": 0.9, "wrong_answer_rate": 0.03}

    assert Goal(figure=figure, value=value).is_met(measured) is met


def test_goals_of_another_mode_are_left_out_of_a_section() -> None:
    goals = (Goal(figure="recall@5", value=0.9), Goal(figure="coverage", value=0.6))

    made = section("set", evaluation("retrieve", found("a", 1)), goals=goals)

    assert [goal.figure for goal in made.goals] == ["recall@5"]


def test_a_report_is_plain_json() -> None:
    made = section("set", evaluation("answer", answered("a", 0.9), refused("b")), without=["bm25"])
    report = Report(title="t", made_at=datetime(2024, 1, 2, tzinfo=UTC), sections=(made,))

    plain = json.loads(json.dumps(report.as_json()))

    assert plain["made_at"] == "2024-01-02T00:00:00+00:00"
    assert plain["sections"][0]["figures"]["coverage"] == 0.5
    assert plain["sections"][0]["cases"][0]["kind"] == "refused"
    assert plain["sections"][0]["without"] == ["bm25"]
