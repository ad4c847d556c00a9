"""A report as Markdown: the tables, without the plots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.cli.report import shown, words
from bot.cli.report.words import Words
from knowledge.evaluate.report import Comparison, Report, Section

_CASES_SHOWN = 50


def markdown(report: Report) -> str:
    """The whole report, ending in a line break."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"# {report.title} · {words.TITLE.zh}"
    yield f"\n{_both(words.MADE)}: {report.made_at:%Y-%m-%d %H:%M} {report.made_at.tzname()}"
    if len(report.sections) + len(report.unmeasured) > 1:
        yield from _overview(report)
    for section in (*report.overall, *report.sections):
        yield from _section(section)


def _overview(report: Report) -> Iterator[str]:
    yield f"\n## {_both(words.OVERVIEW)}\n"
    headings = (words.SET, words.MODE, words.FIGURE, words.MEASURED, words.INTERVAL, words.GOAL)
    yield from _head((*headings, Words("", "")))
    for section in (*report.sections, *report.overall):
        for goal in section.goals:
            name = goal.figure
            yield _row(
                section.name,
                section.mode,
                _both(words.figure_words(name)),
                shown.number(name, section.figures.get(name)),
                shown.interval(section.figures, name),
                shown.goal(goal),
                shown.mark(goal.is_met(section.figures)),
            )
        if not section.goals:
            yield _row(section.name, section.mode, "", "", "", "", "")
    for one in report.unmeasured:
        goals = ", ".join(f"{goal.figure} {shown.goal(goal)}" for goal in one.goals)
        yield _row(one.name, "", _both(words.UNMEASURED), one.reason, "", goals, "–")


def _section(section: Section) -> Iterator[str]:
    yield f"\n## {section.name} · {section.mode}\n"
    if section.without:
        yield f"{_both(words.WITHOUT)}: {', '.join(section.without)}\n"
    yield from _head((words.FIGURE, words.VALUE, words.INTERVAL))
    for name in shown.main_figures(section.figures):
        value = shown.number(name, section.figures[name])
        label = _both(words.figure_words(name))
        yield _row(label, value, shown.interval(section.figures, name))
    if section.comparison:
        yield from _changes(section.comparison)
    yield f"\n### {_both(words.CASES)}\n"
    yield from _cases(section)


def _changes(comparison: Comparison) -> Iterator[str]:
    left_out = ", ".join(comparison.without) or words.NOTHING.en
    yield f"\n### {_both(words.CHANGES)}\n"
    yield f"{comparison.made_at} · {_both(words.WITHOUT)}: {left_out}\n"
    yield from _head((words.FIGURE, words.BEFORE, words.NOW, words.DIFFERENCE, Words("", "")))
    for one in comparison.differences:
        yield _row(
            _both(words.figure_words(one.figure)),
            shown.number(one.figure, one.before),
            shown.number(one.figure, one.now),
            shown.change(one),
            _both(words.BEYOND) if one.beyond else "",
        )


def _cases(section: Section) -> Iterator[str]:
    if not section.cases:
        yield _both(words.NO_CASES)
        return
    headings = (words.QUESTION, words.CONFIDENCE, words.EXPECTED, words.SAID)
    yield from _head((Words("", ""), *headings))
    for case in section.cases[:_CASES_SHOWN]:
        yield _row(
            _both(words.KINDS[case.kind]),
            case.question,
            shown.number("confidence", case.confidence),
            " / ".join(case.expected),
            case.said or ", ".join(case.found),
        )


def _head(headings: Iterable[Words]) -> Iterator[str]:
    cells = [_both(heading) for heading in headings]
    yield _row(*cells)
    yield f"|{'---|' * len(cells)}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(text: str) -> str:
    """What stands in a question must not end its cell, nor become markup."""
    for sign in ("\\", "|", "<", "`", "*", "_", "["):
        text = text.replace(sign, f"\\{sign}")
    return text


def _both(said: Words) -> str:
    return " ".join(filter(None, (said.en, said.zh)))
