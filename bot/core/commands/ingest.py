"""`/deskmate ingest address or folder`; with a file, or as an answer to one, `/deskmate ingest`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.core.attached import Attached
from bot.core.audit import AuditEntry
from bot.core.cards import plain, said_card
from bot.core.commands.parse import parse
from bot.core.commands.table import Caller
from bot.core.errands import ErrandDesk
from bot.core.ingest_cards import all_cards, not_taken_card, taken_card
from bot.core.library import NotTaken, Taken, WayIn
from bot.core.model import Card, Errand, Invocation, Role, SharedFile
from bot.core.ports import AuditLog, Clock
from bot.core.rulings import Rulings
from bot.core.texts_steering import STEERING_TEXTS
from knowledge.model import Language

_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_AUDIENCE: Final = re.compile(r"(?:audience|受众|读者)[=＝](.*)", re.IGNORECASE)
_BETWEEN: Final = re.compile(r"[,，、]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was typed.

    what: an address, or a folder; empty: a file of the message, or of the one it answers.
    audience: None where none is named.
    """

    what: str
    audience: frozenset[str] | None


class IngestNow:
    """Takes documents in, and reports when that is done."""

    names = ("ingest", "收录")
    role = Role.ADMIN

    def __init__(
        self,
        *,
        way_in: WayIn,
        rulings: Rulings,
        errands: ErrandDesk,
        attached: Attached,
        audit: AuditLog,
        clock: Clock,
    ) -> None:
        self._way_in = way_in
        self._rulings = rulings
        self._errands = errands
        self._attached = attached
        self._audit = audit
        self._clock = clock

    def summary(self, language: Language) -> str:
        """What it does."""
        return STEERING_TEXTS[language].ingest_command

    def usage(self, language: Language) -> str:
        """How it is typed."""
        return STEERING_TEXTS[language].ingest_usage

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """That the report follows: fetching and reading take seconds to hours."""
        language, texts = caller.language, STEERING_TEXTS[caller.language]
        message, wish = invocation.message, understood(invocation)
        try:
            files = () if wish.what else await self._attached.of(message)
        except NotTaken as error:
            return not_taken_card(texts.ingest_file, error, language)
        what = wish.what or ", ".join(file.name for file in files)
        if not what:
            unread = message.attachment is not None
            return said_card(texts.ingest_attachment if unread else texts.ingest_usage, language)
        unknown = sorted((wish.audience or frozenset()) - await self._rulings.names())
        if unknown:
            known = ", ".join(map(plain, sorted(await self._rulings.names())))
            said = texts.audience_unknown.format(name=plain(unknown[0]), known=known)
            return said_card(said, language)
        started = said_card(texts.ingest_started.format(what=plain(what)), language)
        return await self._errands.entrust(self.names[0], message, language, started=started)

    async def report(self, errand: Errand) -> Card:
        """What was taken in, and what was not.

        Raises:
            StateUnavailable: nothing was taken in, or it is not on record; it is tried again.
            StoreUnavailable, EngineUnavailable, StorageFull: what was finished is kept.
        """
        invocation = parse(errand.message, known=self.names.__contains__)
        wish = understood(invocation) if invocation else Wish(what="", audience=None)
        if wish.what:
            return await self._taken(wish.what, wish, errand)
        try:
            files = await self._attached.of(errand.message)
        except NotTaken as error:
            named = STEERING_TEXTS[errand.language].ingest_file
            return not_taken_card(named, error, errand.language)
        return await self._all(files, wish, errand)

    async def _all(self, files: Sequence[SharedFile], wish: Wish, errand: Errand) -> Card:
        cards = [await self._taken(file.name, wish, errand, file) for file in files]
        return all_cards(cards or [said_card(self.usage(errand.language), errand.language)])

    async def _taken(
        self, what: str, wish: Wish, errand: Errand, file: SharedFile | None = None
    ) -> Card:
        try:
            taken = await self._take(wish, errand, file)
        except NotTaken as error:
            return not_taken_card(what, error, errand.language)
        await self._audit.append(self._entry(taken, wish, errand))
        return taken_card(taken, errand.language)

    async def _take(self, wish: Wish, errand: Errand, file: SharedFile | None) -> Taken:
        rules = await self._rulings.rules()
        if file is None:
            take = self._way_in.url if _ADDRESS.match(wish.what) else self._way_in.folder
            return await take(wish.what, audience=wish.audience, rules=rules)
        place = errand.message.conversation
        return await self._way_in.attached(
            file,
            place=f"{place.platform}:{place.id}",
            give=self._attached.give,
            audience=wish.audience,
            rules=rules,
        )

    def _entry(self, taken: Taken, wish: Wish, errand: Errand) -> AuditEntry:
        """Put down after the documents are in, since only then it is known what came of them."""
        message, report = errand.message, taken.report
        return AuditEntry(
            at=self._clock(),
            what="documents.ingested",
            by=message.user.key,
            where=message.conversation.lane,
            about={
                "paths": [taken.place],
                "audience": sorted(wish.audience or ()),
                "documents": report.documents,
                "passages": report.passages,
                "deleted": report.deleted,
                "failed": len(report.failed),
                "suspicious": len(report.suspicious),
            },
            key=f"{errand.id}/{taken.place}",
        )


def understood(invocation: Invocation) -> Wish:
    """What is to be taken in, and for whom."""
    audience: set[str] = set()
    words: list[str] = []
    for word in invocation.arguments:
        named = _AUDIENCE.fullmatch(word)
        if named:
            audience |= {name for name in _BETWEEN.split(named[1]) if name}
        else:
            words.append(word)
    what = " ".join(words)
    # Slack puts addresses into angle brackets.
    address = what.removeprefix("<").removesuffix(">").partition("|")[0]
    what = address if _ADDRESS.match(address) else what
    return Wish(what=what, audience=frozenset(audience) or None)
