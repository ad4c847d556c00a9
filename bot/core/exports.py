"""What people taught and said, line by line, for other programs."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from bot.core.audit import audited
from bot.core.importing import latest_changes
from bot.core.model import AnswerRecord, MessageRef, User
from bot.core.ports import Stores
from knowledge import prompt
from knowledge.citations import unmarked
from knowledge.evidence import Evidence
from knowledge.language import language_of
from knowledge.model import Citation, CuratedAnswer, Passage, Turn
from knowledge.statements import Statement, cells, statements

Line: TypeAlias = Mapping[str, object]
"""One line of an export, ready for JSON."""

Export: TypeAlias = Callable[[Stores, bytes], Awaitable[list[Line]]]
"""Reads the stores; the salt makes people unknowable where they must not be named."""


async def curated(stores: Stores, _salt: bytes) -> list[Line]:
    """Every standing curated answer, in the form that `deskmate teach` reads."""
    return [
        {
            "question": answer.question,
            "answer": answer.text,
            "wordings": list(answer.wordings),
            "audience": sorted(answer.audience),
            "owner": answer.owner,
            "review_on": answer.review_on.isoformat() if answer.review_on else None,
            "sources": [_source(citation) for citation in answer.citations],
            "language": answer.language,
            "verified_by": answer.verified_by,
            "verified_at": answer.verified_at.isoformat(),
        }
        for answer in await _standing(stores)
    ]


async def feedback(stores: Stores, salt: bytes) -> list[Line]:
    """One line a verdict; the answer is missing where it was forgotten by now."""
    lines: list[Line] = []
    records: dict[MessageRef, AnswerRecord | None] = {}
    for verdict in await stores.verdicts.standing():
        if verdict.ref not in records:
            records[verdict.ref] = await stores.answers.find(verdict.ref)
        record = records[verdict.ref]
        lines.append(
            {
                "question": record.question if record else None,
                "answer": record.answer.text if record else None,
                "outcome": record.answer.outcome.value if record else None,
                "value": verdict.value,
                "reason": verdict.reason,
                "correction": verdict.correction,
                "given_at": verdict.given_at.isoformat(),
                "person": _pseudonym(verdict.user, salt),
            }
        )
    return lines


async def finetune(stores: Stores, _salt: bytes) -> list[Line]:
    """What people verified as chats to train a model on, a line a question and wording."""
    return [
        {
            "messages": [
                {"role": turn.speaker, "content": turn.text} for turn in _chat(asked, answer)
            ]
        }
        for answer in await _standing(stores)
        for asked in _asked(answer)
    ]


async def audit(stores: Stores, _salt: bytes) -> list[Line]:
    """Everything that was changed or decided, oldest first."""
    return [
        {
            "at": entry.at.isoformat(),
            "what": entry.what,
            "by": entry.by,
            "reason": entry.reason,
            **entry.about,
        }
        for entry in await audited(stores)
    ]


EXPORTS: Final[Mapping[str, Export]] = {
    "curated": curated,
    "feedback": feedback,
    "finetune": finetune,
    "audit": audit,
}


async def _standing(stores: Stores) -> list[CuratedAnswer]:
    changes = await latest_changes(stores.curated)
    return [change.answer for change in changes.values() if change.answer is not None]


def _source(citation: Citation) -> Line:
    return {
        "marker": citation.marker,
        "passage_id": citation.passage_id,
        "document_id": citation.document_id,
        "title": citation.title,
        "uri": citation.uri,
        "quote": citation.quote,
        "heading_path": list(citation.heading_path),
        "page": citation.page,
    }


def _pseudonym(person: User, salt: bytes) -> str:
    return hmac.new(
        salt, person.key.encode("utf-8", "backslashreplace"), hashlib.sha256
    ).hexdigest()[:16]


# ── fine-tuning ───────────────────────────────────────────────────────────────────────────────


def _asked(answer: CuratedAnswer) -> tuple[str, ...]:
    """The question, and its wordings in the language of the answer: a reply is in its asker's."""
    same = (words for words in answer.wordings if language_of(words) == answer.language)
    return (answer.question, *same)


def _chat(asked: str, answer: CuratedAnswer) -> tuple[Turn, ...]:
    """What the model is told and asked when it answers, without the worked examples; and the reply.

    Markers are left out: they are added to what a model wrote.
    """
    read = [_evidence(citation) for citation in answer.citations[: prompt.STATEMENTS_READ]]
    system, *_, asking = prompt.build(asked, read, answer.language).turns
    if not read:
        return system, Turn(speaker="user", text=asked), _reply(answer.text)
    return system, asking, _reply(unmarked(answer.text))


def _reply(text: str) -> Turn:
    return Turn(speaker="assistant", text=text)


def _evidence(citation: Citation) -> Evidence:
    passage = Passage(
        id=citation.passage_id,
        document_id=citation.document_id,
        title=citation.title,
        uri=citation.uri,
        language=language_of(citation.quote),
        text=citation.quote,
        heading_path=citation.heading_path,
        page=citation.page,
    )
    return Evidence(statement=_statement(citation.quote), passage=passage, score=1.0)


def _statement(quote: str) -> Statement:
    """A quote as a model reads it; of a table row without its header the cells are left."""
    if quote.startswith("|"):
        return Statement(text="; ".join(filter(None, cells(quote))), quote=quote)
    [first, *more] = statements(quote) or (Statement(text=quote, quote=quote),)
    return Statement(text=" ".join(one.text for one in (first, *more)), quote=quote)
