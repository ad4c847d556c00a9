"""The tables of the state store; only types and SQL that SQLite and PostgreSQL share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.types import TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(TypeDecorator[datetime]):
    """An aware datetime as microseconds since 1970: SQLite would drop the zone."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> int | None:
        """Refuses naive datetimes by failing to subtract them."""
        return None if value is None else (value - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, _dialect: Dialect) -> datetime | None:
        """The same moment in UTC."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


def storable(word: str) -> str:
    """A word as it is stored; the same again where it is storable already."""
    return word.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


class Word(TypeDecorator[str]):
    """A short string from a platform, made storable.

    Lone surrogates cannot become UTF-8, and PostgreSQL takes no NUL.
    """

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        """Unstorable characters become visible escapes, so different words stay different."""
        return None if value is None else storable(value)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """As long as it is: SQLite does not heed a length, so PostgreSQL gets none."""
        unbounded = dialect.name == "postgresql"
        return dialect.type_descriptor(String() if unbounded else self.impl_instance)


metadata = MetaData()

# sqlite needs the plain INTEGER for a row id that counts up by itself.
ROW_ID = BigInteger().with_variant(Integer, "sqlite")

_OPEN = text("finished_at IS NULL")

# lane, owner, handed: which conversation it belongs to, which replica has it, and whether that one
# still has to fetch it; see `shared_inbox.py`. A bot that is alone leaves them empty.
events = Table(
    "inbox_events",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("payload", Text, nullable=False),
    Column("claimed_at", Moment, nullable=False),
    Column("finished_at", Moment, index=True),
    Column("resumes", Integer, nullable=False, default=0),
    Column("lane", Word(512), nullable=False, server_default=""),
    Column("owner", Word(32), nullable=False, server_default=""),
    Column("handed", SmallInteger, nullable=False, server_default="0"),
    Index("inbox_open", "lane", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
)

event_keys = Table(
    "inbox_keys",
    metadata,
    Column("platform", Word(32), primary_key=True),
    Column("key", Word(256), primary_key=True),
    Column("event_id", ROW_ID, ForeignKey("inbox_events.id"), nullable=False, index=True),
)

replies = Table(
    "replies",
    metadata,
    Column("key", Word(320), primary_key=True),
    Column("platform", Word(32), nullable=False),
    Column("message_id", Word(256), nullable=False),
    Column("recorded_at", Moment, nullable=False, index=True),
)

turns = Table(
    "turns",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("lane", Word(512), nullable=False),
    Column("person", Word(256), nullable=False),
    Column("payload", Text, nullable=False),
    Column("said_at", Moment, nullable=False, index=True),
    Index("turns_of_a_person", "lane", "person", "id"),
)

answers = Table(
    "answers",
    metadata,
    Column("platform", Word(32), primary_key=True),
    Column("message_id", Word(256), primary_key=True),
    Column("lane", Word(512), nullable=False, index=True),
    Column("payload", Text, nullable=False),
    Column("answered_at", Moment, nullable=False, index=True),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("platform", Word(32), primary_key=True),
    Column("message_id", Word(256), primary_key=True),
    Column("person", Word(256), primary_key=True),
    Column("value", SmallInteger, nullable=False),
    Column("payload", Text, nullable=False),
    Column("given_at", Moment, nullable=False),
    Index("verdicts_of_a_person", "person", "given_at"),
)

votes = Table(
    "votes",
    metadata,
    Column("platform", Word(32), primary_key=True),
    Column("message_id", Word(256), primary_key=True),
    Column("person", Word(256), primary_key=True),
    Column("target", Word, primary_key=True),
    Column("number", BigInteger, nullable=False, index=True),
    Column("value", SmallInteger, nullable=False),
    Column("question", Word, nullable=False),
    Column("given_at", Moment, nullable=False),
    Index("votes_on_a_target", "target", "value"),
)

counters = Table(
    "counters",
    metadata,
    Column("name", Word(32), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

gaps = Table(
    "knowledge_gaps",
    metadata,
    Column("id", Word(64), primary_key=True),
    Column("state", Word(16), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("payload", Text, nullable=False),
    Column("opened_at", Moment, nullable=False, index=True),
    Column("due_at", Moment, index=True),
)

asks = Table(
    "asks",
    metadata,
    Column("id", Word(64), primary_key=True),
    Column("gap_id", Word(64), ForeignKey("knowledge_gaps.id"), nullable=False, index=True),
    Column("payload", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
)

curated = Table(
    "curated_revisions",
    metadata,
    Column("number", ROW_ID, primary_key=True, autoincrement=True),
    Column("key", Word(320), nullable=False, unique=True),
    Column("id", Word(64), nullable=False, index=True),
    Column("payload", Text),
    Column("by", Word(256), nullable=False),
    Column("at", Moment, nullable=False),
    Column("reason", Text, nullable=False),
)

eval_runs = Table(
    "eval_runs",
    metadata,
    Column("id", Word(320), primary_key=True),
    Column("payload", Text, nullable=False),
    Column("at", Moment, nullable=False, index=True),
)

proposals = Table(
    "proposals",
    metadata,
    Column("id", Word(64), primary_key=True),
    Column("state", Word(16), nullable=False, index=True),
    Column("payload", Text, nullable=False),
    Column("proposed_at", Moment, nullable=False),
)

errands = Table(
    "errands",
    metadata,
    Column("id", Word(320), primary_key=True),
    Column("payload", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("begun", Integer, nullable=False, default=0),
)

trials = Table(
    "gate_trials",
    metadata,
    Column("id", Word(64), primary_key=True),
    Column("payload", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

reminders = Table(
    "reminders",
    metadata,
    Column("person", Word(256), primary_key=True),
    Column("thing", Word, primary_key=True),
    Column("at", Moment, nullable=False, index=True),
)
