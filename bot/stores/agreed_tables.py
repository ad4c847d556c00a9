"""The tables of what every bot of a database agrees on, beside the others."""

from __future__ import annotations

from sqlalchemy import Column, SmallInteger, Table, Text

from bot.stores.tables import Word, metadata

ways = Table(
    "ways",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("record", Text, nullable=False),
)

# deciders: everything a confidence comes from; a threshold fits nothing else.
thresholds = Table(
    "fitted_thresholds",
    metadata,
    Column("deciders", Word(256), primary_key=True),
    Column("threshold", Text, nullable=False),
)
