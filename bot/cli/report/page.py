"""A report as one HTML file that needs nothing else: style and plots are inside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import TypeAlias

from bot.cli.report import plots, shown, words
from bot.cli.report.words import Words
from knowledge.evaluate.cases import Case
from knowledge.evaluate.report import Comparison, Goal, Report, Section, Unmeasured

_HEADLINES = {
    "retrieve": ("recall@1", "recall@5", "passage_recall@5", "p95_ms"),
    "answer": ("coverage", "wrong_answer_rate", "balanced_accuracy", "calibration_error"),
    "engage": ("engage_f1", "engage_precision", "engage_recall", "engage_recall@precision90"),
}
_BUDGET = 0.02
_COLOURS = {True: "good", False: "bad", None: ""}
_NO_WORDS = Words("", "")

Cells: TypeAlias = Sequence[str]
"""One row of a table, as HTML."""


def page(report: Report) -> str:
    """The whole file."""
    style = files("bot.cli.report").joinpath("style.css").read_text(encoding="utf-8")
    title = escape(report.title)
    several = len(report.sections) + len(report.unmeasured) > 1
    body = "".join(
        (
            f"<h1>{title} {_chinese(words.TITLE)}</h1>",
            f'<p class="meta">{_both(words.MADE)}: {_when(report)}</p>',
            _overview(report) if several else "",
            *(_folded(one, closed=several) for one in (*report.overall, *report.sections)),
            _absent(report.unmeasured),
        )
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        # Nothing is fetched, whatever a question in the tables may contain.
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{title}</title><style>\n{style}</style></head>\n"
        f"<body><main>{body}</main></body></html>\n"
    )


# ── all sets ──────────────────────────────────────────────────────────────────────────────────


def _overview(report: Report) -> str:
    headings = (words.SET, words.FIGURE, words.MEASURED, words.INTERVAL, words.GOAL, _NO_WORDS)
    rows = [row for one in (*report.sections, *report.overall) for row in _goal_rows(one)]
    return _card(words.OVERVIEW, _table(headings, rows, numbers=(2,)))


def _goal_rows(section: Section) -> Iterator[Cells]:
    name = f'<a href="#{_anchor(section)}">{escape(section.name)}</a> {_tag(section.mode)}'
    if not section.goals:
        yield (name, _count(section), "", "", "", "")
    for place, goal in enumerate(section.goals):
        met = goal.is_met(section.figures)
        yield (
            "" if place else name,
            _both(words.figure_words(goal.figure)),
            shown.number(goal.figure, section.figures.get(goal.figure)),
            _interval(section, goal.figure),
            escape(shown.goal(goal)),
            _tag(shown.mark(met), _COLOURS[met]),
        )


def _absent(unmeasured: Sequence[Unmeasured]) -> str:
    if not unmeasured:
        return ""
    rows = [(escape(one.name), escape(one.reason), escape(_goals(one.goals))) for one in unmeasured]
    return _card(words.UNMEASURED, _table((words.SET, words.REASON, words.GOAL), rows))


def _goals(goals: Sequence[Goal]) -> str:
    return " · ".join(f"{words.figure_words(one.figure).en} {shown.goal(one)}" for one in goals)


# ── one set ───────────────────────────────────────────────────────────────────────────────────


def _folded(section: Section, *, closed: bool) -> str:
    left_out = "".join(_tag(f"− {name}") for name in section.without)
    return (
        f'<details class="set" id="{_anchor(section)}"{"" if closed else " open"}>'
        f"<summary><h2>{escape(section.name)}</h2> {_tag(section.mode)} {left_out} "
        f'<span class="meta">{_count(section)}</span></summary>'
        f"{_tiles(section)}{_plots(section)}{_figures(section)}"
        f"{_changes(section.comparison)}{_cases(section.cases)}</details>"
    )


def _tiles(section: Section) -> str:
    tiles = (
        f'<div class="tile"><div class="name">{_both(words.figure_words(name))}</div>'
        f'<div class="value">{shown.number(name, section.figures[name])}</div>'
        f'<div class="around">{shown.interval(section.figures, name) or "&nbsp;"}</div></div>'
        for name in _HEADLINES[section.mode]
        if section.figures.get(name) is not None
    )
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _plots(section: Section) -> str:
    found, figures = section.curves, section.figures
    drawn = []
    if found.documents or found.passages:
        drawing = plots.recall_plot(found.documents, found.passages)
        drawn.append((words.PLOT_RECALL, words.NOTE_RECALL, drawing))
    if found.risk:
        drawing = plots.risk_plot(found.risk, budget=_BUDGET)
        drawn.append((words.PLOT_RISK, words.NOTE_RISK, drawing))
    if found.calibration:
        error = shown.number("", figures.get("calibration_error"))
        title = Words(f"{words.PLOT_CALIBRATION.en}, ECE {error}", words.PLOT_CALIBRATION.zh)
        drawn.append((title, words.NOTE_CALIBRATION, plots.calibration_plot(found.calibration)))
    if found.latency:
        p50_ms, p95_ms = (float(str(figures[name])) for name in ("p50_ms", "p95_ms"))
        drawing = plots.latency_plot(found.latency, p50_ms=p50_ms, p95_ms=p95_ms)
        drawn.append((words.PLOT_LATENCY, words.NOTE_LATENCY, drawing))
    cards = (
        _card(title, f'<p class="note">{_both(note)}</p>{plot}') for title, note, plot in drawn
    )
    return f'<div class="plots">{"".join(cards)}</div>'


def _figures(section: Section) -> str:
    rows = (
        (
            _both(words.figure_words(name)),
            shown.number(name, section.figures[name]),
            _interval(section, name),
        )
        for name in shown.main_figures(section.figures)
    )
    return _card(
        words.FIGURES, _table((words.FIGURE, words.VALUE, words.INTERVAL), rows, numbers=(1,))
    )


def _changes(comparison: Comparison | None) -> str:
    if comparison is None:
        return _card(words.CHANGES, f'<p class="note">{_both(words.FIRST_RUN)}</p>')
    left_out = escape(", ".join(comparison.without)) or _both(words.NOTHING)
    note = f"{escape(comparison.made_at)} · {_both(words.WITHOUT)}: {left_out}"
    headings = (words.FIGURE, words.BEFORE, words.NOW, words.DIFFERENCE, _NO_WORDS)
    reach = {True: words.BEYOND, False: words.INSIDE}
    rows = (
        (
            _both(words.figure_words(one.figure)),
            shown.number(one.figure, one.before),
            shown.number(one.figure, one.now),
            f'<span class="{_COLOURS[one.better]}">{shown.change(one)}</span>',
            ""
            if one.beyond is None
            else _tag_of(reach[one.beyond], _COLOURS[one.better if one.beyond else None]),
        )
        for one in comparison.differences
    )
    table = _table(headings, rows, numbers=(1, 2, 3))
    return _card(words.CHANGES, f'<p class="note">{note}</p>{table}')


def _cases(cases: Sequence[Case]) -> str:
    if not cases:
        return _card(words.CASES, f'<p class="note">{_both(words.NO_CASES)}</p>')
    headings = (words.QUESTION, words.CONFIDENCE, words.EXPECTED, words.SAID)
    rows = (
        (
            _tag_of(words.KINDS[case.kind]),
            escape(case.question),
            shown.number("confidence", case.confidence),
            escape(" / ".join(case.expected)),
            escape(case.said or ", ".join(case.found)),
        )
        for case in cases
    )
    table = _table((_NO_WORDS, *headings), rows, texts=(1, 3, 4), numbers=(2,))
    summary = f"<summary><h3>{_both(words.CASES)}</h3> {_tag(str(len(cases)))}</summary>"
    return f'<details class="cases card">{summary}{table}</details>'


# ── the pieces ────────────────────────────────────────────────────────────────────────────────


def _interval(section: Section, name: str) -> str:
    bounds = shown.interval_of(section.figures, name)
    value = section.figures.get(name)
    if bounds is None or not isinstance(value, int | float):
        return ""
    said = shown.interval(section.figures, name)
    return f'<span class="range">{said}</span>{plots.interval_bar(value, *bounds)}'


def _count(section: Section) -> str:
    return f"{section.figures['n']} {_both(words.QUESTIONS)}"


def _card(title: Words, content: str) -> str:
    return f'<section class="card"><h3>{_both(title)}</h3>{content}</section>'


def _table(
    headings: Sequence[Words],
    rows: Iterable[Cells],
    *,
    numbers: Sequence[int] = (),
    texts: Sequence[int] = (),
) -> str:
    """numbers, texts: the columns set to the right, and those that hold long texts."""
    kinds = {**dict.fromkeys(numbers, "number"), **dict.fromkeys(texts, "text")}
    head = _cells("th", [_both(heading) for heading in headings], kinds)
    body = "".join(f"<tr>{_cells('td', row, kinds)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(tag: str, cells: Cells, kinds: Mapping[int, str]) -> str:
    return "".join(
        f'<{tag} class="{kinds.get(at, "")}">{cell}</{tag}>' for at, cell in enumerate(cells)
    )


def _tag(text: str, kind: str = "") -> str:
    return f'<span class="tag {kind}">{escape(text)}</span>'


def _tag_of(said: Words, kind: str = "") -> str:
    return _tag(f"{said.en} {said.zh}", kind)


def _both(said: Words) -> str:
    return f"{escape(said.en)}{_chinese(said)}"


def _chinese(said: Words) -> str:
    return f'<span class="zh" lang="zh">{escape(said.zh)}</span>' if said.zh else ""


def _anchor(section: Section) -> str:
    return "".join(c if c.isalnum() else "-" for c in f"{section.name}-{section.mode}")


def _when(report: Report) -> str:
    return f"{report.made_at:%Y-%m-%d %H:%M} {escape(report.made_at.tzname() or '')}"
