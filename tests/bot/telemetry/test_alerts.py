"""Alerts, dashboard and pages speak of metrics that there are, and of each other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.telemetry.metrics import Metrics
from bot.telemetry.steps import TIMED

ROOT = Path(__file__).parents[3]
RUNBOOK = ROOT / "docs" / "runbook"
REFERENCE = ROOT / "docs" / "reference" / "metrics.md"

SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "counter": ("_total",),
    "gauge": ("",),
    "info": ("_info",),
    "histogram": ("_bucket", "_count", "_sum"),
}
SEVERITIES = {"critical", "warning", "info"}
SCRAPED = {"instance", "pod"}
"""Labels that Prometheus adds."""


def made() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Each family of ours: its type and labels."""
    registry = Metrics().registry
    found = {}
    for collector in registry._collector_to_names:
        for family in collector.describe() if hasattr(collector, "describe") else ():
            if family.name.startswith("deskmate_"):
                labels = getattr(collector, "_labelnames", ())
                found[family.name] = (family.type, tuple(labels))
    return found | {"deskmate_build": ("info", ("version", "python"))}


FAMILIES = made()
LABELS = {
    f"{name}{suffix}": labels
    for name, (kind, labels) in FAMILIES.items()
    for suffix in SUFFIXES[kind]
}


def rules() -> list[dict[str, Any]]:
    content = yaml.safe_load((ROOT / "helm" / "files" / "alerts.yaml").read_text("utf-8"))
    assert content.keys() == {"groups"}
    return [rule for group in content["groups"] for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(
        (ROOT / "helm" / "files" / "dashboard.json").read_text("utf-8")
    )
    return content


def expressions() -> Iterator[tuple[str, str]]:
    """Every expression, by what it belongs to."""
    for rule in rules():
        yield rule["alert"], rule["expr"]
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_an_expression_uses_metrics_and_labels_that_there_are(where: str, expression: str) -> None:
    names = set(re.findall(r"\bdeskmate_\w+", expression))

    assert names
    assert names <= LABELS.keys()
    known = {label for name in names for label in LABELS[name]} | SCRAPED | {"le"}
    grouped = re.findall(r"\b(?:by|on|without) \(([^)]*)\)", expression)
    asked = {label.strip() for group in grouped for label in group.split(",")}
    asked |= set(re.findall(r"(\w+)(?:=~|!=|!~|=)\"", expression))
    assert asked <= known, where
    assert expression.count("(") == expression.count(")")


def test_every_step_that_is_asked_for_is_a_step() -> None:
    asked = {step for _, one in expressions() for step in re.findall(r'step="(\w+)"', one)}

    assert asked <= TIMED.keys()


def test_every_metric_is_on_the_dashboard() -> None:
    shown = {
        name
        for panel in dashboard()["panels"]
        for target in panel.get("targets", ())
        for name in re.findall(r"\bdeskmate_\w+", target["expr"])
    }

    assert {name for name in FAMILIES if not any(one.startswith(name) for one in shown)} == set()


def test_panels_have_numbers_of_their_own_and_do_not_overlap() -> None:
    panels = dashboard()["panels"]
    squares = [
        (x, y)
        for panel in panels
        for place in (panel["gridPos"],)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len(set(squares)) == len(squares)
    assert max(x for x, _ in squares) < 24


def test_each_alert_has_a_severity_a_summary_and_a_page() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in SEVERITIES
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["runbook"] == f"docs/runbook/{rule['alert']}.md"
        for label in re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]):
            assert re.search(rf"by \([^)]*\b{label}\b", rule["expr"]), rule["alert"]


def test_alerts_and_pages_match_one_to_one() -> None:
    alerts = [rule["alert"] for rule in rules()]
    pages = sorted(page.stem for page in RUNBOOK.glob("*.md") if page.stem != "index")
    index = (RUNBOOK / "index.md").read_text("utf-8")
    listed = re.findall(r"^\| \[(\w+)\]\(\1\.md\) \| (\w+) \|", index, re.MULTILINE)

    assert sorted(alerts) == pages
    assert listed == [(rule["alert"], rule["labels"]["severity"]) for rule in rules()]


@pytest.mark.parametrize("page", sorted(RUNBOOK.glob("*.md")), ids=lambda page: page.stem)
def test_a_page_says_what_to_do_and_leads_nowhere_wrong(page: Path) -> None:
    text = page.read_text("utf-8")

    if page.stem != "index":
        headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
        assert headings == [page.stem, "What it means", "How to see it", "What to do"]
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (page.parent / link).exists(), link
    for name in re.findall(r"\bdeskmate_\w+", text):
        assert name in LABELS or name in FAMILIES, name


def test_the_reference_lists_every_metric_with_its_labels() -> None:
    rows = re.findall(
        r"^\| `(deskmate_\w+)` \| (\w+) \| (.*?) \|", REFERENCE.read_text("utf-8"), re.MULTILINE
    )
    listed = {name: (kind, tuple(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}

    assert listed == {
        f"{name}{SUFFIXES[kind][0] if kind != 'histogram' else ''}": (kind, labels)
        for name, (kind, labels) in FAMILIES.items()
    }


def test_the_reference_lists_every_step() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \|$", REFERENCE.read_text("utf-8"), re.MULTILINE)

    assert dict(rows) == TIMED


def test_every_step_that_is_told_is_counted() -> None:
    """A step that nobody counts would be told for nothing, and one of another name too."""
    told = {
        name
        for folder in ("bot", "knowledge")
        for file in (ROOT / folder).rglob("*.py")
        for name in re.findall(
            r"(?:\.timing|\.tell|\btiming|\b_telling|\bStep)\(\s*\"(\w+)\"", file.read_text("utf-8")
        )
    }
    known = TIMED.keys() | Metrics().heard

    assert told == known
