"""What people taught and said, line by line, for other programs."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from bot.core.chain import Link, said_by
from bot.core.importing import latest_changes
from bot.core.model import AnswerRecord, MessageRef, User
from bot.core.ports import Stores
from knowledge import prompt
from knowledge.citations import unmarked
from knowledge.evidence import Evidence
from knowledge.language import language_of
from knowledge.model import EVERYONE, Citation, CuratedAnswer, Passage, Turn
from knowledge.statements import Statement, cells, statements

Line: TypeAlias = Mapping[str, object]
"""One line of an export, ready for JSON."""

PassageOf: TypeAlias = Callable[[str, frozenset[str]], Awaitable[Passage | None]]
"""The cited passage of this id for these readers, or None where it is gone."""


async def no_passage(_passage_id: str, _audience: frozenset[str]) -> Passage | None:
    """Where no passage can be looked up."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What exports are made from.

    salt: makes people unknowable where they must not be named.
    """

    stores: Stores
    salt: bytes
    passage_of: PassageOf = no_passage


_ROWS_AT_ONCE: Final = 1_000

Export: TypeAlias = Callable[[Origin], Awaitable[list[Line]]]


async def curated(origin: Origin) -> list[Line]:
    """Every standing curated answer, in the form that `deskmate teach` reads."""
    return [
        {
            "question": answer.question,
            "answer": answer.text,
            "wordings": list(answer.asked_as[1:]),
            "audience": sorted(answer.audience),
            "owner": answer.owner,
            "review_on": answer.review_on.isoformat() if answer.review_on else None,
            "sources": [_source(citation) for citation in answer.citations],
            "language": answer.language,
            "verified_by": answer.verified_by,
            "verified_at": answer.verified_at.isoformat(),
        }
        for answer in await _standing(origin.stores)
    ]


async def feedback(origin: Origin) -> list[Line]:
    """One line a verdict; the answer is missing where it was forgotten by now."""
    lines: list[Line] = []
    records: dict[MessageRef, AnswerRecord | None] = {}
    for verdict in await origin.stores.verdicts.standing():
        if verdict.ref not in records:
            records[verdict.ref] = await origin.stores.answers.find(verdict.ref)
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
                "person": _pseudonym(verdict.user, origin.salt),
            }
        )
    return lines


async def finetune(origin: Origin) -> list[Line]:
    """What people verified as chats to train a model on, a line a question and wording."""
    lines: list[Line] = []
    for answer in await _standing(origin.stores):
        read = await _read(answer, origin.passage_of)
        for asked in _asked(answer):
            turns = [
                {"role": turn.speaker, "content": turn.text} for turn in _chat(asked, answer, read)
            ]
            lines.append({"messages": turns})
    return lines


async def audit(origin: Origin) -> list[Line]:
    """Everything that was done and refused, oldest first, as the audit log has it."""
    lines: list[Line] = []
    last: int | None = None
    while links := await origin.stores.audit.links(after=last, most=_ROWS_AT_ONCE):
        lines += [_audited(link) for link in links]
        last = links[-1].number
    return lines


def _audited(link: Link) -> Line:
    """A row of the log: what a change came to, or else what it was before, stands in it flat."""
    try:
        entry = said_by(link)
    except (ValueError, TypeError, KeyError):
        return {"number": link.number, "what": "audit.unreadable", "payload": link.payload}
    return {
        **(entry.after or entry.before or {}),
        **entry.about,
        "number": link.number,
        "at": entry.at.isoformat(),
        "what": entry.what,
        "by": entry.by,
        "where": entry.where,
        "reason": entry.reason,
        "before": entry.before,
        "after": entry.after,
        "hash": link.hash,
    }


async def egress(origin: Origin) -> list[Line]:
    """What left the house for a language model elsewhere, oldest first; none of its words."""
    return [
        {
            "at": departure.at.isoformat(),
            "id": departure.id,
            "destination": departure.destination,
            "engine": departure.engine,
            "passages": dict(departure.passages),
            "placeholders": dict(departure.placeholders),
            "chars": departure.chars,
            "withheld": departure.withheld,
        }
        for departure in await origin.stores.departures.all()
    ]


EXPORTS: Final[Mapping[str, Export]] = {
    "curated": curated,
    "feedback": feedback,
    "finetune": finetune,
    "audit": audit,
    "egress": egress,
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
    same = (words for words in answer.asked_as[1:] if language_of(words) == answer.language)
    return (answer.question, *same)


def _chat(asked: str, answer: CuratedAnswer, read: Sequence[Evidence]) -> tuple[Turn, ...]:
    """What the model is told and asked when it answers, without the worked examples; and the reply.

    Markers are left out: they are added to what a model wrote.
    """
    system, *_, asking = prompt.build(asked, read, answer.language).turns
    if not read:
        return system, Turn(speaker="user", text=asked), _reply(answer.text)
    return system, asking, _reply(unmarked(answer.text))


def _reply(text: str) -> Turn:
    return Turn(speaker="assistant", text=text)


async def _read(answer: CuratedAnswer, passage_of: PassageOf) -> list[Evidence]:
    """The statements that an answer cites, in their passages as far as these are known."""
    read: list[Evidence] = []
    for citation in answer.citations[: prompt.STATEMENTS_READ]:
        passage = await passage_of(citation.passage_id, answer.audience | {EVERYONE})
        passage = passage or _quoted_passage(citation)
        statement = _statement(citation.quote, passage)
        read.append(Evidence(statement=statement, passage=passage, score=1.0))
    return read


def _quoted_passage(citation: Citation) -> Passage:
    """All that is left of a passage in its citation."""
    return Passage(
        id=citation.passage_id,
        document_id=citation.document_id,
        title=citation.title,
        uri=citation.uri,
        language=language_of(citation.quote),
        text=citation.quote,
        heading_path=citation.heading_path,
        page=citation.page,
    )


def _statement(quote: str, passage: Passage) -> Statement:
    """The statement with these words; of a table row without its header the cells are left."""
    is_row = quote.startswith("|")
    for statement in statements(passage.text):
        if statement.quote == quote and not (is_row and passage.text == quote):
            return statement
    if is_row:
        return Statement(text="; ".join(filter(None, cells(quote))), quote=quote)
    said = " ".join(statement.text for statement in statements(quote))
    return Statement(text=said or quote, quote=quote)
