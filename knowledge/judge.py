"""The language model as judge: do these statements hold the answer, yes or no?

Asked where the signals of a search leave doubt. What counts is not the word it would write but how
much likelier its first word is "yes" than "no": models too small to be trusted with a refusal rank
well what can be answered. Weights say how much that counts beside the signals; they are fitted for
one model, and a model without them is not asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace

from knowledge.confidence import JudgeWeights
from knowledge.evidence import Evidence
from knowledge.model import Draft, Language, Prompt, Tokens, Turn
from knowledge.ports import Generator
from knowledge.prompt import read_from, shown

_YES, _NO = "yes", "no"

_SYSTEM: dict[Language, str] = {
    "zh": "判断资料里能不能找到问题的答案。只回答 yes 或 no。",
    "en": "Decide whether the document contains the answer to the question. Reply only yes or no.",
}
_ROOMS: dict[Language, str] = {
    "zh": "会议室使用规定：会议室最长可预订4小时，15分钟无人签到自动释放。",
    "en": "Meeting rooms: Meeting rooms can be booked for 4 hours and are released after "
    "15 minutes without check-in.",
}
_EXAMPLES: dict[Language, tuple[tuple[str, str, str], ...]] = {
    "zh": (
        (_ROOMS["zh"], "会议室能订多久？", _YES),
        (_ROOMS["zh"], "会议室里可以吃饭吗？", _NO),
    ),
    "en": (
        (_ROOMS["en"], "How long can I book a room?", _YES),
        (_ROOMS["en"], "Can I eat in a meeting room?", _NO),
    ),
}
_ASK: dict[Language, str] = {
    "zh": "资料：{context}\n问题：{question}",
    "en": "Document: {context}\nQuestion: {question}",
}


class Judge:
    """Makes a confidence surer, in either direction."""

    def __init__(self, generator: Generator, weights: JudgeWeights) -> None:
        self._generator = generator
        self._weights = weights
        self._tells = True

    def doubts(self, confidence: float, language: Language) -> bool:
        """Whether it is to be asked at all: it takes a second or two.

        Not again after it replied without telling chances, as a server may that knows none.
        """
        return self._tells and self._weights.doubts(confidence, language)

    async def judge(
        self,
        confidence: float,
        question: str,
        read: Sequence[Evidence],
        language: Language,
        *,
        asker: str = "",
    ) -> tuple[float, Tokens]:
        """The confidence with what the model says of it; as it was where it tells no chances.

        Raises:
            EngineRefused, EngineUnavailable: there is no judgement.
        """
        asking = replace(build(question, read, language), asker=asker)
        said = await last_draft(self._generator, asking)
        if not said.chances:
            self._tells = not said.text
            return confidence, said.tokens
        yes, no = said.chances
        worth = self._weights.by_language[language]
        return worth.probability(confidence, yes - no), said.tokens


async def last_draft(generator: Generator, prompt: Prompt) -> Draft:
    """What a model came to.

    Raises:
        EngineRefused, EngineUnavailable: it came to nothing.
    """
    said = Draft(text="")
    async with aclosing(generator.stream(prompt)) as drafts:
        async for draft in drafts:
            said = draft
    return said


def build(question: str, read: Sequence[Evidence], language: Language) -> Prompt:
    """The question and the statements, to be answered with one word."""
    return Prompt(
        turns=(*beginning(language), _ask(shown(read, language), question, language)),
        max_tokens=1,
        choices=(_YES, _NO),
        passages=read_from(read),
    )


def beginning(language: Language) -> tuple[Turn, ...]:
    """The turns that every judgement in a language starts with."""
    turns = [Turn(speaker="system", text=_SYSTEM[language])]
    for context, question, word in _EXAMPLES[language]:
        turns += [_ask(context, question, language), Turn(speaker="assistant", text=word)]
    return tuple(turns)


def _ask(context: str, question: str, language: Language) -> Turn:
    return Turn(speaker="user", text=_ASK[language].format(context=context, question=question))
