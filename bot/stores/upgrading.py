"""The database's tables, brought to what this version of the program expects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select, text

from bot.core.errors import StateUnavailable
from bot.stores.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

NEWEST: Final = "0003"
"""The last of `revisions/versions`; alembic is imported only where a database has another."""

FOLDER: Final = Path(__file__).parent / "revisions"

_NOTED = Table("alembic_version", MetaData(), Column("version_num", String(32)))
_ONE_AT_A_TIME: Final = 0x6465736B


class RevisionUnknown(StateUnavailable):
    """The database, or somebody, names a revision that this version does not have."""


async def bring_up(database: Database) -> None:
    """Bring an empty or older database to the newest revision; cheap where it is there already.

    Raises:
        RevisionUnknown: a newer version of the program has changed it.
    """
    if await database.run(recorded) != NEWEST:
        await change(database, NEWEST)


async def change(database: Database, revision: str) -> None:
    """Bring the tables to this revision, later or earlier; all of it or nothing.

    Of two processes that do so at once the second waits, and finds it done.

    Raises:
        RevisionUnknown: it, or the one that the database has, is not known here.
    """
    await database.run(lambda sql: _change(sql, revision))


def recorded(sql: Connection) -> str:
    """The revision that the database notes; empty: none, as in one that is empty or older."""
    if not inspect(sql).has_table(_NOTED.name):
        return ""
    return sql.scalar(select(_NOTED.c.version_num)) or ""


def noted_in(table: Table) -> bool:
    """Whether it is the table that notes the revision, which is alembic's."""
    return table.name == _NOTED.name


def known() -> Sequence[str]:
    """Every revision, oldest first."""
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(config())
    return [one.revision for one in reversed([*script.walk_revisions()])]


def config(sql: Connection | None = None) -> Config:
    """What alembic's own commands are called with. sql: what they work on."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    made.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    made.attributes["connection"] = sql
    return made


def _change(sql: Connection, revision: str) -> None:
    from alembic import command

    _wait_for_others(sql)
    now, order = recorded(sql), ["", *known()]
    if revision not in order:
        raise RevisionUnknown(f"there is no revision {revision}; known are {', '.join(order[1:])}")
    if now not in order:
        raise RevisionUnknown(
            f"the database was changed by a newer Deskmate: it has revision {now}, and this one "
            f"knows up to {order[-1]}; update Deskmate, or restore a backup"
        )
    move = command.upgrade if order.index(revision) >= order.index(now) else command.downgrade
    move(config(sql), revision)


def _wait_for_others(sql: Connection) -> None:
    if sql.dialect.name == "sqlite":
        # Else it would begin with the first row, after tables were made.
        sql.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        sql.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
