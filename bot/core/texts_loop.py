"""What a user reads of decisions, held changes and reminders, in Chinese and in English.

As in `texts`: a sentence that is missing in one language is a type error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from knowledge.model import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopTexts:
    """The words of one language."""

    # decisions
    accepted_by: str
    rejected_by: str
    sources_narrowed: str

    # changes that are held back
    gate_title: str
    gate_intro: str
    gate_documents: str
    gate_model: str
    gate_threshold: str
    gate_let: str
    gate_keep: str
    gate_live: str
    gate_kept: str
    gate_gone: str

    # what is past its review
    overdue_intro: str


ZH: Final = LoopTexts(
    accepted_by="{name} 已于 {date} 采用。",
    sources_narrowed="它引用的文档现在不再对原定的读者全部开放，所以不能采用。可以驳回它，"
    "再用 `/deskmate teach` 写一个大家都能看的答案。",
    rejected_by="{name} 已于 {date} 决定不采用。",
    gate_title="一项变更暂未生效",
    gate_intro="用已核实的答案测试后，这项变更会让结果变差，所以还没有生效，目前一切照旧。请您决定：",
    gate_documents="资料",
    gate_model="模型",
    gate_threshold="作答阈值",
    gate_let="仍然生效",
    gate_keep="保持现状",
    gate_live="好的，变更已经生效。",
    gate_kept="好的，保持现状。修正后再次导入或重启，会重新测试；也可以再点“仍然生效”。",
    gate_gone="这项变更已被更新的变更取代，或已撤回，测试后会另行通知。",
    overdue_intro=(
        "由您负责的以下资料已过复核日期，请看看内容是否仍然正确。"
        "全部清单：`/deskmate stale`；修改资料后请更新其复核日期并重新导入，"
        "答案可用 `/deskmate teach` 重新核实。"
    ),
)

EN: Final = LoopTexts(
    accepted_by="{name} accepted it on {date}.",
    sources_narrowed="What it quotes is no longer open to all its readers, so it cannot be "
    "accepted. You may reject it, and teach an answer that all of them may read.",
    rejected_by="{name} rejected it on {date}.",
    gate_title="A change is held back",
    gate_intro=(
        "Tested with the verified answers, this change makes results worse. It does not count yet; "
        "everything is as it was. Please decide:"
    ),
    gate_documents="Documents",
    gate_model="Model",
    gate_threshold="Threshold",
    gate_let="Let it count anyway",
    gate_keep="Leave it as it is",
    gate_live="All right, the change counts from now on.",
    gate_kept=(
        "All right, everything stays as it is. After a correction, the next ingest or start is "
        "tested again; “Let it count anyway” still works too."
    ),
    gate_gone="This change was replaced or taken back; you will hear about what came after it.",
    overdue_intro=(
        "What you look after has passed its review. Please see whether it still holds. The whole "
        "list: `/deskmate stale`. Give a page a new review date and ingest it again; verify an "
        "answer again with `/deskmate teach`."
    ),
)

LOOP_TEXTS: Final[Mapping[Language, LoopTexts]] = {"zh": ZH, "en": EN}
