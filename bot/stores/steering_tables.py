"""The tables of what administrators decide by command, and of statistics, beside the others."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from bot.stores.tables import Moment, Word, metadata

mutes = Table(
    "mutes",
    metadata,
    Column("platform", Word(32), primary_key=True),
    Column("channel", Word(256), primary_key=True),
    Column("by", Word(256), nullable=False),
    Column("at", Moment, nullable=False),
)

named_readers = Table(
    "named_readers",
    metadata,
    Column("name", Word(512), primary_key=True),
    Column("audience", Text, nullable=False),
    Column("by", Word(256), nullable=False),
    Column("at", Moment, nullable=False),
)

choices = Table(
    "choices",
    metadata,
    Column("name", Word(64), primary_key=True),
    Column("value", Text, nullable=False),
    Column("by", Word(256), nullable=False),
    Column("at", Moment, nullable=False),
)

figures = Table(
    "answer_figures",
    metadata,
    Column("platform", Word(32), primary_key=True),
    Column("message_id", Word(256), primary_key=True),
    Column("outcome", Word(16), nullable=False),
    Column("document", Word(512), nullable=False),
    Column("answered_at", Moment, nullable=False, index=True),
)
