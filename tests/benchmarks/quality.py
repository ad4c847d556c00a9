"""`make quality`: the figures of docs/explanation/quality.md, one labelled set a line.

The sets lie beside the project, not in it; those that are absent are left out.
"""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import dataclass
from pathlib import Path

from bot.cli.evaluate import measure
from bot.settings import load
from knowledge.evaluate import Evaluation, Mode
from knowledge.labelled import load_questions

SHARED = Path("../shared")
DEV, RESTRICTED = SHARED / "eval", SHARED / "eval_restricted"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledSet:
    """A corpus with questions to it.

    self_contained: ask only what can be understood without its page.
    """

    name: str
    corpus: Path
    qa: Path
    self_contained: bool = False

    def is_here(self) -> bool:
        """Whether corpus and questions are on this machine."""
        return self.corpus.exists() and self.qa.exists()


SETS = (
    LabelledSet(
        name="en_tts_handbook, masked",
        corpus=DEV / "corpora/en_tts_handbook/docs_masked",
        qa=DEV / "qa/en_tts_handbook.jsonl",
        self_contained=True,
    ),
    LabelledSet(
        name="en_sourcegraph_hr, masked",
        corpus=DEV / "corpora/en_sourcegraph_hr/docs_masked",
        qa=DEV / "qa/en_sourcegraph_hr.jsonl",
        self_contained=True,
    ),
    LabelledSet(
        name="zh_law_lecoqa",
        corpus=DEV / "corpora/zh_law/passages.jsonl",
        qa=DEV / "qa/zh_law_lecoqa.jsonl",
    ),
    LabelledSet(
        name="zh_it_campus",
        corpus=DEV / "corpora/zh_it_campus/docs",
        qa=DEV / "qa/zh_it_campus.jsonl",
    ),
    LabelledSet(
        name="zh_cmrc2018",
        corpus=DEV / "corpora/zh_cmrc2018/docs",
        qa=DEV / "qa/zh_cmrc2018.jsonl",
    ),
    LabelledSet(
        name="en_stackfaq",
        corpus=RESTRICTED / "corpora/en_stackfaq/docs",
        qa=RESTRICTED / "qa/en_stackfaq.jsonl",
    ),
    LabelledSet(
        name="zh_ruc_admissions",
        corpus=RESTRICTED / "corpora/zh_ruc_admissions/passages.jsonl",
        qa=RESTRICTED / "qa/zh_ruc_admissions.jsonl",
    ),
    LabelledSet(
        name="rgb_zh",
        corpus=RESTRICTED / "corpora/rgb_zh_dev/passages.jsonl",
        qa=RESTRICTED / "qa/rgb_zh.jsonl",
    ),
    LabelledSet(
        name="sample handbook",
        corpus=Path("bot/content/handbook"),
        qa=Path("tests/content/questions.jsonl"),
    ),
)
_COLUMNS = ("n", "recall@1", "recall@5", "recall@10", "mrr@10", "p50_ms", "p95_ms")


async def run(mode: Mode, names: list[str], limit: int | None) -> None:
    """Measure every set that is here and print a Markdown table."""
    settings = load()
    print(f"| set | {' | '.join(_COLUMNS)} |\n|{'---|' * (len(_COLUMNS) + 1)}")
    for one in SETS:
        if (names and one.name not in names) or not one.is_here():
            continue
        questions = load_questions(one.qa, self_contained_only=one.self_contained)
        found = await measure(settings, one.corpus, questions[:limit], mode)
        print(_row(one.name, found), flush=True)


def _row(name: str, found: Evaluation) -> str:
    figures = found.as_json()
    cells = (figures.get(column, "") for column in _COLUMNS)
    shown = (f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in cells)
    return f"| {name} | {' | '.join(shown)} |"


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these sets")
    parser.add_argument("--mode", choices=("retrieve", "answer"), default="retrieve")
    parser.add_argument("--limit", type=int)
    arguments = parser.parse_args()
    asyncio.run(run(arguments.mode, arguments.names, arguments.limit))


if __name__ == "__main__":
    main()
