"""`make quality`: every labelled set that is here, each a row, and one report of them all.

    python -m tests.benchmarks.quality [NAME…] [--mode MODE]… [--limit N] [--out FOLDER]

Sets that are absent are named in the report as not measured.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.cli.evaluate import digest_of, gold_of, measure, stored_runs
from bot.cli.report import words
from bot.cli.report.runs import Runs, digest_of_questions
from bot.cli.report.write import write
from bot.settings import Settings, load
from knowledge.evaluate import Evaluation, Mode, pooled
from knowledge.evaluate.report import Report, Section, Unmeasured, section
from tests.benchmarks.labelled_sets import BUDGET, DEV, OTHERS, RESTRICTED, SETS, LabelledSet

__all__ = ["DEV", "RESTRICTED", "SETS", "LabelledSet", "main"]

_MODES: tuple[Mode, ...] = ("retrieve", "answer", "engage")
_COLUMNS: dict[Mode, tuple[str, ...]] = {
    "retrieve": (
        "n", "recall@1", "recall@5", "recall@10", "passage_recall@5", "mrr@10", "p50_ms", "p95_ms",
    ),
    "answer": (
        "n", "coverage", "wrong_answer_rate", "wrong_answer_rate_interval", "balanced_accuracy",
        "risk_coverage_area", "calibration_error", "p50_ms", "p95_ms",
    ),
    "engage": (
        "n", "engage_precision", "engage_recall", "engage_f1", "engage_recall@precision90",
        "p50_ms", "p95_ms",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What is measured, and when."""

    settings: Settings
    sets: Sequence[LabelledSet]
    modes: Sequence[Mode]
    limit: int | None
    runs: Runs
    made_at: datetime

    async def report(self) -> Report:
        """Measure every set that is here, printing a Markdown table a mode."""
        sections: list[Section] = []
        overall: list[Section] = []
        for mode in self.modes:
            fitting = [one for one in self.sets if mode in one.modes and one.is_here()]
            measured = await self._mode(mode, fitting)
            sections += (found for found, _ in measured)
            if len(measured) > 1:
                overall.append(self._overall(measured))
        return Report(
            title="Quality",
            made_at=self.made_at,
            sections=tuple(sections),
            overall=tuple(overall),
            unmeasured=_unmeasured(sections),
        )

    async def _mode(
        self, mode: Mode, sets: Sequence[LabelledSet]
    ) -> list[tuple[Section, Evaluation]]:
        columns = _COLUMNS[mode]
        print(f"| set | {' | '.join(columns)} |\n|{'---|' * (len(columns) + 1)}", flush=True)
        return [await self._one(one, mode) for one in sets]

    async def _one(self, one: LabelledSet, mode: Mode) -> tuple[Section, Evaluation]:
        questions = one.questions()[: self.limit]
        found = await measure(self.settings, one.corpus, questions, mode, gold=gold_of(one.corpus))
        print(_row(one.name, found), flush=True)
        measured = section(
            one.name,
            found,
            goals=one.goals,
            corpus_digest=digest_of(one.corpus),
            questions_digest=digest_of_questions(questions),
        )
        return self.runs.compare_and_keep(measured, self.made_at), found

    def _overall(self, measured: Sequence[tuple[Section, Evaluation]]) -> Section:
        """All sets of a mode as one; compared only with a run of exactly the same sets."""
        together = section(
            f"{words.OVERALL.en} {words.OVERALL.zh}",
            pooled([found for _, found in measured]),
            goals=BUDGET,
            corpus_digest=_together(one.corpus_digest for one, _ in measured),
            questions_digest=_together(one.questions_digest for one, _ in measured),
        )
        return self.runs.compare_and_keep(together, self.made_at)


def _together(digests: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def _unmeasured(sections: Sequence[Section]) -> tuple[Unmeasured, ...]:
    measured = {one.name for one in sections}
    left = [one for one in SETS if one.name not in measured]
    return (
        *(Unmeasured(name=one.name, reason=_reason(one), goals=one.goals) for one in left),
        *(Unmeasured(name=name, reason=reason) for name, reason in OTHERS.items()),
    )


def _reason(one: LabelledSet) -> str:
    return "not asked for in this run" if one.is_here() else "not on this machine"


def _row(name: str, found: Evaluation) -> str:
    figures = found.as_json()
    cells = (figures.get(column, "") for column in _COLUMNS[found.mode])
    shown = (f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in cells)
    return f"| {name} | {' | '.join(shown)} |"


def _chosen(parser: argparse.ArgumentParser, names: Sequence[str]) -> list[LabelledSet]:
    for name in names:
        if not any(one.is_called(name) for one in SETS):
            parser.error(f"no set is called {name!r}; there are {'; '.join(s.name for s in SETS)}")
    return [one for one in SETS if not names or any(one.is_called(name) for name in names)]


def main() -> None:
    """Parse the command line, measure, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these sets")
    parser.add_argument("--sets", nargs="+", default=[], metavar="NAME", help="only these sets")
    parser.add_argument(
        "--mode", action="append", choices=_MODES, help="may be repeated; default: retrieve"
    )
    parser.add_argument("--limit", type=int, help="only the first N questions of each set")
    parser.add_argument("--out", type=Path, default=Path("build/quality"), metavar="FOLDER")
    arguments = parser.parse_args()
    run = Run(
        settings=load(),
        sets=_chosen(parser, [*arguments.names, *arguments.sets]),
        modes=arguments.mode or ("retrieve",),
        limit=arguments.limit,
        runs=stored_runs(),
        made_at=datetime.now(UTC),
    )
    for path in write(asyncio.run(run.report()), arguments.out / "quality"):
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
