"""The card of what is no longer fresh."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from bot.core.cards import place_of, plain, said_card
from bot.core.links import own_links
from bot.core.model import Block, Card, Markdown
from bot.core.texts import TEXTS, Texts
from knowledge.contradictions import Contradiction, Told
from knowledge.duplicates import Duplicate
from knowledge.freshness import Findings, Overdue, Suspicious
from knowledge.model import CuratedAnswer, Language, Passage

_SHOWN = 5
_PLACES_SHOWN = 3
_QUOTE_CHARACTERS = 160

Found = TypeVar("Found")


def stale_card(findings: Findings, language: Language) -> Card:
    """What somebody should look at, the gravest first: a handful of each kind."""
    texts = TEXTS[language]
    sections = (
        *_section(
            texts.stale_suspicious,
            findings.suspicious,
            lambda each: _suspicious(each, language),
            texts,
        ),
        *_section(
            texts.stale_contradictions,
            findings.contradictions,
            lambda each: _contradiction(each, language),
            texts,
        ),
        *_section(
            texts.stale_overdue, findings.overdue, lambda each: _overdue(each, language), texts
        ),
        *_section(
            texts.stale_duplicates,
            findings.duplicates,
            lambda each: _duplicate(each, language),
            texts,
        ),
    )
    if not sections:
        return said_card(texts.stale_none, language)
    return Card(
        language=language, title=texts.stale_title, blocks=sections, summary=texts.stale_title
    )


def _section(
    title: str, found: Sequence[Found], said: Callable[[Found], str], texts: Texts
) -> Iterator[Block]:
    if not found:
        return
    yield Markdown(text=f"**{title.format(count=len(found))}**")
    for each in found[:_SHOWN]:
        yield Markdown(text=said(each))
    if len(found) > _SHOWN:
        yield Markdown(text=texts.stale_more.format(count=len(found) - _SHOWN))


def _suspicious(found: Suspicious, language: Language) -> str:
    """The words on one line that shows them as they are, and leads nowhere."""
    said = own_links(plain(found.found.quote, _QUOTE_CHARACTERS), ())
    return f"{_place(found.source, language)}\n> {said}\n\n{TEXTS[language].stale_ignored}"


def _contradiction(found: Contradiction, language: Language) -> str:
    differs = TEXTS[language].stale_differs.format(
        one=plain(found.one.words), other=plain(found.other.words)
    )
    return f"{_told(found.one, language)}\n\n{_told(found.other, language)}\n\n{differs}"


def _told(told: Told, language: Language) -> str:
    return f"{_place(told.source, language)}\n> {plain(told.quote, _QUOTE_CHARACTERS)}"


def _overdue(late: Overdue, language: Language) -> str:
    due = TEXTS[language].stale_due.format(date=late.review_on.isoformat())
    # Of a document the whole is meant, not where it begins.
    return f"{_title(late.source, language)}\n{due}{_owner(late.source)}"


def _duplicate(found: Duplicate, language: Language) -> str:
    texts = TEXTS[language]
    places = [f"- {_place(place, language)}" for place in found.places[:_PLACES_SHOWN]]
    more = len(found.places) - len(places)
    lines = (*places, *((f"- {texts.stale_places.format(count=more)}",) if more else ()))
    shared = texts.stale_shared.format(count=found.passages)
    return "\n".join((*lines, "", shared))


def _place(source: Passage | CuratedAnswer, language: Language) -> str:
    """Title and headings, as in **Leave** › Annual leave."""
    title = _title(source, language)
    if isinstance(source, CuratedAnswer):
        return title
    place = place_of(source.heading_path, source.page, language)
    return f"{title} › {plain(place)}" if place else title


def _title(source: Passage | CuratedAnswer, language: Language) -> str:
    if isinstance(source, Passage):
        return f"**{plain(source.title)}**"
    asked = TEXTS[language].stale_curated.format(question=plain(source.question))
    return f"**{asked}**"


def _owner(source: Passage | CuratedAnswer) -> str:
    return f" · {plain(source.owner)}" if source.owner else ""
