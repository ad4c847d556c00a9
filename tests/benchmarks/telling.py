"""What telling costs an extractive answer: with nobody listening, with metrics, with traces.

An answer is made and its steps are written down; then the same steps are told again and again to
each listener. The difference of two whole answers would say nothing: they differ by more than that
from one time to the next.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bot.cli.demo import demo_settings, handbook
from bot.cli.options import open_shelf
from bot.knowledge_base import open_knowledge
from bot.settings import load
from bot.settings_telemetry import TelemetrySettings
from bot.telemetry.answers import ToldAnswerer
from bot.telemetry.metrics import Metrics
from bot.telemetry.otlp import opened_collector
from bot.telemetry.traces import Traces
from knowledge.engines.extractive import Extractive
from knowledge.labelled import load_questions
from knowledge.model import Question
from knowledge.steps import UNTOLD, Step, Steps
from tests.fakes_core import message

QUESTIONS: Final = Path("tests/content/questions.jsonl")
NOWHERE: Final = "http://127.0.0.1:9"
"""Nobody takes the traces: sending them is another thread's work."""

_AGAIN: Final = 150
"""So often an answer's steps are told; as many traces as there is room for."""

_Around = Callable[[], AbstractContextManager[None]]


async def measure(asked: int) -> Mapping[str, float]:
    """Milliseconds of an answer, and of telling it, by who listens."""
    answer_s, steps = await _answered(asked)
    traced = TelemetrySettings(otlp_endpoint=NOWHERE)
    async with opened_collector(traced, lost=lambda _reason, _spans: None, delay_s=600) as keep:
        traces = Traces(keep, ratio=1.0)
        ways: Mapping[str, tuple[Steps, _Around]] = {
            "silent": (UNTOLD, nullcontext),
            "metrics": (Steps(Metrics().hear), nullcontext),
            "traces": (
                Steps(Metrics().hear, traces.hear),
                lambda: traces.around(message("a question"), ()),
            ),
        }
        told = {name: _told_s(steps, *way) for name, way in ways.items()}
    return {
        "answer_ms": round(answer_s * 1000, 2),
        "steps": len(steps),
        **{f"{name}_ms": round(seconds * 1000, 4) for name, seconds in told.items()},
        **{f"{name}_share": round(seconds / answer_s, 5) for name, seconds in told.items()},
    }


async def _answered(asked: int) -> tuple[float, Sequence[Step]]:
    """The median answer's time, and the steps of the longest one."""
    heard: list[list[Step]] = []

    def hear(step: Step) -> None:
        heard[-1].append(step)

    steps = Steps(hear)
    times: list[float] = []
    with TemporaryDirectory() as folder:
        async with open_knowledge(
            demo_settings(load()),
            open_shelf(),
            store_folder=Path(folder),
            generator=Extractive(),
            steps=steps,
        ) as knowledge:
            heard.append([])
            # Few passages: the quicker an answer, the more telling counts.
            await knowledge.ingest.run(sorted(handbook().rglob("*.md"))[:3])
            await knowledge.warm_search()
            answerer = ToldAnswerer(knowledge.answerer, steps)
            for one in load_questions(QUESTIONS)[:asked]:
                heard.append([])
                began_s = time.perf_counter()
                async for _ in answerer.stream(Question(text=one.text, language=one.language)):
                    pass
                times.append(time.perf_counter() - began_s)
    return statistics.median(times), max(heard[1:], key=len)


def _told_s(told: Sequence[Step], steps: Steps, around: _Around) -> float:
    """Seconds to tell these steps once, the median of many times."""
    times = []
    for _ in range(_AGAIN):
        began_s = time.perf_counter()
        with around():
            for step in told:
                with steps.timing(step.name, **step.facts):
                    pass
        times.append(time.perf_counter() - began_s)
    return statistics.median(times)


def main() -> None:
    """Measure and print."""
    logging.disable()  # the sender says that nobody is there
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=40)
    arguments = parser.parse_args()
    print(json.dumps(asyncio.run(measure(arguments.questions)), indent=2))


if __name__ == "__main__":
    main()
