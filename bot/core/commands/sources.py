"""`/deskmate sources [page] [words]`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.core.access import Readers
from bot.core.cards import plain, said_card
from bot.core.commands.lines import line_button
from bot.core.commands.parse import normal
from bot.core.commands.table import Caller
from bot.core.library import Library, Listed
from bot.core.model import Block, Button, Buttons, Card, Invocation, Markdown, Role
from bot.core.texts_commands import COMMAND_TEXTS
from knowledge.model import Language

_PAGE: Final = 10


class ListSources:
    """Lists the documents that whoever asks may read, and tells of no others."""

    names = ("sources", "文档", "来源")
    role = Role.EVERYONE

    def __init__(self, *, library: Library, readers: Readers) -> None:
        self._library = library
        self._readers = readers

    def summary(self, language: Language) -> str:
        """What it does."""
        return COMMAND_TEXTS[language].sources_command

    def usage(self, language: Language) -> str:
        """How it is typed."""
        return COMMAND_TEXTS[language].sources_usage

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """One page of the list."""
        texts, language = COMMAND_TEXTS[caller.language], caller.language
        page, words = _page_and_words(invocation.arguments)
        audience = await self._readers.alone(invocation.message.user)
        listed = await self._library.listed(audience=audience)
        found = [one for one in listed if _has(one, words)]
        if not found:
            said = " ".join(words)
            none = texts.sources_none_with.format(words=plain(said)) if said else texts.sources_none
            return said_card(none, language)
        pages = -(-len(found) // _PAGE)
        page = min(max(page, 1), pages)
        shown = found[(page - 1) * _PAGE : page * _PAGE]
        title = texts.sources_title.format(count=len(found))
        blocks: list[Block] = [Markdown(text="\n".join(_row(one, language) for one in shown))]
        if pages > 1:
            blocks.append(Markdown(text=texts.sources_page.format(page=page, pages=pages)))
            blocks.append(Buttons(items=self._turns(page, pages, words, language)))
        return Card(language=language, title=title, blocks=tuple(blocks), summary=title)

    def _turns(
        self, page: int, pages: int, words: Sequence[str], language: Language
    ) -> tuple[Button, ...]:
        texts = COMMAND_TEXTS[language]
        wanted = ((texts.sources_previous, page - 1), (texts.sources_next, page + 1))
        return tuple(
            line_button(label, " ".join((f"/deskmate sources {number}", *words)), language)
            for label, number in wanted
            if 1 <= number <= pages
        )


def _page_and_words(arguments: Sequence[str]) -> tuple[int, tuple[str, ...]]:
    first = normal(arguments[0]) if arguments else ""
    if first.isdecimal() and len(first) < 7:
        return int(first), tuple(arguments[1:])
    return 1, tuple(arguments)


def _has(document: Listed, words: Sequence[str]) -> bool:
    name = normal(f"{document.title} {document.id}")
    return all(normal(word) in name for word in words)


def _row(document: Listed, language: Language) -> str:
    texts = COMMAND_TEXTS[language]
    title = plain(document.title or document.id)
    owner = texts.sources_owner.format(owner=plain(document.owner)) if document.owner else ""
    return f"- **{title}** · {document.day or '–'}{owner}"
