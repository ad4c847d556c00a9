"""Every store of the core on one database."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from bot.core.errors import StateUnavailable
from bot.core.ports import Clock
from bot.stores.adopting import done_earlier
from bot.stores.agenda import SqlAgenda
from bot.stores.answers import SqlAnswerLog
from bot.stores.audit import SqlAudit, begin_chain
from bot.stores.choices import SqlChoices, SqlNamedReaders
from bot.stores.curated import SqlCurated
from bot.stores.database import Database, sqlite_url
from bot.stores.egress import SqlDepartures
from bot.stores.errands import SqlErrands
from bot.stores.figures import SqlFigures
from bot.stores.from_files import take_over
from bot.stores.gaps import SqlGaps
from bot.stores.grants import SqlGrants
from bot.stores.inbox import SqlInbox
from bot.stores.joiners import SqlJoiners
from bot.stores.ledger import SqlLedger
from bot.stores.memory import SqlMemory
from bot.stores.mutes import SqlMutes
from bot.stores.proposals import SqlProposals
from bot.stores.reminders import SqlReminders
from bot.stores.runs import SqlEvalRuns
from bot.stores.thresholds import SqlThresholds
from bot.stores.trials import SqlTrials
from bot.stores.upgrading import bring_up
from bot.stores.verdicts import SqlVerdicts
from bot.stores.votes import SqlVotes
from bot.stores.ways import SqlWays

_FILE = "state.db"


def embedded_file(data_dir: Path) -> Path:
    """Where the embedded database lies."""
    return data_dir / _FILE


def utc_now() -> datetime:
    """The clock on the wall."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The core's ports on one database."""

    inbox: SqlInbox
    ledger: SqlLedger
    memory: SqlMemory
    answers: SqlAnswerLog
    verdicts: SqlVerdicts
    votes: SqlVotes
    gaps: SqlGaps
    curated: SqlCurated
    proposals: SqlProposals
    runs: SqlEvalRuns
    errands: SqlErrands
    trials: SqlTrials
    ways: SqlWays
    thresholds: SqlThresholds
    reminders: SqlReminders
    departures: SqlDepartures
    agenda: SqlAgenda
    joiners: SqlJoiners
    mutes: SqlMutes
    named_readers: SqlNamedReaders
    choices: SqlChoices
    figures: SqlFigures
    audit: SqlAudit
    grants: SqlGrants
    database: Database

    async def ping(self) -> None:
        """Return if the database answers; raise StateUnavailable otherwise."""
        await self.database.run(lambda sql: sql.execute(select(1)))

    async def forget(self, *, before: datetime) -> None:
        """Drop replies, turns, answers and reminders older than this; verdicts and gaps stay."""
        await self.ledger.forget(before=before)
        await self.memory.forget(before=before)
        await self.answers.forget(before=before)
        await self.reminders.forget(before=before)
        await self.figures.forget(before=before)

    async def close(self) -> None:
        """Let go of every connection."""
        await self.database.close()


async def open_state(*, data_dir: Path, database_url: str = "", clock: Clock = utc_now) -> State:
    """Open the database, with the newest tables; the folder is made where it is missing.

    What lay in files of the folder before there were tables for it is taken over.

    database_url: empty for an embedded SQLite file in `data_dir`.

    Raises:
        StateUnavailable: the folder cannot be written or the database does not answer;
            RevisionUnknown: a newer version of the program has changed it.
    """
    database = await database_of(data_dir, database_url)
    try:
        await bring_up(database)
        await begin_chain(database, done_earlier)
        await take_over(database, data_dir)
    except StateUnavailable:
        await database.close()
        raise
    return state_on(database, clock=clock)


async def database_of(data_dir: Path, database_url: str) -> Database:
    """The database that is configured, whatever tables it has.

    Raises:
        StateUnavailable: the folder cannot be written, or nobody knows such a database.
    """
    if not database_url:
        await _make_folder(data_dir)
    return Database(database_url or sqlite_url(data_dir / _FILE))


def state_on(database: Database, *, clock: Clock = utc_now) -> State:
    """Every store on a database whose tables are there."""
    figures = SqlFigures(database)
    return State(
        inbox=SqlInbox(database, clock=clock),
        ledger=SqlLedger(database, clock=clock),
        memory=SqlMemory(database, clock=clock),
        answers=SqlAnswerLog(database, figures=figures),
        verdicts=SqlVerdicts(database),
        votes=SqlVotes(database),
        gaps=SqlGaps(database),
        curated=SqlCurated(database, clock=clock),
        proposals=SqlProposals(database, clock=clock),
        runs=SqlEvalRuns(database),
        errands=SqlErrands(database),
        trials=SqlTrials(database),
        ways=SqlWays(database),
        thresholds=SqlThresholds(database),
        reminders=SqlReminders(database),
        departures=SqlDepartures(database),
        agenda=SqlAgenda(database),
        joiners=SqlJoiners(database),
        mutes=SqlMutes(database),
        named_readers=SqlNamedReaders(database),
        choices=SqlChoices(database),
        figures=figures,
        audit=SqlAudit(database),
        grants=SqlGrants(database),
        database=database,
    )


async def _make_folder(folder: Path) -> None:
    try:
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    except OSError as error:
        raise StateUnavailable(f"{folder} cannot be created: {error.strerror}") from error
