"""What people thought of answers, on SQL.

A verdict is kept under its person and answer, a withdrawal as value 0. What follows from it, its
votes on what the answer was made of, has a table of its own: answers are forgotten after a while,
and what people thought of their sources should outlive them; and a passage's votes are then one
look into an index instead of a reading of every answer. Verdict and votes change in one
transaction, so they always say the same.

Each change takes the next number from a counter. Its row stays locked until the transaction ends,
so numbers become visible in their order: who has read up to one number has missed nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    case,
    delete,
    func,
    insert,
    select,
    update,
)

from bot.core.model import Grounds, MessageRef, User, Verdict, WordingVote
from bot.stores.database import Database, KeyTaken
from bot.stores.tables import counters, verdicts, votes
from bot.stores.words import Words, payload_of, words
from knowledge.model import Tally

PASSAGE = "passage:"
CURATED = "curated:"
WORDING = "wording:"
COUNTER = "votes"

_NO_GROUNDS = Grounds(question="")


class SqlVerdicts:
    """The `Verdicts` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def give(self, verdict: Verdict, *, grounds: Grounds | None = None) -> None:
        """One verdict a person and answer: the one given last counts, whichever arrives last."""

        def keep(sql: Connection) -> None:
            number = _next_number(sql)
            known = words(sql.scalar(select(verdicts.c.payload).where(*_hers(verdicts, verdict))))
            said = known.plus(verdict)
            if said != known:
                _write(sql, verdict, said)
                _vote(sql, verdict, said, grounds or _NO_GROUNDS, number)

        try:
            await self._database.run(keep)
        except KeyTaken:  # somebody made the counter between our look and our insert
            await self._database.run(keep)

    async def of(self, ref: MessageRef) -> tuple[Verdict, ...]:
        """All standing verdicts on one answer, oldest first."""
        standing = (
            select(verdicts.c.payload)
            .where(*_on(ref), verdicts.c.value != 0)
            .order_by(verdicts.c.given_at, verdicts.c.person)
        )
        payloads = await self._database.run(lambda sql: sql.scalars(standing).all())
        return _standing(payloads)

    async def standing(self) -> tuple[Verdict, ...]:
        """All standing verdicts on whatever answer, oldest first."""
        order = (verdicts.c.given_at, verdicts.c.platform, verdicts.c.message_id, verdicts.c.person)
        standing = select(verdicts.c.payload).where(verdicts.c.value != 0).order_by(*order)
        payloads = await self._database.run(lambda sql: sql.scalars(standing).all())
        return _standing(payloads)

    async def given(self, user: User, *, since: datetime, but: MessageRef) -> int:
        """On how many other answers than `but` this person's last word came after this moment."""
        this = (verdicts.c.platform == but.platform) & (verdicts.c.message_id == but.id)
        counted = (
            select(func.count())
            .select_from(verdicts)
            .where(verdicts.c.person == user.key, verdicts.c.given_at > since, ~this)
        )
        return await self._database.run(lambda sql: sql.scalar(counted)) or 0

    async def tallies(self, passage_ids: Collection[str]) -> Mapping[str, Tally]:
        """The standing votes on each of these passages."""
        targets = {f"{PASSAGE}{id_}": id_ for id_ in passage_ids}
        counted = (
            select(votes.c.target, *_sums())
            .where(votes.c.target.in_(targets))
            .group_by(votes.c.target)
        )
        rows = await self._database.run(lambda sql: sql.execute(counted).all())
        found = {targets[target]: Tally(helpful=up, not_helpful=down) for target, up, down in rows}
        return {id_: found.get(id_, Tally()) for id_ in passage_ids}

    async def people(self, curated: str) -> Tally:
        """What people think of a curated answer: each counts once, by the last word they said."""
        said = (
            select(votes.c.person, votes.c.value)
            .where(votes.c.target == f"{CURATED}{curated}", votes.c.value != 0)
            .order_by(votes.c.given_at, votes.c.value.desc())
        )
        rows = await self._database.run(lambda sql: sql.execute(said).all())
        last = [value for _, value in {person: (person, value) for person, value in rows}.values()]
        return Tally(helpful=last.count(1), not_helpful=last.count(-1))

    async def wordings(self, curated: str) -> tuple[WordingVote, ...]:
        """The standing votes on whether a curated answer is the one to questions like its own."""
        said = (
            select(votes.c.question, votes.c.person, votes.c.value, votes.c.given_at)
            .where(votes.c.target == f"{WORDING}{curated}", votes.c.value != 0)
            .order_by(votes.c.given_at, votes.c.value.desc(), votes.c.question, votes.c.person)
        )
        rows = await self._database.run(lambda sql: sql.execute(said).all())
        return tuple(
            WordingVote(wording=wording, person=person, value=value, given_at=given_at)
            for wording, person, value, given_at in rows
        )


def _standing(payloads: Iterable[str]) -> tuple[Verdict, ...]:
    found = (words(payload).standing for payload in payloads)
    return tuple(verdict for verdict in found if verdict is not None)


def _next_number(sql: Connection) -> int:
    mine = counters.c.name == COUNTER
    counted = sql.execute(update(counters).where(mine).values(value=counters.c.value + 1))
    if counted.rowcount == 0:
        sql.execute(insert(counters).values(name=COUNTER, value=1))
    return int(sql.execute(select(counters.c.value).where(mine)).scalar_one())


def _write(sql: Connection, verdict: Verdict, said: Words) -> None:
    sql.execute(delete(verdicts).where(*_hers(verdicts, verdict)))
    sql.execute(
        insert(verdicts).values(**_key(verdict), **_counted(said), payload=payload_of(said))
    )


def _counted(said: Words) -> dict[str, object]:
    standing = said.standing
    return {
        "value": standing.value if standing else 0,
        "given_at": standing.given_at if standing else said.spoken_at,
    }


def _vote(sql: Connection, verdict: Verdict, said: Words, grounds: Grounds, number: int) -> None:
    """Her votes under this answer; what she no longer votes on stays as withdrawn."""
    targets = tuple(dict.fromkeys(_targets(grounds)))
    hers = _hers(votes, verdict)
    sql.execute(delete(votes).where(*hers, votes.c.target.in_(targets)))
    sql.execute(update(votes).where(*hers).values(value=0, number=number))
    rows = [
        {
            **_key(verdict),
            **_counted(said),
            "target": target,
            "number": number,
            "question": grounds.question,
        }
        for target in targets
    ]
    if rows:
        sql.execute(insert(votes), rows)


def _targets(grounds: Grounds) -> Iterable[str]:
    yield from (f"{PASSAGE}{id_}" for id_ in grounds.passages)
    if grounds.curated:
        yield f"{CURATED}{grounds.curated}"
    if grounds.similar:
        yield f"{WORDING}{grounds.similar}"


def _sums() -> tuple[ColumnElement[int], ColumnElement[int]]:
    return (
        func.sum(case((votes.c.value == 1, 1), else_=0)),
        func.sum(case((votes.c.value == -1, 1), else_=0)),
    )


def _key(verdict: Verdict) -> dict[str, str]:
    return {
        "platform": verdict.ref.platform,
        "message_id": verdict.ref.id,
        "person": verdict.user.key,
    }


def _hers(table: Table, verdict: Verdict) -> tuple[ColumnElement[bool], ...]:
    return tuple(table.c[name] == value for name, value in _key(verdict).items())


def _on(ref: MessageRef) -> tuple[ColumnElement[bool], ...]:
    return verdicts.c.platform == ref.platform, verdicts.c.message_id == ref.id
