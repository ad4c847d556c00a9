"""What was chosen by command, on SQL: readers of documents, the model, the threshold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from bot.stores.database import Database
from bot.stores.steering_tables import choices, named_readers
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
        values = {"audience": json.dumps(sorted(audience)), "by": by, "at": at}
        await self._database.put(named_readers, key={"name": name}, values=values)


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

        def replace(sql: Connection) -> None:
            sql.execute(delete(choices).where(choices.c.name.in_(tuple(values))))
            if rows:
                sql.execute(insert(choices), rows)

        await self._database.run(replace)
