"""The tables of onboarding and of due jobs, beside the others."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from bot.stores.tables import Moment, Word, metadata

job_lanes = Table(
    "job_lanes",
    metadata,
    Column("lane", Word(64), primary_key=True),
    Column("token", Word(32), nullable=False, index=True),
    Column("claimed_until", Moment),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Word(320), primary_key=True),
    Column("lane", Word(64), ForeignKey("job_lanes.lane"), nullable=False, index=True),
    Column("kind", Word(32), nullable=False),
    Column("about", Word(128), nullable=False),
    Column("planned_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("position", Integer, nullable=False),
    Column("state", Word(16), nullable=False),
    Column("reason", Word(64), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("settled_at", Moment),
    Index("jobs_due", "state", "due_at"),
)

joiners = Table(
    "joiners",
    metadata,
    Column("id", Word(64), primary_key=True),
    Column("person", Word(256), nullable=False, index=True),
    Column("state", Word(16), nullable=False, index=True),
    Column("payload", Text, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("version", Integer, nullable=False),
)

entries = Table(
    "joiner_entries",
    metadata,
    Column("joiner_id", Word(64), ForeignKey("joiners.id"), primary_key=True),
    Column("step_id", Word(128), primary_key=True),
    Column("payload", Text, nullable=False),
    Column("shown_at", Moment, nullable=False),
    Column("version", Integer, nullable=False),
)

wondered = Table(
    "joiner_questions",
    metadata,
    Column("id", Word(320), primary_key=True),
    Column("joiner_id", Word(64), ForeignKey("joiners.id"), nullable=False, index=True),
    Column("payload", Text, nullable=False),
    Column("asked_at", Moment, nullable=False, index=True),
)
