"""Plots as inline SVG: text and shapes only, coloured by the page's style sheet.

Every plot is a pure function of the numbers; classes carry the colours, so that one drawing serves
light and dark.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from bot.cli.report import words
from bot.cli.report.words import Words
from knowledge.evaluate.curves import LatencyBin, Recall, Risk
from knowledge.metrics import Bin, wilson

_WIDTH, _HEIGHT = 480, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 18, 28, 48

_SHOWN_SHARE = 0.1
"""The least that the wrong-rate axis shows, so that 1 % does not look like a mountain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """Where values lie on the drawing."""

    x: tuple[float, float]
    y: tuple[float, float]
    x_label: Words
    y_label: Words | None = None

    def px(self, value: float) -> float:
        """From a value to its place from the left."""
        low, high = self.x
        return round(_LEFT + (value - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT), 1)

    def py(self, value: float) -> float:
        """From a value to its place from the top."""
        low, high = self.y
        bottom = _HEIGHT - _BOTTOM
        return round(bottom - (value - low) / (high - low) * (bottom - _TOP), 1)


def recall_plot(documents: Sequence[Recall], passages: Sequence[Recall]) -> str:
    """Recall by rank, one line for documents and one for passages."""
    lowest = min(0.9, *(point.low for point in (*documents, *passages)))
    axes = Axes(x=(0.7, 10.3), y=(math.floor(lowest * 10) / 10, 1.0), x_label=words.AXIS_K)
    parts = [_grid(axes, [float(k) for k in range(1, 11)], share=True)]
    for kind, name, points in (
        ("one", words.BY_DOCUMENT, documents),
        ("two", words.BY_PASSAGE, passages),
    ):
        if points:
            middle = [(float(point.k), point.share) for point in points]
            parts.append(_band(axes, [(float(p.k), p.low, p.high) for p in points], kind))
            parts.append(_line(axes, middle, kind))
            parts += (_dot(axes, x, y, kind, f"{name.en} recall@{x:g}: {y:.3f}") for x, y in middle)
    keys = [("one", words.BY_DOCUMENT)] * bool(documents) + [("two", words.BY_PASSAGE)] * bool(
        passages
    )
    return _svg(words.PLOT_RECALL, [*parts, _legend(keys)])


def risk_plot(points: Sequence[Risk], *, budget: float | None = None) -> str:
    """The wrong rate among given answers against coverage. budget: the rate not to exceed."""
    highest = max(_SHOWN_SHARE, *(point.wrong_rate for point in points))
    axes = Axes(
        x=(0.0, 1.0),
        y=(0.0, min(1.0, math.ceil(highest * 20) / 20)),
        x_label=words.AXIS_COVERAGE,
        y_label=words.AXIS_WRONG,
    )
    top = axes.y[1]
    curve = [(point.coverage, point.wrong_rate) for point in points]
    band = [(p.coverage, min(p.low, top), min(p.high, top)) for p in points]
    last = points[-1]
    said = f"coverage {last.coverage:.3f}, wrong {last.wrong_rate:.3f}"
    parts = [_grid(axes, _ticks(0.0, 1.0), share=True), _band(axes, band, "one")]
    if budget is not None and budget <= top:
        parts.append(_line(axes, [(0.0, budget), (1.0, budget)], "budget"))
    parts += [_line(axes, curve, "one"), _dot(axes, *curve[-1], "one", said)]
    return _svg(words.PLOT_RISK, parts)


def calibration_plot(bins: Sequence[Bin]) -> str:
    """A reliability diagram; the grey columns are how many answers a bin holds."""
    axes = Axes(x=(0.0, 1.0), y=(0.0, 1.0), x_label=words.CONFIDENCE, y_label=words.AXIS_RIGHT)
    parts = [_grid(axes, _ticks(0.0, 1.0), share=True)]
    most = max(one.n for one in bins) or 1
    for one in (one for one in bins if one.n):
        height = 0.25 * one.n / most
        parts.append(_column(axes, one.low, one.high, height, "count", f"n = {one.n}"))
    parts.append(_line(axes, [(0.0, 0.0), (1.0, 1.0)], "ideal"))
    for one in (one for one in bins if one.n):
        low, high = wilson(one.right, one.n)
        right = one.right / one.n
        said = f"confidence {one.confidence:.2f}, right {right:.2f}, n = {one.n}"
        parts.append(_whisker(axes, one.confidence, low, high))
        parts.append(_dot(axes, one.confidence, right, "one", said))
    return _svg(words.PLOT_CALIBRATION, parts)


def latency_plot(bins: Sequence[LatencyBin], *, p50_ms: float, p95_ms: float) -> str:
    """How the times are spread, with the two percentiles that matter."""
    low, high = bins[0].low_ms, bins[-1].high_ms
    axes = Axes(x=(low, high), y=(0.0, max(one.n for one in bins) * 1.15), x_label=words.AXIS_MS)
    parts = [_grid(axes, _ticks(low, high), share=False)]
    for one in bins:
        said = f"{one.low_ms:.1f} – {one.high_ms:.1f} ms: {one.n}"
        parts.append(_column(axes, one.low_ms, one.high_ms, float(one.n), "bar", said))
    for name, value_ms in (("p50", p50_ms), ("p95", p95_ms)):
        parts.append(_marker(axes, min(value_ms, high), f"{name} {value_ms:,.1f}"))
    return _svg(words.PLOT_LATENCY, parts)


