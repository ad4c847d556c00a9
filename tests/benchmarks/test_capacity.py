"""Days in virtual time, and pages written from figures."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.capacity import SIZES, costs_of, plan, said
from tests.benchmarks.pages import replace_marked, table
from tests.benchmarks.performance import others_table, picture, retrieval_table
from tests.benchmarks.queueing import HOURS, Service, arrivals, least_lanes, simulate

SERVICE = Service.from_spread({"p50_ms": 6_000, "p95_ms": 8_000, "p99_ms": 9_000})
SPREAD = {"n": 9, "p50_ms": 6_000.0, "p95_ms": 8_000.0, "p99_ms": 9_000.0}
MACHINE = {
    "at": "2026-01-01 00:00 UTC", "processor": "a processor", "cores": 2, "memory_gb": 8,
    "system": "Linux", "python": "3.11", "versions": {"numpy": "2"}, "load": [0.5, 0.5, 0.5],
}  # fmt: skip
SYSTEM = {
    "recall@1": 0.5, "recall@5": 0.75, "recall@10": 0.8, "p50_ms": 10.0, "p95_ms": 20.0,
    "processor_ms": 9.0,
    "questions": 9, "passages_per_s": 100.0, "memory_mb": 500, "load": [0.1, 0.2],
    "versions": {"txtai": "9"}, "embedder_share": 0.9,
}  # fmt: skip
FOUND: dict[str, Any] = {
    "machine": MACHINE,
    "answering": {
        "machine": MACHINE,
        "extractive": [{"askers": 1, "answers_per_s": 20.0, "answer": {
            "n": 9, "p50_ms": 50.0, "p95_ms": 90.0, "p99_ms": 100.0}}],
        "model": {"engine": "llamacpp:small", "answers_per_s": 0.2, "first_token": SPREAD,
                  "last_token": SPREAD, "answer": SPREAD},
    },
    "footprint": {"at_work_mb": 900},
    "retrieval": {"sizes": [
        {"passages": 1_000, "systems": {"deskmate": SYSTEM, "txtai": SYSTEM}},
        {"passages": 100_000, "systems": {"deskmate": {**SYSTEM, "memory_mb": 1_500}}},
    ]},
}  # fmt: skip


def test_a_day_is_whole_and_busiest_before_noon() -> None:
    assert sum(HOURS) == pytest.approx(1.0)

    at = list(arrivals(10_000, random.Random(1)))

    assert at == sorted(at)
    assert 9_500 < len(at) < 10_500
    by_hour = [sum(hour * 3_600 <= one < (hour + 1) * 3_600 for one in at) for hour in range(9)]
    assert by_hour.index(max(by_hour)) in (1, 2, 6)


def test_who_finds_a_free_lane_waits_for_nothing_but_the_answer() -> None:
    day = simulate(20, SERVICE, lanes=50, patience_s=15)

    assert 3 <= day.p50_s <= 9
    assert day.quoted == 0.0


def test_an_overrun_lane_quotes_instead_of_letting_people_wait() -> None:
    day = simulate(50_000, SERVICE, lanes=1, patience_s=15)

    assert day.quoted > 0.8
    assert day.p95_s <= 15 + 9
    assert day.busy > 0.95


def test_the_fewest_lanes_are_enough_and_one_less_is_not() -> None:
    good = {"p95_s": 20.0, "quoted": 0.02, "patience_s": 15.0}

    lanes, day = least_lanes(5_000, SERVICE, **good)
    fewer = simulate(5_000, SERVICE, lanes=lanes - 1, patience_s=15.0)

    assert day.p95_s <= 20
    assert day.quoted <= 0.02
    assert fewer.p95_s > 20 or fewer.quoted > 0.02


def test_more_people_never_need_less() -> None:
    plans = [plan(people, costs_of(FOUND), questions_a_person=0.5) for people in SIZES]

    lanes = [one.lanes or 0 for one in plans]
    assert lanes == sorted(lanes)
    assert [one.memory_gb for one in plans] == sorted(one.memory_gb for one in plans)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_page_names_each_size_and_a_model_that_was_not_measured(language: str) -> None:
    unmeasured = FOUND["answering"] | {"model": {"not_measured": "no weights"}}

    whole = said(FOUND, language, questions_a_person=0.5)
    without = said(FOUND | {"answering": unmeasured}, language, questions_a_person=0.5)

    assert all(f"{people:,}" in whole for people in SIZES)
    assert "llamacpp:small" in whole
    assert {"en": "not measured", "zh": "未测量"}[language] in without


def test_what_stands_between_marks_is_replaced_and_the_rest_stays(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- x -->\nold\n<!-- /x -->\nafter\n", encoding="utf-8")

    replace_marked(page, "x", table(("a", "b"), [["1", "2"]]))

    text = page.read_text("utf-8")
    assert "old" not in text
    assert "| 1 | 2 |" in text
    assert text.startswith("before\n") and text.endswith("after\n")  # noqa: PT018


def test_a_page_without_marks_is_not_touched(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("mine", encoding="utf-8")

    with pytest.raises(ValueError, match="has no"):
        replace_marked(page, "x", "theirs")


def test_the_picture_and_the_tables_name_every_system_with_its_load() -> None:
    drawn = picture(FOUND["retrieval"])

    assert drawn.startswith("<svg")
    assert drawn.count("Deskmate") == 2
    assert "txtai" in drawn
    assert "0.1 – 0.2" in retrieval_table(FOUND["retrieval"])
    answering = {"machine": MACHINE, "answering": FOUND["answering"]}
    assert "20.0/s" in others_table(answering)
