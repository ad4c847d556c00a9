"""The sentences around what is learnt from threads and documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from knowledge.model import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class MiningTexts:
    """Every sentence, in one language."""

    learn_command: str
    proposal_thread: str
    not_here: str
    no_thread: str
    refused: str
    nothing: str
    known: str
    rejected: str


MINING: Final[Mapping[Language, MiningTexts]] = {
    "zh": MiningTexts(
        learn_command="在话题里使用：把这段讨论整理成问答（也可以 @我 说“学习这个话题”）",
        proposal_thread="从一段讨论整理的问答",
        not_here="这个平台不让我读取之前的消息，所以没法从讨论里学习。"
        "请用 `/deskmate teach 问题 | 答案` 直接教我。",
        no_thread="请在一个话题（消息的回复）里这样说，我就去读那段讨论。",
        refused="平台不允许我读取这段讨论（{code}）。请管理员检查我的权限，并确认我在这个群里。",
        nothing="我在这段讨论里没有找到一个问题和它的可靠答案。可以请同事给正确的回复点个 👍，"
        "或用 `/deskmate teach 问题 | 答案` 直接教我。",
        known="这个问题已经有答案，或已在等待确认：“{question}”。",
        rejected="同样的问答之前已经有人决定不采用。",
    ),
    "en": MiningTexts(
        learn_command="in a thread: learn what it came to (or tell me “learn this thread”)",
        proposal_thread="what a conversation came to",
        not_here="This platform does not let me read what was said before, so I cannot learn from "
        "conversations here. Please teach me with `/deskmate teach question | answer`.",
        no_thread="Please say this in a thread, under the messages that I should read.",
        refused="I may not read this thread ({code}). Please let an administrator look at my "
        "permissions and whether I am a member here.",
        nothing="I found no question with an answer to rely on in this thread. Put a 👍 on the "
        "right reply, or teach me with `/deskmate teach question | answer`.",
        known="This is answered already, or waits for approval: “{question}”.",
        rejected="Somebody has decided against the very same answer before.",
    ),
}
