"""What to buy for how many people, from measured costs and a simulated day.

    python -m tests.benchmarks.capacity --from bench.json [--write]

Without --write the tables are printed. The pages are docs/explanation/capacity.md and its Chinese
sibling; what stands in them between the two marks is replaced.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.pages import replace_marked, table
from tests.benchmarks.queueing import Day, Service, least_lanes, simulate

SIZES = (100, 1_000, 10_000, 100_000)

QUESTIONS_A_DAY = 0.5
"""Of a person, on a working day. Assumed; `--questions` tries another figure."""

PAGES_A_SIZE = {100: 1_000, 1_000: 10_000, 10_000: 100_000, 100_000: 100_000}
"""Passages that a company of this size has; assumed, and as far as retrieval is measured."""

P95_S = 20.0
QUOTED = 0.02
PATIENCE_S = 15.0
"""What is good enough: the whole answer within 20 s for 95 of 100 people, at most 2 % of them given
quotes instead because they would have waited more than 15 s for the model to begin."""

CORES_A_LANE = 2
"""A lane is one model on the cores of the measured machine."""

_MARK = "capacity"
_PAGES = {"en": Path("docs/explanation/capacity.md"), "zh": Path("docs/explanation/capacity.zh.md")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What one answer and one bot were measured to cost.

    quoted, written: seconds of an answer without and with the language model, one asker at a time.
    bot_mb: a bot at work without a language model. model: the engine's name; empty: not measured.
    passage_bytes: what a passage more adds to the memory at 100,000; None: not measured.
    """

    quoted: Service
    written: Service | None
    model: str
    bot_mb: int
    passage_kb: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a company of this size needs."""

    people: int
    questions: float
    busiest_a_minute: float
    passages: int
    quoting: Day
    bots: int
    lanes: int | None
    writing: Day | None
    memory_gb: float


def costs_of(found: Mapping[str, Any]) -> Costs:
    """The costs in a bench.json.

    Raises:
        KeyError: a part is missing that the page needs: answering, footprint.
    """
    alone = found["answering"]["extractive"][0]
    model = found["answering"]["model"]
    measured = "answer" in model
    return Costs(
        quoted=Service.from_spread(alone["answer"]),
        written=Service.from_spread(model["answer"]) if measured else None,
        model=model.get("engine", ""),
        bot_mb=found["footprint"]["at_work_mb"],
        passage_kb=_passage_kb(found.get("retrieval", {}).get("sizes", [])),
    )


def _passage_kb(sizes: Sequence[Mapping[str, Any]]) -> float | None:
    memory = {one["passages"]: one["systems"]["deskmate"]["memory_mb"] for one in sizes}
    if len(memory) < 2:
        return None
    low, high = min(memory), max(memory)
    return round(1024 * (memory[high] - memory[low]) / (high - low), 2)


def plan(people: int, costs: Costs, *, questions_a_person: float) -> Plan:
    """Bots and model lanes for so many people."""
    questions = people * questions_a_person
    bots, quoting = _enough(questions, costs.quoted)
    writing = _enough(questions, costs.written) if costs.written else None
    passages = PAGES_A_SIZE.get(people, max(PAGES_A_SIZE.values()))
    grown_mb = passages * (costs.passage_kb or 0.0) / 1024
    return Plan(
        people=people,
        questions=questions,
        busiest_a_minute=round(questions * _busiest_share() / 60, 2),
        passages=passages,
        quoting=quoting,
        bots=bots,
        lanes=writing[0] if writing else None,
        writing=writing[1] if writing else None,
        memory_gb=math.ceil((costs.bot_mb + grown_mb) / 1024 * 10) / 10,
    )


def _enough(questions: float, service: Service) -> tuple[int, Day]:
    # No number of lanes makes an answer come sooner than a lane writes it.
    p95_s = max(P95_S, 1.2 * service.seconds[2])
    return least_lanes(questions, service, p95_s=p95_s, quoted=QUOTED, patience_s=PATIENCE_S)


def _busiest_share() -> float:
    from tests.benchmarks.queueing import HOURS

    return max(HOURS)


_HEADS = {
    "en": (
        "people", "questions a day", "in the busiest minute", "passages",
        "bots, quoting only", "answer p95", "memory a bot",
        "model lanes of two cores", "answer p95", "quoted for want of a lane",
        "lanes busy at the peak",
    ),
    "zh": (
        "员工数", "每天提问", "最忙一分钟", "段落数",
        "只引用原文时的机器人数", "回答 p95", "每个机器人内存",
        "模型通道数（每个两核）", "回答 p95", "因排队改为引用", "高峰时通道占用",
    ),
}  # fmt: skip
_NOT_MEASURED = {"en": "not measured", "zh": "未测量"}


def capacity_table(plans: Sequence[Plan], language: str) -> str:
    """The table of a page."""
    return table(_HEADS[language], [_row(one, language) for one in plans])


def _row(one: Plan, language: str) -> list[str]:
    unknown = _NOT_MEASURED[language]
    day = one.writing
    return [
        f"{one.people:,}",
        f"{one.questions:,.0f}",
        f"{one.busiest_a_minute:g}",
        f"{one.passages:,}",
        str(one.bots),
        f"{one.quoting.p95_s:g} s",
        f"{one.memory_gb:g} GB",
        str(one.lanes) if one.lanes else unknown,
        f"{day.p95_s:g} s" if day else unknown,
        f"{day.quoted:.1%}" if day else unknown,
        f"{day.busy:.0%}" if day else unknown,
    ]


_LANE_HEADS = {
    "en": ("people", "lanes", "answer p50", "answer p95", "quoted for want of a lane"),
    "zh": ("员工数", "通道数", "回答 p50", "回答 p95", "因排队改为引用"),
}


def queue_table(plans: Sequence[Plan], costs: Costs, language: str) -> str:
    """How each size fares with half, once and twice the lanes it needs."""
    rows = []
    for one in plans:
        if costs.written is None or one.lanes is None:
            return ""
        for lanes in sorted({max(1, one.lanes // 2), one.lanes, 2 * one.lanes}):
            day = simulate(one.questions, costs.written, lanes=lanes, patience_s=PATIENCE_S)
            times = (f"{day.p50_s:g} s", f"{day.p95_s:g} s", f"{day.quoted:.1%}")
            rows.append([f"{one.people:,}", str(lanes), *times])
    return table(_LANE_HEADS[language], rows)


def said(found: Mapping[str, Any], language: str, *, questions_a_person: float) -> str:
    """Everything between the marks of a page."""
    costs = costs_of(found)
    plans = [plan(one, costs, questions_a_person=questions_a_person) for one in SIZES]
    parts = [_facts(found, costs, language), capacity_table(plans, language)]
    queue = queue_table(plans, costs, language)
    return "\n\n".join([*parts, *([queue] if queue else [])])


_FACTS = {
    "en": (
        "Measured at {at} on {processor}, {cores} cores, with a load of {load}: a quoted answer "
        "takes {quoted:.3f} s at p50 (p95 {quoted95:.3f} s), {model}; "
        "a bot at work takes {bot_mb} MB."
    ),
    "zh": (
        "测量于 {at}，{processor}，{cores} 核，当时负载 {load}：引用原文的回答 p50 {quoted:.3f} 秒"
        "（p95 {quoted95:.3f} 秒）；{model}；工作中的机器人占内存 {bot_mb} MB。"
    ),
}
_MODEL = {
    "en": "one that `{name}` writes {written:.2f} s (p95 {written95:.2f} s)",
    "zh": "由 `{name}` 写出的回答 {written:.2f} 秒（p95 {written95:.2f} 秒）",
}
_NO_MODEL = {"en": "the language model was not measured", "zh": "语言模型未测量"}


def _facts(found: Mapping[str, Any], costs: Costs, language: str) -> str:
    machine = found["answering"]["machine"]
    model = _NO_MODEL[language]
    if costs.written:
        _, written, written95, *_ = costs.written.seconds
        model = _MODEL[language].format(name=costs.model, written=written, written95=written95)
    _, quoted, quoted95, *_ = costs.quoted.seconds
    return _FACTS[language].format(
        at=machine["at"],
        processor=machine["processor"],
        cores=machine["cores"],
        load=machine["load"][0],
        quoted=quoted,
        quoted95=quoted95,
        model=model,
        bot_mb=costs.bot_mb,
    )


def main() -> None:
    """Parse the command line, and print or write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="source", type=Path, default=Path("bench.json"))
    parser.add_argument("--questions", type=float, default=QUESTIONS_A_DAY, help="a person a day")
    parser.add_argument("--write", action="store_true", help="into the pages")
    given = parser.parse_args()
    found = json.loads(given.source.read_text("utf-8"))
    for language, page in _PAGES.items():
        text = said(found, language, questions_a_person=given.questions)
        if given.write:
            replace_marked(page, _MARK, text)
            print(f"wrote {page}")
        else:
            print(text, end="\n\n")


if __name__ == "__main__":
    main()