def interval_bar(value: float, low: float, high: float) -> str:
    """A share with its interval on a line from 0 to 1, small enough for a table."""
    left, right, at = (round(4 + 112 * share, 1) for share in (low, high, value))
    return (
        '<svg class="mini" viewBox="0 0 120 14" aria-hidden="true">'
        '<line class="track" x1="4" x2="116" y1="7" y2="7"/>'
        f'<line class="reach" x1="{left}" x2="{right}" y1="7" y2="7"/>'
        f'<circle class="dot one" cx="{at}" cy="7" r="3.6"/></svg>'
    )


# ── the pieces ────────────────────────────────────────────────────────────────────────────────


def _svg(title: Words, parts: Iterable[str]) -> str:
    name = escape(f"{title.en} {title.zh}")
    body = "".join(parts)
    return (
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{name}">'
        f"{body}</svg>"
    )


def _grid(axes: Axes, x_ticks: Sequence[float], *, share: bool) -> str:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts = []
    for y in _ticks(*axes.y):
        at = axes.py(y)
        label = f"{y:.0%}" if share else f"{y:g}"
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{at}" y2="{at}"/>')
        parts.append(
            f'<text class="tick" x="{_LEFT - 8}" y="{at + 4}" text-anchor="end">{label}</text>'
        )
    unit_shares = share and axes.x == (0.0, 1.0)
    for x in x_ticks:
        label = f"{x:.0%}" if unit_shares else f"{x:,g}"
        parts.append(
            f'<text class="tick" x="{axes.px(x)}" y="{bottom + 18}" text-anchor="middle">'
            f"{label}</text>"
        )
    parts.append(f'<line class="axis" x1="{_LEFT}" x2="{right}" y1="{bottom}" y2="{bottom}"/>')
    parts.append(_label((_LEFT + right) / 2, _HEIGHT - 8, axes.x_label, "middle"))
    if axes.y_label:
        parts.append(_label(_LEFT - 42, _TOP - 14, axes.y_label, "start"))
    return "".join(parts)


def _label(x: float, y: float, said: Words, anchor: str) -> str:
    text = escape(f"{said.en} · {said.zh}")
    return f'<text class="label" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{text}</text>'


def _line(axes: Axes, points: Sequence[tuple[float, float]], kind: str) -> str:
    path = " ".join(f"{axes.px(x)},{axes.py(y)}" for x, y in points)
    return f'<polyline class="line {kind}" points="{path}"/>'


def _band(axes: Axes, points: Sequence[tuple[float, float, float]], kind: str) -> str:
    above = [f"{axes.px(x)},{axes.py(high)}" for x, _, high in points]
    below = [f"{axes.px(x)},{axes.py(low)}" for x, low, _ in reversed(points)]
    return f'<polygon class="band {kind}" points="{" ".join(above + below)}"/>'


def _dot(axes: Axes, x: float, y: float, kind: str, said: str) -> str:
    place = f'cx="{axes.px(x)}" cy="{axes.py(y)}"'
    return f'<circle class="dot {kind}" {place} r="3.6"><title>{escape(said)}</title></circle>'


def _whisker(axes: Axes, x: float, low: float, high: float) -> str:
    at = axes.px(x)
    return f'<line class="whisker" x1="{at}" x2="{at}" y1="{axes.py(low)}" y2="{axes.py(high)}"/>'


def _column(axes: Axes, low: float, high: float, height: float, kind: str, said: str) -> str:
    left, right, top = axes.px(low), axes.px(high), axes.py(height)
    size = f'width="{max(0.5, right - left - 2):.1f}" height="{axes.py(0.0) - top:.1f}"'
    return (
        f'<rect class="{kind}" x="{left + 1:.1f}" y="{top}" {size} rx="2">'
        f"<title>{escape(said)}</title></rect>"
    )


def _marker(axes: Axes, x: float, said: str) -> str:
    at = axes.px(x)
    # The text turns to the left where it would leave the drawing on the right.
    anchor, shift = ("end", -5) if at > _WIDTH * 0.7 else ("start", 5)
    return (
        f'<line class="marker" x1="{at}" x2="{at}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}"/>'
        f'<text class="label" x="{at + shift}" y="{_TOP + 6}" text-anchor="{anchor}">{said}</text>'
    )


def _legend(keys: Sequence[tuple[str, Words]]) -> str:
    parts = []
    for place, (kind, said) in enumerate(keys):
        y = _HEIGHT - _BOTTOM - 14 - 18 * (len(keys) - 1 - place)
        x = _WIDTH - _RIGHT - 118
        parts.append(f'<circle class="dot {kind}" cx="{x}" cy="{y - 4}" r="4"/>')
        parts.append(_label(x + 10, y, said, "start"))
    return "".join(parts)


def _ticks(low: float, high: float, *, about: int = 5) -> list[float]:
    """Round values from low to high: steps of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / about
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * size for size in (1, 2, 5, 10) if power * size >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(n * step, 10) for n in range(first, last + 1)]
