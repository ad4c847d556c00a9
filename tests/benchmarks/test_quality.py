from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.evaluate.report import LOWER_IS_BETTER
from tests.benchmarks.labelled_sets import OTHERS, SETS, SHARED


def test_every_set_has_a_name_of_its_own_and_goals() -> None:
    names = [one.name for one in SETS]

    assert len(set(names)) == len(names)
    assert all(one.goals for one in SETS)


def test_the_error_budget_is_a_goal_from_above() -> None:
    budgets = [goal for one in SETS for goal in one.goals if goal.figure in LOWER_IS_BETTER]

    assert {(goal.figure, goal.value) for goal in budgets} == {("wrong_answer_rate", 0.02)}


def test_a_set_is_called_by_what_stands_before_the_comma() -> None:
    called = [one.name for one in SETS if one.is_called("refusal_en_handbooks")]

    assert len(called) == 2


@pytest.mark.shared
@pytest.mark.parametrize("folder", ["eval", "eval_restricted"])
def test_every_labelled_file_beside_the_project_is_measured_or_named(folder: str) -> None:
    root = SHARED / folder
    if not root.is_dir():
        pytest.skip("no evaluation sets beside the project")

    files = {path.stem for part in ("qa", "chat") for path in (root / part).glob("*.jsonl")}

    assert files <= {one.qa.stem for one in SETS} | set(OTHERS)


@pytest.mark.shared
def test_questions_are_narrowed_to_the_corpus_they_are_about() -> None:
    one = next(one for one in SETS if one.name == "refusal_en_handbooks, en_tts_handbook")
    if not one.is_here():
        pytest.skip("no evaluation sets beside the project")

    questions = one.questions()

    assert len(questions) == 186
    assert {question.answerable for question in questions} == {True, False}


def test_the_sample_handbook_is_always_here() -> None:
    (sample,) = [one for one in SETS if one.corpus == Path("bot/content/handbook")]

    assert sample.is_here()
