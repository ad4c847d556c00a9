"""`/deskmate ingest address or folder`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from bot.core.cards import plain, said_card
from bot.core.commands.parse import parse
from bot.core.commands.table import Caller
from bot.core.errands import ErrandDesk
from bot.core.library import NotTaken, Taken, WayIn
from bot.core.model import Block, Card, Errand, Invocation, Markdown, Role
from bot.core.rulings import Rulings
from bot.core.texts_steering import STEERING_TEXTS
from knowledge.model import IngestFailure, Language

_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_AUDIENCE: Final = re.compile(r"(?:audience|受众|读者)[=＝](.*)", re.IGNORECASE)
_BETWEEN: Final = re.compile(r"[,，、]")
_FAILURES_SHOWN: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was typed. what: an address, or a folder. audience: None where none is named."""

    what: str
    audience: frozenset[str] | None


class IngestNow:
    """Takes documents in, and reports when that is done."""

    names = ("ingest", "收录")
    role = Role.ADMIN

    def __init__(self, *, way_in: WayIn, rulings: Rulings, errands: ErrandDesk) -> None:
        self._way_in = way_in
        self._rulings = rulings
        self._errands = errands

    def summary(self, language: Language) -> str:
        """What it does."""
        return STEERING_TEXTS[language].ingest_command

    def usage(self, language: Language) -> str:
        """How it is typed."""
        return STEERING_TEXTS[language].ingest_usage

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """That the report follows: fetching and reading take seconds to hours."""
        language, texts = caller.language, STEERING_TEXTS[caller.language]
        wish = understood(invocation)
        if not wish.what:
            attached = invocation.message.attachment is not None
            said = texts.ingest_attachment if attached else texts.ingest_usage
            return said_card(said, language)
        unknown = sorted((wish.audience or frozenset()) - await self._rulings.names())
        if unknown:
            known = ", ".join(map(plain, sorted(await self._rulings.names())))
            said = texts.audience_unknown.format(name=plain(unknown[0]), known=known)
            return said_card(said, language)
        started = said_card(texts.ingest_started.format(what=plain(wish.what)), language)
        return await self._errands.entrust(
            self.names[0], invocation.message, language, started=started
        )

    async def report(self, errand: Errand) -> Card:
        """What was taken in, and what was not.

        Raises:
            StateUnavailable: nothing was taken in.
            StoreUnavailable, EngineUnavailable, StorageFull: what was finished is kept.
        """
        invocation = parse(errand.message, known=self.names.__contains__)
        wish = understood(invocation) if invocation else Wish(what="", audience=None)
        rules = await self._rulings.rules()
        take = self._way_in.url if _ADDRESS.match(wish.what) else self._way_in.folder
        try:
            taken = await take(wish.what, audience=wish.audience, rules=rules)
        except NotTaken as error:
            return _refusal(wish.what, error, errand.language)
        return _report(taken, errand.language)


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


def _report(taken: Taken, language: Language) -> Card:
    texts, report = STEERING_TEXTS[language], taken.report
    said = [
        texts.ingest_counts.format(
            documents=report.documents,
            passages=report.passages,
            unchanged=report.unchanged,
            deleted=report.deleted,
            failed=len(report.failed),
        )
    ]
    if taken.held:
        said.append(texts.ingest_held)
    blocks: list[Block] = [Markdown(text="\n\n".join(said))]
    if report.failed:
        rows = "\n".join(map(_failure, report.failed[:_FAILURES_SHOWN]))
        blocks.append(Markdown(text=f"**{texts.ingest_failed}**\n\n{rows}"))
    title = texts.ingest_done.format(place=taken.place)
    return Card(language=language, title=title, blocks=tuple(blocks), summary=title)


def _failure(failure: IngestFailure) -> str:
    # Where files lie on the server concerns nobody in a chat.
    name = "/".join(PurePath(failure.path).parts[-2:])
    return f"- {plain(name)}: {plain(failure.reason)}"


def _refusal(what: str, error: NotTaken, language: Language) -> Card:
    texts = STEERING_TEXTS[language]
    why = {
        "scheme": texts.why_scheme,
        "address": texts.why_address,
        "port": texts.why_port,
        "redirects": texts.why_redirects,
        "large": texts.why_large,
        "late": texts.why_late,
        "status": texts.why_status,
        "unreachable": texts.why_unreachable,
        "format": texts.why_format,
        "no_roots": texts.why_no_roots,
        "outside": texts.why_outside,
        "missing": texts.why_missing,
    }[error.why]
    reason = why.format(detail=error.detail.replace("`", "'"))
    return said_card(texts.not_taken.format(what=plain(what), why=reason), language)
