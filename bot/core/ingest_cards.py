"""What an ingest came to, as cards: pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Final

from bot.core.cards import plain, said_card
from bot.core.library import NotTaken, Taken
from bot.core.model import Block, Card, Markdown
from bot.core.texts_steering import STEERING_TEXTS
from knowledge.model import IngestFailure, IngestSuspicion, Language

_SHOWN: Final = 10
_WORDS_SHOWN: Final = 160
_PLACE: Final = re.compile(r"(?:/[^/\s]+)+/(?=[^/\s]+/[^/\s]+)")


def taken_card(taken: Taken, language: Language) -> Card:
    """What was taken in, and what was not."""
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
        rows = "\n".join(map(_failure, report.failed[:_SHOWN]))
        blocks.append(Markdown(text=f"**{texts.ingest_failed}**\n\n{rows}"))
    if report.suspicious:
        rows = "\n".join(map(_suspicion, report.suspicious[:_SHOWN]))
        blocks.append(Markdown(text=f"**{texts.ingest_suspicious}**\n\n{rows}"))
    title = texts.ingest_done.format(place=taken.place)
    return Card(language=language, title=title, blocks=tuple(blocks), summary=title)


def not_taken_card(what: str, error: NotTaken, language: Language) -> Card:
    """Why something was not taken in, and what to do."""
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
        "kind": texts.why_kind,
        "not_given": texts.why_not_given,
        "no_files": texts.why_no_files,
        "no_roots": texts.why_no_roots,
        "outside": texts.why_outside,
        "missing": texts.why_missing,
    }[error.why]
    reason = why.format(detail=error.detail.replace("`", "'"))
    return said_card(texts.not_taken.format(what=plain(what), why=reason), language)


def all_cards(cards: Sequence[Card]) -> Card:
    """Several reports as one, each under its title."""
    first, *others = cards
    if not others:
        return first
    blocks: list[Block] = []
    for card in cards:
        blocks += [Markdown(text=f"**{plain(card.title)}**")] if card.title else []
        blocks += card.blocks
    return replace(first, title="", blocks=tuple(blocks))


def _failure(failure: IngestFailure) -> str:
    # Where files lie on the server concerns nobody in a chat.
    name = "/".join(PurePath(failure.path).parts[-2:])
    return f"- {plain(name)}: {plain(_PLACE.sub('', failure.reason))}"


def _suspicion(found: IngestSuspicion) -> str:
    return f"- {plain(found.document_id)}: “{plain(found.quote, _WORDS_SHOWN)}”"
