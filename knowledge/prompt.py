"""What the language model reads: two worked examples, a few statements, the question.

The form was measured: models of 0.5B–1.5B answer best from three or four statements with few-shot
turns and no instruction to refuse. The beginning is the same for every question of a language, so
an engine with a prompt cache reads it once.
"""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.evidence import Evidence
from knowledge.model import Language, Prompt, Turn

STATEMENTS_READ = 5
_MAX_TOKENS = 160
_MAX_STATEMENT_CHARS = 600

_SYSTEM: dict[Language, str] = {
    "zh": "你是公司知识库助手。只根据资料，用一两句中文直接回答问题，数字和名称照抄资料。",
    "en": "You are a company knowledge-base assistant. Answer the question in one or two English "
    "sentences, only from the context, and copy numbers and names exactly.",
}
_EXAMPLES: dict[Language, tuple[tuple[str, str, str], ...]] = {
    "zh": (
        (
            "会议室使用规定：会议室每次最长可预订4小时。\n"
            "会议室使用规定：开始后15分钟无人签到的，系统自动释放。",
            "订好的会议室为什么没了",
            "会议开始后15分钟无人签到，系统会自动释放会议室。",
        ),
        (
            "停车：Visitors may park on level B2 for up to 3 hours free of charge.\n"
            "停车：车位类型: 员工月租; 费用: 300元/月",
            "访客停车收费吗？",
            "访客可以在B2层免费停车，最长3小时。",
        ),
    ),
    "en": (
        (
            "Meeting rooms: Rooms can be booked for up to 4 hours.\n"
            "Meeting rooms: A room is released when nobody checks in within 15 minutes.",
            "why did my room booking disappear",
            "A room is released when nobody checks in within 15 minutes.",
        ),
        (
            "Parking: 访客可在B2层免费停车3小时。\n"
            "Parking: Type: employee, monthly; Fee: CNY 300 per month",
            "Do visitors pay for parking?",
            "Visitors can park on level B2 free of charge for 3 hours.",
        ),
    ),
}
_ASK: dict[Language, str] = {
    "zh": "资料：\n{context}\n问题：{question}",
    "en": "Context:\n{context}\nQuestion: {question}",
}


def build(question: str, evidence: Sequence[Evidence], language: Language) -> Prompt:
    """The prompt for a question and its best statements, in the language of the reply."""
    context = "\n".join(_line(item, language) for item in reading_order(evidence))
    return Prompt(
        turns=(*beginning(language), _ask(context, question, language)),
        max_tokens=_MAX_TOKENS,
        stop=("\n\n", "\n问题", "\nQuestion"),
    )


def beginning(language: Language) -> tuple[Turn, ...]:
    """The turns that every prompt of a language starts with."""
    turns = [Turn(speaker="system", text=_SYSTEM[language])]
    for context, question, answer in _EXAMPLES[language]:
        turns += [_ask(context, question, language), Turn(speaker="assistant", text=answer)]
    return tuple(turns)


def reading_order(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The best statements in page order: a later sentence leans on an earlier one."""
    best = evidence[:STATEMENTS_READ]
    pages = list(dict.fromkeys(item.passage.id for item in best))
    return sorted(
        best,
        key=lambda e: (pages.index(e.passage.id), e.passage.text.find(e.statement.quote)),
    )


def _ask(context: str, question: str, language: Language) -> Turn:
    return Turn(speaker="user", text=_ASK[language].format(context=context, question=question))


def _line(item: Evidence, language: Language) -> str:
    place = " › ".join((item.passage.title, *item.passage.heading_path)) or item.passage.document_id
    colon = "：" if language == "zh" else ": "
    return f"{place}{colon}{item.statement.text[:_MAX_STATEMENT_CHARS]}"
