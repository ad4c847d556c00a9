"""Questions with their answers out of documents: those that stand there, and those a model asks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from itertools import groupby
from typing import Final

from knowledge.citations import cited
from knowledge.errors import EngineRefused
from knowledge.language import language_of
from knowledge.mining.asked import LONGEST_QUESTION, Mined, marked
from knowledge.mining.writing import written
from knowledge.model import (
    EVERYONE,
    Answer,
    Language,
    Outcome,
    Passage,
    Prompt,
    Question,
    Turn,
)
from knowledge.ports import Answerer, Generator
from knowledge.rewrite import is_follow_up
from knowledge.statements import plain
from knowledge.suspicion import ploy_of, trusted
from knowledge.words import content_words

LONGEST_SECTION: Final = 4_000
"""Characters; what is longer is a document and no answer."""

_MOST_PIECES = 3
_LEAST_WORDS = 4
_LEAST_SAID = 3
"""Content words of an answer; with fewer it mostly says where else to look."""

_READ_CHARACTERS = 800
_MAX_TOKENS = 48
_Q = re.compile(
    r"^\W{0,6}(?:Q|Question|问题?|問題?)\s*\d{0,3}\s*[:：.、)）]\s*(?P<said>\S.*)$", re.IGNORECASE
)
_A = re.compile(r"^\W{0,6}(?:A|Answer|答案?|回答)\s*\d{0,3}\s*[:：.、)）]\s*(?=\S)", re.IGNORECASE)
_NUMBER = re.compile(
    r"^(?:\d{1,3}(?:\.\d{1,3})*[.、)）\s]|[一二三四五六七八九十]{1,3}、|[Qq]\d{0,3}[:：.]|问[:：])\s*"
)
_HOW = re.compile(
    r"(?:如何|怎么|怎样|什么是|为什么).{2,}|.{2,}(?:怎么办|怎么做|是什么)$"
    r"|(?:how (?:to|do|can|does)|what (?:is|are)|can i|do i)\b",
    re.IGNORECASE,
)
_SYSTEM: dict[Language, str] = {
    "zh": "你为公司知识库编写常见问题。读资料，写出一个员工会问、资料能回答的问题，只写问题。",
    "en": "You write the FAQ of a company. Read the text and write one question that staff would "
    "ask and the text answers. Write the question only.",
}
_EXAMPLES: dict[Language, tuple[tuple[str, str], ...]] = {
    "zh": (
        (
            "会议室使用规定：每次最长可预订4小时。开始后15分钟无人签到的，系统自动释放。",
            "会议室一次最长能订多久？",
        ),
        ("停车 › 访客：访客可以在B2层免费停车，最长3小时。", "访客停车收费吗？"),
    ),
    "en": (
        (
            "Meeting rooms: Rooms can be booked for up to 4 hours. A room is released when nobody "
            "checks in within 15 minutes.",
            "For how long can I book a meeting room?",
        ),
        (
            "Parking › Visitors: Visitors may park on level B2 free of charge for up to 3 hours.",
            "Do visitors pay for parking?",
        ),
    ),
}


def standing(passages: Sequence[Passage]) -> Iterator[Mined]:
    """The questions that a document answers in so many words: headings that ask, and "Q:", "A:".

    passages: of one document, in reading order.
    """
    for path, pieces in groupby(passages, key=lambda passage: passage.heading_path):
        section = list(pieces)
        asked = _asking_heading(path[-1]) if path else ""
        if asked and len(section) <= _MOST_PIECES:
            yield from _answered(asked, section)
        else:
            yield from (pair for passage in section for pair in _labelled(passage))


class DocumentMiner:
    """Lets a model ask what a passage answers, and believes it where the search agrees.

    answerer: asked the proposed question like anybody's: only where it surely answers, checked
        sentence by sentence, and from this very passage, was it a question to it.
    """

    def __init__(self, *, answerer: Answerer, generator: Generator) -> None:
        self._answerer = answerer
        self._generator = generator

    async def mine(self, passage: Passage) -> Mined | None:
        """A question with what the documents answer; None where it came to nothing.

        Raises:
            EngineUnavailable: the model does not write now.
            StoreUnavailable: nothing could be searched.
        """
        if len(content_words(passage.text)) < _LEAST_WORDS:
            return None
        question = await self._asked(passage)
        if not question:
            return None
        audience = passage.audience | {EVERYONE}
        asking = Question(text=question, language=language_of(question), audience=audience)
        answer = await self._answer(asking)
        if answer is None or answer.outcome is not Outcome.GROUNDED:
            return None
        if passage.id not in {citation.passage_id for citation in answer.citations}:
            return None
        return Mined(question=question, text=answer.text, citations=answer.citations)

    async def _asked(self, passage: Passage) -> str:
        language = language_of(passage.text)
        try:
            said = await written(self._generator, _prompt(passage, language))
        except EngineRefused:
            return ""
        question = said.strip().partition("\n")[0].strip('"“”「」 ')
        fits = marked(question) and len(question) <= LONGEST_QUESTION
        return question if fits and language_of(question) == language else ""

    async def _answer(self, question: Question) -> Answer | None:
        async with aclosing(self._answerer.stream(question)) as said:
            async for step in said:
                if isinstance(step, Answer):
                    return step
        return None


# ── what stands there ─────────────────────────────────────────────────────────────────────────


def _asking_heading(heading: str) -> str:
    asked = _NUMBER.sub("", plain(heading).strip(" *_")).strip()
    asks = marked(asked) or _HOW.match(asked)
    # "Who can have one?" under "Company cars" says too little by itself.
    whole = len(content_words(asked)) > 1 and not is_follow_up(asked, language_of(asked))
    return asked if asks and whole and len(asked) <= LONGEST_QUESTION else ""


def _answered(question: str, section: Sequence[Passage]) -> Iterator[Mined]:
    text = _A.sub("", "\n\n".join(passage.text.strip() for passage in section), count=1)
    if len(content_words(text)) >= _LEAST_SAID and len(text) <= LONGEST_SECTION:
        citations = (cited(n, one, one.text) for n, one in enumerate(section, 1))
        yield Mined(question=question, text=text, citations=tuple(citations))


def _labelled(passage: Passage) -> Iterator[Mined]:
    """Pairs written as "Q: … A: …", each on lines of its own."""
    question, answer = "", list[str]()
    for line in (*passage.text.splitlines(keepends=True), "Q: ?"):
        asks = _Q.match(line.rstrip())
        if asks is None:
            answer.append(line)
            continue
        yield from _pair(question, "".join(answer), passage)
        question, answer = plain(asks["said"]).strip(" *_"), []


def _pair(question: str, answer: str, passage: Passage) -> Iterator[Mined]:
    text = answer.strip()
    label = _A.match(text)
    if not question or label is None or len(question) > LONGEST_QUESTION:
        return
    said = text[label.end() :].strip()
    if len(content_words(said)) >= _LEAST_SAID:
        yield Mined(question=question, text=said, citations=(cited(1, passage, said),))


# ── what a model asks ─────────────────────────────────────────────────────────────────────────


def _prompt(passage: Passage, language: Language) -> Prompt:
    turns = [Turn(speaker="system", text=_SYSTEM[language])]
    for text, question in _EXAMPLES[language]:
        turns += [Turn(speaker="user", text=text), Turn(speaker="assistant", text=question)]
    headings = dict.fromkeys((passage.title, *passage.heading_path[-1:]))
    heading = " › ".join(one for one in headings if ploy_of(one) is None)
    colon = "：" if language == "zh" else ": "
    read = f"{heading}{colon}{trusted(passage.text)[:_READ_CHARACTERS]}"
    return Prompt(
        turns=(*turns, Turn(speaker="user", text=read)), max_tokens=_MAX_TOKENS, stop=("\n",)
    )
