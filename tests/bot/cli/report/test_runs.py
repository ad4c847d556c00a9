from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.cli.report.runs import RUNS_KEPT, SETS_KEPT, Runs, digest_of_questions
from knowledge.evaluate.report import Section
from knowledge.labelled import Labelled
from tests.bot.cli.report.made import MADE_AT, evaluation
from tests.knowledge.evaluate.lines import found

HOUR = timedelta(hours=1)


def run(rank: int | None = 1, *, without: tuple[str, ...] = (), questions: str = "q") -> Section:
    measured = evaluation("retrieve", found("a", rank))
    return Section(
        name="set",
        mode="retrieve",
        figures=measured.figures,
        without=without,
        corpus_digest="c",
        questions_digest=questions,
    )


def by(section: Section, figure: str) -> float | None:
    assert section.comparison is not None
    return next((d.by for d in section.comparison.differences if d.figure == figure), None)


def test_the_first_run_has_nothing_to_be_compared_with(tmp_path: Path) -> None:
    assert Runs(tmp_path).compare_and_keep(run(), MADE_AT).comparison is None


def test_a_run_is_compared_with_the_last_one_of_the_same_questions(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    runs.compare_and_keep(run(rank=None), MADE_AT)
    runs.compare_and_keep(run(rank=2), MADE_AT + HOUR)

    third = runs.compare_and_keep(run(rank=1), MADE_AT + 2 * HOUR)

    assert (by(third, "recall@1"), by(third, "recall@5")) == (1.0, 0.0)


def test_other_questions_another_corpus_or_mode_are_not_compared(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    runs.compare_and_keep(run(), MADE_AT)

    others = (
        run(questions="other"),
        replace(run(), corpus_digest="other"),
        replace(run(), mode="answer"),
    )

    assert [runs.compare_and_keep(one, MADE_AT).comparison for one in others] == [None] * 3


def test_what_a_part_brings_is_measured_against_the_whole_pipeline(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    runs.compare_and_keep(run(rank=1), MADE_AT)
    runs.compare_and_keep(run(rank=None, without=("bm25",)), MADE_AT + HOUR)

    second = runs.compare_and_keep(run(rank=2, without=("dense-e5",)), MADE_AT + 2 * HOUR)

    assert by(second, "recall@1") == -1.0


def test_only_the_last_runs_are_kept(tmp_path: Path) -> None:
    for hours in range(RUNS_KEPT + 3):
        Runs(tmp_path).compare_and_keep(run(), MADE_AT + hours * HOUR)

    (home,) = tmp_path.iterdir()
    names = sorted(path.name for path in home.iterdir())
    assert len(names) == RUNS_KEPT
    assert names[0].startswith(f"{MADE_AT + 3 * HOUR:%Y%m%dT%H}")


def test_only_so_many_sets_are_kept(tmp_path: Path) -> None:
    for number in range(SETS_KEPT + 2):
        Runs(tmp_path).compare_and_keep(run(questions=str(number)), MADE_AT)

    assert len(list(tmp_path.iterdir())) == SETS_KEPT


def test_a_stored_run_that_cannot_be_read_is_as_good_as_none(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    runs.compare_and_keep(run(), MADE_AT)
    (home,) = tmp_path.iterdir()
    for name, text in (("20250101.json", "{"), ("20250102.json", '{"figures": 1}')):
        (home / name).write_text(text, encoding="utf-8")

    again = runs.compare_and_keep(run(), MADE_AT + HOUR)

    assert by(again, "recall@1") == 0.0


def test_questions_have_another_digest_once_a_label_changes() -> None:
    one = Labelled(id="a", text="q", gold_document_ids=frozenset({"x", "y"}))

    same = Labelled(id="a", text="q", gold_document_ids=frozenset({"y", "x"}))
    relabelled = replace(one, answerable=False)

    assert digest_of_questions([one]) == digest_of_questions([same])
    assert digest_of_questions([one]) != digest_of_questions([relabelled])
