"""What was chosen by command, on SQL: readers of documents, the model, the threshold.

The audit log gets each change in the same transaction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from bot.core.audit import AuditEntry
from bot.core.steering import CHOICES, READERS
from bot.stores.audit import append
from bot.stores.database import Database
from bot.stores.steering_tables import choices, named_readers
from bot.stores.telling import tell
from knowledge.ruling import AudienceRules


class SqlNamedReaders:
    """The `NamedReaders` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> AudienceRules:
        """Every rule that stands."""
        these = select(named_readers.c.name, named_readers.c.audience)
        rows = await self._database.run(lambda sql: sql.execute(these).all())
        return {row.name: frozenset(json.loads(row.audience)) for row in rows}

    async def put(self, name: str, audience: frozenset[str], *, by: str, at: datetime) -> None:
        """Keep a rule; one of this name is replaced."""
        this = named_readers.c.name == name
        row = {"name": name, "audience": json.dumps(sorted(audience)), "by": by, "at": at}

        def replace(sql: Connection) -> None:
            before = sql.scalar(select(named_readers.c.audience).where(this))
            sql.execute(delete(named_readers).where(this))
            sql.execute(insert(named_readers).values(**row))
            tell(sql, READERS)
            entry = AuditEntry(
                at=at,
                what="audience.changed",
                by=by,
                before=None if before is None else {"readers": json.loads(before)},
                after={"readers": sorted(audience)},
                about={"documents": name},
            )
            append(sql, entry)

        await self._database.run(replace)


class SqlChoices:
    """The `Choices` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Mapping[str, str]:
        """Every choice that stands."""
        these = select(choices.c.name, choices.c.value)
        rows = await self._database.run(lambda sql: sql.execute(these).all())
        return {row.name: row.value for row in rows}

    async def put(self, values: Mapping[str, str], *, by: str, at: datetime) -> None:
        """Keep these choices; an empty value is forgotten."""
        rows = [
            {"name": name, "value": value, "by": by, "at": at}
            for name, value in values.items()
            if value
        ]

        these = choices.c.name.in_(tuple(values))

        def replace(sql: Connection) -> None:
            found = sql.execute(select(choices.c.name, choices.c.value).where(these)).all()
            sql.execute(delete(choices).where(these))
            if rows:
                sql.execute(insert(choices), rows)
            before = {row.name: row.value for row in found}
            after = {name: value for name, value in values.items() if value}
            append(sql, AuditEntry(at=at, what="choice.made", by=by, before=before, after=after))
            tell(sql, CHOICES)

        await self._database.run(replace)
