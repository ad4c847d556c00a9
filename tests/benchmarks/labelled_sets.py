"""The labelled sets that quality is measured on, what each is for, and what it should reach.

They lie beside the project, not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from knowledge.evaluate import Mode
from knowledge.evaluate.report import Goal
from knowledge.labelled import Labelled, load_questions

SHARED = Path("../shared")
DEV, RESTRICTED = SHARED / "eval", SHARED / "eval_restricted"

_ASKED: tuple[Mode, ...] = ("retrieve", "answer")
_CHAT: tuple[Mode, ...] = ("engage",)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledSet:
    """A corpus with questions to it.

    self_contained: ask only what can be understood without its page.
    ids: ask only questions whose id has this in it.
    modes: what can be measured with these labels.
    """

    name: str
    corpus: Path
    qa: Path
    self_contained: bool = False
    ids: str = ""
    modes: tuple[Mode, ...] = _ASKED
    goals: tuple[Goal, ...] = ()

    def is_here(self) -> bool:
        """Whether corpus and questions are on this machine."""
        return self.corpus.exists() and self.qa.exists()

    def is_called(self, name: str) -> bool:
        """By its whole name, or by what stands before the comma."""
        return name in (self.name, self.name.partition(",")[0])

    def questions(self) -> tuple[Labelled, ...]:
        """What is asked, in the order of the file."""
        found = load_questions(self.qa, self_contained_only=self.self_contained)
        return tuple(one for one in found if self.ids in one.id)


def _goals(**least: float) -> tuple[Goal, ...]:
    """Figures by name, where `_at_` stands for @."""
    return tuple(
        Goal(figure=name.replace("_at_", "@"), value=value) for name, value in least.items()
    )


# The error budget: at most 2 % of the answers given are wrong, and most questions get one.
BUDGET = _goals(wrong_answer_rate=0.02, coverage=0.60)

SETS = (
    LabelledSet(
        name="en_tts_handbook, masked",
        corpus=DEV / "corpora/en_tts_handbook/docs_masked",
        qa=DEV / "qa/en_tts_handbook.jsonl",
        self_contained=True,
        goals=_goals(passage_recall_at_5=0.74, recall_at_5=0.92) + BUDGET,
    ),
    LabelledSet(
        name="en_sourcegraph_hr, masked",
        corpus=DEV / "corpora/en_sourcegraph_hr/docs_masked",
        qa=DEV / "qa/en_sourcegraph_hr.jsonl",
        self_contained=True,
        goals=_goals(passage_recall_at_5=0.86, recall_at_5=0.97) + BUDGET,
    ),
    LabelledSet(
        name="zh_law_lecoqa",
        corpus=DEV / "corpora/zh_law/passages.jsonl",
        qa=DEV / "qa/zh_law_lecoqa.jsonl",
        goals=_goals(passage_recall_at_5=0.76, recall_at_5=0.98) + BUDGET,
    ),
    LabelledSet(
        name="zh_it_campus",
        corpus=DEV / "corpora/zh_it_campus/docs",
        qa=DEV / "qa/zh_it_campus.jsonl",
        goals=_goals(recall_at_5=0.99) + BUDGET,
    ),
    LabelledSet(
        name="zh_cmrc2018",
        corpus=DEV / "corpora/zh_cmrc2018/docs",
        qa=DEV / "qa/zh_cmrc2018.jsonl",
        goals=_goals(recall_at_5=0.99) + BUDGET,
    ),
    LabelledSet(
        name="refusal_en_handbooks, en_tts_handbook",
        corpus=DEV / "corpora/en_tts_handbook/docs_masked",
        qa=DEV / "qa/refusal_en_handbooks.jsonl",
        ids="tts_handbook",
        goals=_goals(balanced_accuracy=0.94) + BUDGET,
    ),
    LabelledSet(
        name="refusal_en_handbooks, en_sourcegraph_hr",
        corpus=DEV / "corpora/en_sourcegraph_hr/docs_masked",
        qa=DEV / "qa/refusal_en_handbooks.jsonl",
        ids="sourcegraph_hr",
        goals=_goals(balanced_accuracy=0.94) + BUDGET,
    ),
    LabelledSet(
        name="refusal_zh_hr",
        corpus=DEV / "corpora/zh_hr_law/docs",
        qa=DEV / "qa/refusal_zh_hr.jsonl",
        goals=_goals(balanced_accuracy=0.80) + BUDGET,
    ),
    LabelledSet(
        name="en_stackfaq",
        corpus=RESTRICTED / "corpora/en_stackfaq/docs",
        qa=RESTRICTED / "qa/en_stackfaq.jsonl",
        goals=_goals(recall_at_1=0.91, balanced_accuracy=0.80) + BUDGET,
    ),
    LabelledSet(
        name="zh_ruc_admissions",
        corpus=RESTRICTED / "corpora/zh_ruc_admissions/passages.jsonl",
        qa=RESTRICTED / "qa/zh_ruc_admissions.jsonl",
        goals=_goals(recall_at_5=0.92) + BUDGET,
    ),
    LabelledSet(
        name="rgb_zh",
        corpus=RESTRICTED / "corpora/rgb_zh_dev/passages.jsonl",
        qa=RESTRICTED / "qa/rgb_zh.jsonl",
        goals=_goals(balanced_accuracy=0.70) + BUDGET,
    ),
    LabelledSet(
        name="huixiangdou_zh",
        corpus=RESTRICTED / "corpora/zh_openmmlab_docs/docs",
        qa=RESTRICTED / "chat/huixiangdou_zh.jsonl",
        modes=_CHAT,
        goals=(
            Goal(figure="engage_f1", value=0.82),
            Goal(figure="engage_recall@precision90", value=0.55),
        ),
    ),
    LabelledSet(
        name="sample handbook",
        corpus=Path("bot/content/handbook"),
        qa=Path("tests/content/questions.jsonl"),
        goals=BUDGET,
    ),
)

OTHERS: Mapping[str, str] = {
    "irc_en": "a chat to which no corpus belongs",
    "clinc_smalltalk_en": "a chat to which no corpus belongs",
    "rgb_zh_fact_reader": "a test of reading given passages, without search",
    "rgb_en_fact_reader": "a test of reading given passages, without search",
}
"""Sets beside the project that `deskmate evaluate` cannot ask, and why."""
