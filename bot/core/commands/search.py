"""`/deskmate search question`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.core.access import Readers
from bot.core.cards import busy_card, limit_card, place_of, plain, said_card, too_long_card
from bot.core.commands.ask import LONGEST
from bot.core.commands.table import Caller
from bot.core.library import Library
from bot.core.limits import QuestionLimit
from bot.core.model import Block, Card, Invocation, Markdown, Role
from bot.core.texts_commands import COMMAND_TEXTS, CommandTexts
from knowledge.answer import Looked
from knowledge.errors import EngineUnavailable, StoreUnavailable
from knowledge.model import Hit, Language

_SHOWN: Final = 6
_WORDS_SHOWN: Final = 160


class Search:
    """Shows what a search finds for whoever asks, and what each retriever said of it."""

    names = ("search", "搜索", "检索")
    role = Role.EVERYONE

    def __init__(self, *, library: Library, limit: QuestionLimit, readers: Readers) -> None:
        self._library = library
        self._limit = limit
        self._readers = readers

    def summary(self, language: Language) -> str:
        """What it does."""
        return COMMAND_TEXTS[language].search_command

    def usage(self, language: Language) -> str:
        """How it is typed."""
        return COMMAND_TEXTS[language].search_usage

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """The hits."""
        language, question = caller.language, " ".join(invocation.arguments)
        if not question:
            return said_card(self.usage(language), language)
        if len(question) > LONGEST:
            return too_long_card(LONGEST, language)
        refusal = await self._limit.admit(invocation.message.user)
        if refusal is not None:
            return limit_card(refusal, language)
        audience = await self._readers.alone(invocation.message.user)
        try:
            looked = await self._library.look(question, audience=audience, limit=_SHOWN)
        except (EngineUnavailable, StoreUnavailable):
            return busy_card(language)
        return _card(looked, language)


def _card(looked: Looked, language: Language) -> Card:
    texts = COMMAND_TEXTS[language]
    if not looked.hits:
        return said_card(texts.search_none, language)
    enough = looked.confidence >= looked.least_confidence
    verdict = texts.search_answers if enough else texts.search_refuses
    confidence, least = f"{looked.confidence:.2f}", f"{looked.least_confidence:.2f}"
    blocks: list[Block] = [Markdown(text=verdict.format(confidence=confidence, least=least))]
    for number, (hit, likely) in enumerate(zip(looked.hits, looked.likely, strict=True), start=1):
        blocks.append(Markdown(text=_hit(number, hit, likely, language)))
    return Card(
        language=language,
        title=texts.search_title,
        blocks=tuple(blocks),
        summary=texts.search_title,
    )


def _hit(number: int, hit: Hit, likely: float, language: Language) -> str:
    texts, passage = COMMAND_TEXTS[language], hit.passage
    place = place_of(passage.heading_path, passage.page, language)
    where = f" · {plain(place)}" if place else ""
    why = " · ".join((*_why(hit, texts), texts.search_likely.format(likely=f"{likely:.0%}")))
    words = plain(passage.text, _WORDS_SHOWN)
    return f"**{number}. {plain(passage.title or passage.document_id)}**{where}\n{words}\n{why}"


def _why(hit: Hit, texts: CommandTexts) -> Iterator[str]:
    """What each retriever said, in words: who found it, in which place, how near."""
    names = {
        "e5": texts.search_by_e5,
        "use": texts.search_by_use,
        "bm25": texts.search_by_words,
    }
    for signal, value in hit.signals.items():
        if f"{signal}_rank" in hit.signals:
            yield texts.search_by.format(
                name=names.get(signal, signal),
                rank=int(hit.signals[f"{signal}_rank"]),
                score=f"{value:.2f}",
            )
    if "late" in hit.signals:
        yield texts.search_tokens.format(score=f"{hit.signals['late']:.2f}")
    if "rerank" in hit.signals:
        yield texts.search_reranked.format(score=f"{hit.signals['rerank']:.2f}")
