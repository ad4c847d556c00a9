"""A picture of how long a question takes in each system: SVG for light and dark pages.

Bars up to the middle question (p50), and on to the slow one in twenty (p95), on a logarithmic axis,
since the systems are far apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _LEFT, _RIGHT, _TOP = 800, 120, 230, 64
_ROW, _GAP, _FOOT = 26, 34, 46

_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#24292f}.faint{fill:#6e7781}.head{font-weight:600}"
    ".title{font-size:15px;font-weight:600}line{stroke:#d0d7de}.theirs{fill:#8c959f}"
    ".ours{fill:#0969da}.tip{opacity:.45}.goal{stroke:#cf222e;stroke-dasharray:4 3}"
    "@media (prefers-color-scheme:dark){text{fill:#e6edf3}.faint{fill:#9198a1}"
    "line{stroke:#3d444d}.theirs{fill:#9198a1}.ours{fill:#4493f8}.goal{stroke:#f85149}}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One system: its name, milliseconds at p50 and p95, and what is written beside it."""

    name: str
    p50_ms: float
    p95_ms: float
    said: str
    ours: bool


def latency_picture(
    groups: Mapping[str, Sequence[Bar]], *, title: str, foot: str, goals: Mapping[str, float]
) -> str:
    """The bars of each group below its heading. goals: milliseconds by heading, drawn as a line."""
    bars = [bar for group in groups.values() for bar in group]
    scale = _scale([bar.p50_ms for bar in bars], [bar.p95_ms for bar in bars])
    height = _TOP + sum(_GAP + _ROW * len(group) for group in groups.values()) + _FOOT
    parts = [f"<style>{_STYLE}</style>", _text(16, 28, title, "title")]
    y = _TOP
    for head, group in groups.items():
        parts += _group(head, group, y, scale, goals.get(head))
        y += _GAP + _ROW * len(group)
    parts += _axis(scale, top=_TOP - 8, bottom=y)
    parts.append(_text(16, height - 10, foot, "faint"))
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    name = escape(title, quote=True)
    body = "".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{name}">'
        f"{body}</svg>\n"
    )


def _group(
    head: str, group: Sequence[Bar], y: float, scale: tuple[float, float], goal: float | None
) -> list[str]:
    parts = [_text(16, y + 16, head, "head")]
    top = y + _GAP - 8
    for place, bar in enumerate(group):
        parts += _bar(bar, top + place * _ROW, scale)
    if goal is not None:
        x = _x(goal, scale)
        end = top + len(group) * _ROW
        parts.append(f'<line class="goal" x1="{x}" x2="{x}" y1="{top - 4}" y2="{end}"/>')
    return parts


def _bar(bar: Bar, y: float, scale: tuple[float, float]) -> list[str]:
    kind = "ours" if bar.ours else "theirs"
    middle, far = _x(bar.p50_ms, scale), _x(bar.p95_ms, scale)
    size = f'y="{y}" height="{_ROW - 10}" rx="2"'
    near, rest = max(1.0, middle - _LEFT), max(1.0, far - middle)
    return [
        _text(_LEFT - 8, y + 13, bar.name, "head" if bar.ours else "", anchor="end"),
        f'<rect class="{kind}" x="{_LEFT}" width="{near:.1f}" {size}/>',
        f'<rect class="{kind} tip" x="{middle}" width="{rest:.1f}" {size}/>',
        _text(far + 8, y + 13, bar.said, "faint"),
    ]


def _axis(scale: tuple[float, float], *, top: float, bottom: float) -> list[str]:
    parts = []
    for power in range(math.ceil(scale[0]), math.floor(scale[1]) + 1):
        x = _x(10.0**power, scale)
        parts.append(f'<line x1="{x}" x2="{x}" y1="{top}" y2="{bottom}" opacity=".5"/>')
        parts.append(_text(x, bottom + 14, f"{10.0**power:,g} ms", "faint", anchor="middle"))
    return parts


def _scale(low: Sequence[float], high: Sequence[float]) -> tuple[float, float]:
    """The powers of ten that the axis begins and ends at."""
    return math.floor(math.log10(min(low))), math.log10(max(high))


def _x(value_ms: float, scale: tuple[float, float]) -> float:
    share = (math.log10(max(value_ms, 1e-3)) - scale[0]) / max(1e-9, scale[1] - scale[0])
    return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)


def _text(x: float, y: float, said: str, kind: str = "", *, anchor: str = "start") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(said)}</text>'
