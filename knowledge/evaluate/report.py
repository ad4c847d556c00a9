"""An evaluation made into something to read and to compare with: figures, goals, curves, cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from knowledge.evaluate.cases import Case, worst
from knowledge.evaluate.curves import Curves, curves
from knowledge.evaluate.figures import INTERVAL, Figures
from knowledge.evaluate.prediction import Mode
from knowledge.evaluate.trial import Evaluation

LOWER_IS_BETTER = frozenset(
    {"wrong_answer_rate", "risk_coverage_area", "calibration_error", "p50_ms", "p95_ms", "p99_ms"}
)

_COMPARED_WITHOUT_INTERVAL = ("p50_ms", "p95_ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a figure should reach, or for `LOWER_IS_BETTER` not exceed."""

    figure: str
    value: float

    def is_met(self, figures: Figures) -> bool | None:
        """None where the figure was not measured."""
        measured = figures.get(self.figure)
        if not isinstance(measured, int | float):
            return None
        below = self.figure in LOWER_IS_BETTER
        return measured <= self.value if below else measured >= self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A figure now and in an earlier run.

    beyond: the earlier value is outside today's 95 % interval; None where there is no interval.
    better: the difference goes the right way; None where there is none.
    """

    figure: str
    before: float
    now: float
    by: float
    beyond: bool | None
    better: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What changed since an earlier run. without: the parts that were left out then."""

    made_at: str
    without: tuple[str, ...]
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One set in one mode.

    corpus_digest, questions_digest: name what was asked, so that only equals are compared.
    without: the parts of the pipeline that were left out.
    """

    name: str
    mode: Mode
    figures: Figures
    curves: Curves = field(default_factory=Curves)
    cases: tuple[Case, ...] = ()
    goals: tuple[Goal, ...] = ()
    without: tuple[str, ...] = ()
    corpus_digest: str = ""
    questions_digest: str = ""
    comparison: Comparison | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`."""
        plain = {**asdict(self), "figures": dict(self.figures)}
        plain["goals"] = [{**asdict(goal), "met": goal.is_met(self.figures)} for goal in self.goals]
        return plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmeasured:
    """A set that was not measured, and why."""

    name: str
    reason: str
    goals: tuple[Goal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that was measured at one time. overall: all sets of a mode added up."""

    title: str
    made_at: datetime
    sections: tuple[Section, ...]
    overall: tuple[Section, ...] = ()
    unmeasured: tuple[Unmeasured, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`."""
        return {
            "title": self.title,
            "made_at": self.made_at.isoformat(timespec="seconds"),
            "sections": [section.as_json() for section in self.sections],
            "overall": [section.as_json() for section in self.overall],
            "unmeasured": [asdict(one) for one in self.unmeasured],
        }


def section(
    name: str,
    evaluation: Evaluation,
    *,
    goals: Sequence[Goal] = (),
    without: Sequence[str] = (),
    corpus_digest: str = "",
    questions_digest: str = "",
) -> Section:
    """An evaluation as a section of a report; goals on figures of other modes are left out."""
    return Section(
        name=name,
        mode=evaluation.mode,
        figures=evaluation.figures,
        curves=curves(evaluation.judged),
        cases=worst(evaluation.mode, evaluation.judged),
        goals=tuple(goal for goal in goals if goal.figure in evaluation.figures),
        without=tuple(sorted(without)),
        corpus_digest=corpus_digest,
        questions_digest=questions_digest,
    )


def compared(now: Figures, earlier: Mapping[str, Any]) -> Comparison:
    """What changed since a run, given as its stored JSON; figures it did not have are left out."""
    before = earlier["figures"]
    names = [name.removesuffix(INTERVAL) for name in now if name.endswith(INTERVAL)]
    differences = (
        _difference(name, before.get(name), now.get(name), now.get(f"{name}{INTERVAL}"))
        for name in (*names, *_COMPARED_WITHOUT_INTERVAL)
    )
    return Comparison(
        made_at=earlier["made_at"],
        without=tuple(earlier["without"]),
        differences=tuple(one for one in differences if one is not None),
    )


def _difference(name: str, before: object, now: object, interval: object) -> Difference | None:
    if not isinstance(before, int | float) or not isinstance(now, int | float):
        return None
    by = round(now - before, 4)
    beyond = not interval[0] <= before <= interval[1] if isinstance(interval, list) else None
    better = None if by == 0 else (by < 0) == (name in LOWER_IS_BETTER)
    return Difference(figure=name, before=before, now=now, by=by, beyond=beyond, better=better)
