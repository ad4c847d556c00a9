"""What the language model reads: two worked examples, a few statements, the question.

The form was measured: models of 0.5B–1.5B answer best from three or four statements with few-shot
turns and no instruction to refuse. The beginning is the same for every question of a language, so
an engine with a prompt cache reads it once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from knowledge.evidence import Evidence
from knowledge.model import Language, Passage, Prompt, Turn
from knowledge.split import count_tokens
from knowledge.suspicion import ploy_of

STATEMENTS_READ = 5
READ_TOKENS = 70
"""What of the evidence the model reads: a token takes up to 30 ms on two cores to read."""

_ALWAYS_READ = 2
_MAX_TOKENS = 120
_ENDED = re.compile(r"[.!?;:,。！？；：，…][\"'”’」』）)\]]*\s*$")
_MAX_STATEMENT_CHARS = 600

_SYSTEM: dict[Language, str] = {
    "zh": "你是公司知识库助手。只根据资料，用一两句中文直接回答问题，数字和名称照抄资料。",
    "en": "You are a company knowledge-base assistant. Answer the question in one or two English "
    "sentences, only from the context, and copy numbers and names exactly.",
}
_EXAMPLES: dict[Language, tuple[tuple[str, str, str], ...]] = {
    "zh": (
        (
            "会议室使用规定：会议室每次最长可预订4小时。开始后15分钟无人签到的，系统自动释放。",
            "订好的会议室为什么没了",
            "会议开始后15分钟无人签到，系统会自动释放会议室。",
        ),
        (
            "Parking：Visitors may park on level B2 for up to 3 hours free of charge.\n"
            "停车 › 费用：车位类型: 员工月租; 费用: 300元/月",
            "访客停车收费吗？",
            "访客可以在B2层免费停车，最长3小时。",
        ),
    ),
    "en": (
        (
            "Meeting rooms: Rooms can be booked for up to 4 hours. "
            "A room is released when nobody checks in within 15 minutes.",
            "why did my room booking disappear",
            "A room is released when nobody checks in within 15 minutes.",
        ),
        (
            "停车: 访客可在B2层免费停车3小时。\n"
            "Parking › Fees: Type: employee, monthly; Fee: CNY 300 per month",
            "Do visitors pay for parking?",
            "Visitors can park on level B2 free of charge for 3 hours.",
        ),
    ),
}
_ASK: dict[Language, str] = {
    "zh": "资料：\n{context}\n问题：{question}",
    "en": "Context:\n{context}\nQuestion: {question}",
}


def build(question: str, read: Sequence[Evidence], language: Language) -> Prompt:
    """The prompt for a question and the statements to read, in the language of the reply."""
    return Prompt(
        turns=(*beginning(language), _ask(shown(read, language), question, language)),
        max_tokens=_MAX_TOKENS,
        stop=("\n\n", "\n问题", "\nQuestion"),
        passages=read_from(read),
    )


def to_read(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """The best statements that fit the budget, best first; two at least, if there are two."""
    chosen: list[Evidence] = []
    tokens = 0
    for item in evidence[:STATEMENTS_READ]:
        tokens += count_tokens(item.statement.text)
        if len(chosen) >= _ALWAYS_READ and tokens > READ_TOKENS:
            break
        chosen.append(item)
    return tuple(chosen)


def shown(read: Sequence[Evidence], language: Language) -> str:
    """Statements as a model reads them: a line a page, after its heading, in page order."""
    return "\n".join(_page(items, language) for items in _by_page(read))


def read_from(read: Sequence[Evidence]) -> tuple[Passage, ...]:
    """The passages of these statements, each once."""
    return tuple({item.passage.id: item.passage for item in read}.values())


def beginning(language: Language) -> tuple[Turn, ...]:
    """The turns that every prompt of a language starts with."""
    turns = [Turn(speaker="system", text=_SYSTEM[language])]
    for context, question, answer in _EXAMPLES[language]:
        turns += [_ask(context, question, language), Turn(speaker="assistant", text=answer)]
    return tuple(turns)


def reading_order(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Statements in page order, a later sentence leans on an earlier one; the best page first."""
    pages = list(dict.fromkeys(item.passage.id for item in evidence))
    return sorted(
        evidence,
        key=lambda e: (pages.index(e.passage.id), e.passage.text.find(e.statement.quote)),
    )


def _by_page(evidence: Sequence[Evidence]) -> list[list[Evidence]]:
    ordered = reading_order(evidence)
    return [list(items) for _, items in groupby(ordered, key=lambda item: item.passage.id)]


def _ask(context: str, question: str, language: Language) -> Turn:
    return Turn(speaker="user", text=_ASK[language].format(context=context, question=question))


def _page(items: Sequence[Evidence], language: Language) -> str:
    """Statements of one passage after its heading, which says what they are about."""
    passage = items[0].passage
    headings = dict.fromkeys((passage.title, *passage.heading_path[-1:]))
    heading = " › ".join(one for one in headings if ploy_of(one) is None)
    colon = "：" if language == "zh" else ": "
    return f"{heading or passage.document_id}{colon}{_one_after_another(items, language)}"


def _one_after_another(items: Sequence[Evidence], language: Language) -> str:
    """Statements on one line; rows of tables have no full stop, and would run into the next."""
    end, space = ("；", "") if language == "zh" else (";", " ")
    *before, last = (item.statement.text[:_MAX_STATEMENT_CHARS] for item in items)
    ended = [text if _ENDED.search(text) else f"{text}{end}" for text in before]
    return space.join((*ended, last))
