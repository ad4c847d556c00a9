"""Numbers as a report writes them, the same in Markdown and HTML."""

from __future__ import annotations

from knowledge.evaluate.figures import INTERVAL, Figure, Figures
from knowledge.evaluate.report import LOWER_IS_BETTER, Difference, Goal

_TIMES = ("p50_ms", "p95_ms", "p99_ms")


def number(name: str, value: Figure) -> str:
    """A figure's value: shares with three places, times with one, counts with none."""
    match value:
        case None:
            return "–"
        case float() if name in _TIMES:
            return f"{value:,.1f}"
        case float():
            return f"{value:.3f}"
        case int():
            return f"{value:,}"
        case list():
            return f"{value[0]:.3f} – {value[1]:.3f}"
        case _:
            return str(value)


def interval_of(figures: Figures, name: str) -> tuple[float, float] | None:
    """The 95 % interval of a figure, where it has one."""
    interval = figures.get(f"{name}{INTERVAL}")
    return (interval[0], interval[1]) if isinstance(interval, list) else None


def interval(figures: Figures, name: str) -> str:
    """The 95 % interval in words; empty where there is none."""
    found = interval_of(figures, name)
    return "" if found is None else number(name, list(found))


def change(difference: Difference) -> str:
    """A difference with its sign."""
    places = 1 if difference.figure in _TIMES else 3
    return f"{difference.by:+.{places}f}".replace("-", "−")


def goal(one: Goal) -> str:
    """What is to be reached."""
    return f"{'≤' if one.figure in LOWER_IS_BETTER else '≥'} {one.value:g}"


def mark(met: bool | None) -> str:
    """Whether a goal is met, in one sign."""
    return {True: "✓", False: "✗", None: "–"}[met]


def main_figures(figures: Figures) -> tuple[str, ...]:
    """The names of all figures that are no intervals, in their order."""
    return tuple(name for name in figures if not name.endswith(INTERVAL))
