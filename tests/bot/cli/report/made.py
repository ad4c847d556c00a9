"""Reports for tests: made of numbers, nothing is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from knowledge.evaluate import Evaluation, Judged, Mode, figures
from knowledge.evaluate.report import Goal, Report, Section, Unmeasured, compared, section
from tests.knowledge.evaluate.lines import answered, chatted, found, refused

MADE_AT = datetime(2024, 5, 6, 7, 8, tzinfo=UTC)
HOSTILE = '<script>alert("1")</script> | `x` ]]>'


def evaluation(mode: Mode, *judged: Judged) -> Evaluation:
    return Evaluation(mode=mode, judged=judged, figures=figures(mode, judged))


def answers() -> Section:
    """A set with answers of all kinds, compared with an earlier run."""
    judged = [
        answered(f"a{n}", 0.5 + n / 80, right=n % 9 > 0 or n > 30, ms=20.0 + n * n % 37)
        for n in range(40)
    ]
    judged += [refused(f"r{n}", 0.2, answerable=n > 5) for n in range(12)]
    judged += [found(f"f{n}", 1 + n % 4, passage_rank=1 + n % 7) for n in range(20)]
    hostile = judged[0]
    judged[0] = replace(
        hostile, one=replace(hostile.one, text=HOSTILE), got=replace(hostile.got, text=HOSTILE)
    )
    goals = (Goal(figure="coverage", value=0.6), Goal(figure="wrong_answer_rate", value=0.02))
    made = section("set_one", evaluation("answer", *judged), goals=goals)
    earlier = {**made.figures, "coverage": 0.2, "p50_ms": 11.5, "recall@1": 0.99}
    stored = {"figures": earlier, "made_at": "2024-01-01T00:00:00", "without": ["bm25"]}
    return replace(made, comparison=compared(made.figures, stored))


def chat() -> Section:
    lines = [chatted(str(n), n / 10, wanted=n > 4, spoke=n > 5) for n in range(10)]
    return section("chat", evaluation("engage", *lines), without=["dense-use"])


def nothing() -> Section:
    """A set without a single question."""
    return section("empty", evaluation("retrieve"))


def report(*sections: Section) -> Report:
    return Report(title="handbook & more", made_at=MADE_AT, sections=sections)


def whole_report() -> Report:
    """Several sets, one of them not here."""
    absent = Unmeasured(
        name="far_away", reason="not on this machine", goals=(Goal(figure="recall@5", value=0.9),)
    )
    sections = (answers(), chat(), nothing())
    return replace(
        report(*sections), overall=(replace(answers(), name="together"),), unmeasured=(absent,)
    )
