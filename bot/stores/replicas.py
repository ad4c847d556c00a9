"""Several bots on one PostgreSQL: who is alive, and whose turn it is.

A replica is alive while its row is there. It writes into it again and again that it is; whoever
finds a row whose time is over deletes it, and with it goes all that the replica had. So a replica
that was only late still has everything, unless somebody else has begun to take it over.
"""

from __future__ import annotations

import logging
import secrets
import time
from typing import Any, Final

from sqlalchemy import Connection, text

from bot.core.errors import StateUnavailable
from bot.core.replicas import LEASE, Heard, TakenOver
from bot.stores.database import Database
from bot.stores.ear import Ear
from bot.stores.tables import storable
from bot.stores.telling import tell

log = logging.getLogger(__name__)

_NOW: Final = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_LEASE_US: Final = round(LEASE.total_seconds() * 1_000_000)
_SURE_FOR_S: Final = LEASE.total_seconds() - 3.0
"""The others count from when our word arrived, we from when we began to say it."""

_COME = text(f"INSERT INTO replicas (id, alive_until) VALUES (:me, {_NOW} + {_LEASE_US})")  # noqa: S608 -- constants
_LIVE = text(f"UPDATE replicas SET alive_until = {_NOW} + {_LEASE_US} WHERE id = :me")  # noqa: S608
_GO = text("DELETE FROM replicas WHERE id = :me")
_BURY = text(f"DELETE FROM replicas WHERE alive_until < {_NOW} AND id <> :me RETURNING id")  # noqa: S608
_TURN = text(
    "INSERT INTO duties (work, replica) SELECT :work, id FROM replicas WHERE id = :me "
    "ON CONFLICT (work) DO UPDATE SET replica = EXCLUDED.replica WHERE duties.replica = :me "
    "OR NOT EXISTS (SELECT 1 FROM replicas WHERE id = duties.replica) RETURNING work"
)


class SqlReplica:
    """One of several bots on one database: the core's `Others`."""

    def __init__(self, database: Database) -> None:
        self.id = ""
        self._database = database
        self._ear = Ear(database)
        self._sure_until = 0.0

    @property
    def sure(self) -> bool:
        """Whether nobody can have taken over yet what is ours, by what we know."""
        return time.monotonic() < self._sure_until

    async def come(self) -> None:
        """Begin to be one of them, under a new name."""
        name, begun = secrets.token_hex(8), time.monotonic()
        await self._database.run(lambda sql: sql.execute(_COME, {"me": name}))
        if not self.id:
            await self._ear.open()
        self.id = name
        self._sure_until = begun + _SURE_FOR_S
        log.info("replica_came", extra={"replica": name})

    async def live(self) -> None:
        """Say that we are alive.

        Raises:
            TakenOver: too late.
        """
        begun = time.monotonic()
        alive = await self._database.run(lambda sql: sql.execute(_LIVE, {"me": self.id}).rowcount)
        if not alive:
            self._sure_until = 0.0
            log.error("replica_taken_over", extra={"replica": self.id})
            raise TakenOver
        self._sure_until = begun + _SURE_FOR_S

    async def go(self) -> None:
        """Leave everything to the others, at once."""
        if not self.id:
            return
        name, self.id = self.id, ""
        await self._ear.close()

        def go(sql: Connection) -> None:
            sql.execute(_GO, {"me": name})
            tell(sql, "inbox")

        try:
            await self._database.run(go)
        except StateUnavailable as error:
            log.warning("replica_went_untold", extra={"reason": str(error)})

    async def turn(self, work: str) -> bool:
        """Whether this work is ours to do now; it stays so for as long as we live."""
        ours = {"work": work, "me": self.id}
        return await self._database.run(lambda sql: sql.execute(_TURN, ours).first() is not None)

    async def tell(self, topic: str, said: str) -> None:
        """Tell all others, as far as they listen now."""
        await self._database.run(lambda sql: tell(sql, topic, storable(said)))

    def hear(self, topic: str, heard: Heard) -> None:
        """Call this for whatever is told of a topic."""
        self._ear.hear(topic, heard)


def bury(sql: Connection, me: str) -> tuple[str, ...]:
    """End those that were silent too long; whom."""
    rows: Any = sql.execute(_BURY, {"me": me})
    return tuple(rows.scalars())
