from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bot.cli.report.markdown import markdown
from bot.cli.report.page import page
from bot.cli.report.plots import calibration_plot, latency_plot, recall_plot, risk_plot
from bot.cli.report.write import write
from knowledge.evaluate.curves import LatencyBin, Recall, Risk
from knowledge.evaluate.report import Section
from knowledge.metrics import reliability
from tests.bot.cli.report.made import HOSTILE, answers, chat, nothing, report, whole_report

VOID = {"meta", "br"}


class Outline(HTMLParser):
    """Which elements a page has, and whether each is closed in its place."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.outside: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.outside += [
            value
            for name, value in attrs
            if name in ("src", "href") and value and not value.startswith("#")
        ]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def close(self) -> None:
        super().close()
        assert self._open == []


def outline(html: str) -> Outline:
    parsed = Outline()
    parsed.feed(html)
    parsed.close()
    return parsed


# ── the page ──────────────────────────────────────────────────────────────────────────────────


def test_a_page_needs_nothing_but_itself() -> None:
    html = page(whole_report())

    parsed = outline(html)
    assert parsed.outside == []
    assert not {"script", "link", "img", "iframe"} & set(parsed.tags)
    assert "url(" not in html
    assert "@import" not in html


def test_what_somebody_asked_stays_text() -> None:
    html = page(report(answers()))

    assert HOSTILE not in html
    assert "&lt;script&gt;" in html


def test_answers_are_drawn_in_four_plots() -> None:
    assert page(report(answers())).count('<svg class="plot"') == 4


@pytest.mark.parametrize("section", [chat(), nothing()])
def test_what_cannot_be_drawn_is_left_out(section: Section) -> None:
    outline(page(report(section)))


def test_both_languages_stand_side_by_side() -> None:
    html = page(report(answers()))

    assert "coverage of answerable" in html
    assert "可答覆盖率" in html


def test_light_and_dark_and_chinese_fonts_are_provided() -> None:
    html = page(report(answers()))

    assert "prefers-color-scheme: dark" in html
    assert "PingFang SC" in html


def test_the_overview_says_which_goals_are_met_and_what_was_not_measured() -> None:
    html = page(whole_report())

    assert "✓" in html
    assert "✗" in html
    assert "far_away" in html


def test_differences_have_their_sign() -> None:
    html = page(report(answers()))

    assert "beyond the interval" in html
    assert re.search(r'class="good">\+0\.\d{3}', html)
    assert "−" in html


# ── plots ─────────────────────────────────────────────────────────────────────────────────────

PLOTS = {
    "perfect recall": recall_plot(
        [Recall(k=k, share=1, low=1, high=1) for k in range(1, 11)], []
    ),
    "perfect answers": risk_plot(
        [Risk(threshold=0.9, coverage=1, wrong_rate=0, low=0, high=0.1)], budget=0.02
    ),
    "all wrong": risk_plot([Risk(threshold=0.9, coverage=0, wrong_rate=1, low=0.5, high=1)]),
    "one answer": calibration_plot(reliability([(1.0, True)])),
    "always the same time": latency_plot(
        [LatencyBin(low_ms=5, high_ms=5.001, n=3)], p50_ms=5, p95_ms=5
    ),
}  # fmt: skip


@pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS)
def test_a_plot_is_whole_xml_within_its_frame(plot: str) -> None:
    drawing = ElementTree.fromstring(plot)  # noqa: S314 # our own words

    _, _, width, height = map(float, drawing.attrib["viewBox"].split())
    for element in drawing.iter():
        for name, most in (("x", width), ("cx", width), ("y", height), ("cy", height)):
            assert 0 <= float(element.get(name, 0)) <= most


# ── the other forms ───────────────────────────────────────────────────────────────────────────


def test_markdown_tables_keep_their_columns_whatever_was_asked() -> None:
    widths: list[int] = []
    for line in markdown(whole_report()).splitlines():
        if not line.startswith("|"):
            widths.clear()
            continue
        widths.append(len(re.findall(r"(?<!\\)\|", line)))
        assert widths[0] == widths[-1], line


def test_a_report_is_written_in_three_forms_beside_each_other(tmp_path: Path) -> None:
    written = write(whole_report(), tmp_path / "new" / "run.2024")

    assert [path.name for path in written] == ["run.2024.json", "run.2024.md", "run.2024.html"]
    assert json.loads(written[0].read_text(encoding="utf-8"))["title"] == "handbook & more"
    assert written[2].read_text(encoding="utf-8").startswith("<!doctype html>")
