"""Every table, as they were before revisions were counted.

A database from before has some or all of them: what is there stays as it is.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.stores.tables import ROW_ID, Moment, Word

revision = "0001"
down_revision = None

_CHILDREN_FIRST = (
    "joiner_questions",
    "joiner_entries",
    "jobs",
    "inbox_keys",
    "asks",
    "votes",
    "verdicts",
    "turns",
    "replies",
    "reminders",
    "proposals",
    "named_readers",
    "mutes",
    "knowledge_gaps",
    "joiners",
    "job_lanes",
    "inbox_events",
    "grants",
    "gate_trials",
    "eval_runs",
    "errands",
    "departures",
    "curated_revisions",
    "counters",
    "choices",
    "audit_log",
    "audit_head",
    "answers",
    "answer_figures",
)


def upgrade() -> None:
    """Make what is missing."""
    op.create_table(
        "answer_figures",
        sa.Column("platform", Word(32), nullable=False),
        sa.Column("message_id", Word(256), nullable=False),
        sa.Column("outcome", Word(16), nullable=False),
        sa.Column("document", Word(512), nullable=False),
        sa.Column("answered_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "message_id"),
        if_not_exists=True,
    )
    op.create_index(
        "ix_answer_figures_answered_at", "answer_figures", ["answered_at"], if_not_exists=True
    )
    op.create_table(
        "answers",
        sa.Column("platform", Word(32), nullable=False),
        sa.Column("message_id", Word(256), nullable=False),
        sa.Column("lane", Word(512), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("answered_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "message_id"),
        if_not_exists=True,
    )
    op.create_index("ix_answers_answered_at", "answers", ["answered_at"], if_not_exists=True)
    op.create_index("ix_answers_lane", "answers", ["lane"], if_not_exists=True)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", Word(64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_table(
        "audit_log",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", Word(256), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("by", Word(), nullable=False),
        sa.Column("what", Word(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("previous", Word(64), nullable=False),
        sa.Column("hash", Word(64), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("key"),
        if_not_exists=True,
    )
    op.create_index("ix_audit_log_by", "audit_log", ["by"], if_not_exists=True)
    op.create_table(
        "choices",
        sa.Column("name", Word(64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("by", Word(256), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        if_not_exists=True,
    )
    op.create_table(
        "counters",
        sa.Column("name", Word(32), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        if_not_exists=True,
    )
    op.create_table(
        "curated_revisions",
        sa.Column("number", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("key", Word(320), nullable=False),
        sa.Column("id", Word(64), nullable=False),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column("by", Word(256), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("key"),
        if_not_exists=True,
    )
    op.create_index("ix_curated_revisions_id", "curated_revisions", ["id"], if_not_exists=True)
    op.create_table(
        "departures",
        sa.Column("id", Word(64), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("ix_departures_at", "departures", ["at"], if_not_exists=True)
    op.create_table(
        "errands",
        sa.Column("id", Word(320), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("begun", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_table(
        "eval_runs",
        sa.Column("id", Word(320), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("ix_eval_runs_at", "eval_runs", ["at"], if_not_exists=True)
    op.create_table(
        "gate_trials",
        sa.Column("id", Word(64), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_table(
        "grants",
        sa.Column("person", Word(320), nullable=False),
        sa.Column("role", Word(16), nullable=False),
        sa.Column("topic", Word(256), nullable=False),
        sa.Column("by", Word(320), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("person", "role", "topic"),
        if_not_exists=True,
    )
    op.create_table(
        "inbox_events",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("claimed_at", Moment(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.Column("resumes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(
        "ix_inbox_events_finished_at", "inbox_events", ["finished_at"], if_not_exists=True
    )
    op.create_table(
        "job_lanes",
        sa.Column("lane", Word(64), nullable=False),
        sa.Column("token", Word(32), nullable=False),
        sa.Column("claimed_until", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("lane"),
        if_not_exists=True,
    )
    op.create_index("ix_job_lanes_token", "job_lanes", ["token"], if_not_exists=True)
    op.create_table(
        "joiners",
        sa.Column("id", Word(64), nullable=False),
        sa.Column("person", Word(256), nullable=False),
        sa.Column("state", Word(16), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("started_at", Moment(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("ix_joiners_person", "joiners", ["person"], if_not_exists=True)
    op.create_index("ix_joiners_state", "joiners", ["state"], if_not_exists=True)
    op.create_table(
        "knowledge_gaps",
        sa.Column("id", Word(64), nullable=False),
        sa.Column("state", Word(16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("ix_knowledge_gaps_due_at", "knowledge_gaps", ["due_at"], if_not_exists=True)
    op.create_index(
        "ix_knowledge_gaps_opened_at", "knowledge_gaps", ["opened_at"], if_not_exists=True
    )
    op.create_index("ix_knowledge_gaps_state", "knowledge_gaps", ["state"], if_not_exists=True)
    op.create_table(
        "mutes",
        sa.Column("platform", Word(32), nullable=False),
        sa.Column("channel", Word(256), nullable=False),
        sa.Column("by", Word(256), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "channel"),
        if_not_exists=True,
    )
    op.create_table(
        "named_readers",
        sa.Column("name", Word(512), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("by", Word(256), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        if_not_exists=True,
    )
    op.create_table(
        "proposals",
        sa.Column("id", Word(64), nullable=False),
        sa.Column("state", Word(16), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("proposed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("ix_proposals_state", "proposals", ["state"], if_not_exists=True)
    op.create_table(
        "reminders",
        sa.Column("person", Word(256), nullable=False),
        sa.Column("thing", Word(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("person", "thing"),
        if_not_exists=True,
    )
    op.create_index("ix_reminders_at", "reminders", ["at"], if_not_exists=True)
    op.create_table(
        "replies",
        sa.Column("key", Word(320), nullable=False),
        sa.Column("platform", Word(32), nullable=False),
        sa.Column("message_id", Word(256), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        if_not_exists=True,
    )
    op.create_index("ix_replies_recorded_at", "replies", ["recorded_at"], if_not_exists=True)
    op.create_table(
        "turns",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("lane", Word(512), nullable=False),
        sa.Column("person", Word(256), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("said_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("ix_turns_said_at", "turns", ["said_at"], if_not_exists=True)
    op.create_index("turns_of_a_person", "turns", ["lane", "person", "id"], if_not_exists=True)
    op.create_table(
        "verdicts",
        sa.Column("platform", Word(32), nullable=False),
        sa.Column("message_id", Word(256), nullable=False),
        sa.Column("person", Word(256), nullable=False),
        sa.Column("value", sa.SmallInteger(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("given_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "message_id", "person"),
        if_not_exists=True,
    )
    op.create_index("verdicts_of_a_person", "verdicts", ["person", "given_at"], if_not_exists=True)
    op.create_table(
        "votes",
        sa.Column("platform", Word(32), nullable=False),
        sa.Column("message_id", Word(256), nullable=False),
        sa.Column("person", Word(256), nullable=False),
        sa.Column("target", Word(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.SmallInteger(), nullable=False),
        sa.Column("question", Word(), nullable=False),
        sa.Column("given_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "message_id", "person", "target"),
        if_not_exists=True,
    )
    op.create_index("ix_votes_number", "votes", ["number"], if_not_exists=True)
    op.create_index("votes_on_a_target", "votes", ["target", "value"], if_not_exists=True)
    op.create_table(
        "asks",
        sa.Column("id", Word(64), nullable=False),
        sa.Column("gap_id", Word(64), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["gap_id"],
            ["knowledge_gaps.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("ix_asks_gap_id", "asks", ["gap_id"], if_not_exists=True)
    op.create_table(
        "inbox_keys",
        sa.Column("platform", Word(32), nullable=False),
        sa.Column("key", Word(256), nullable=False),
        sa.Column("event_id", ROW_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["inbox_events.id"],
        ),
        sa.PrimaryKeyConstraint("platform", "key"),
        if_not_exists=True,
    )
    op.create_index("ix_inbox_keys_event_id", "inbox_keys", ["event_id"], if_not_exists=True)
    op.create_table(
        "jobs",
        sa.Column("id", Word(320), nullable=False),
        sa.Column("lane", Word(64), nullable=False),
        sa.Column("kind", Word(32), nullable=False),
        sa.Column("about", Word(128), nullable=False),
        sa.Column("planned_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", Word(16), nullable=False),
        sa.Column("reason", Word(64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("settled_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["lane"],
            ["job_lanes.lane"],
        ),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("ix_jobs_lane", "jobs", ["lane"], if_not_exists=True)
    op.create_index("jobs_due", "jobs", ["state", "due_at"], if_not_exists=True)
    op.create_table(
        "joiner_entries",
        sa.Column("joiner_id", Word(64), nullable=False),
        sa.Column("step_id", Word(128), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("shown_at", Moment(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["joiner_id"],
            ["joiners.id"],
        ),
        sa.PrimaryKeyConstraint("joiner_id", "step_id"),
        if_not_exists=True,
    )
    op.create_table(
        "joiner_questions",
        sa.Column("id", Word(320), nullable=False),
        sa.Column("joiner_id", Word(64), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["joiner_id"],
            ["joiners.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(
        "ix_joiner_questions_asked_at", "joiner_questions", ["asked_at"], if_not_exists=True
    )
    op.create_index(
        "ix_joiner_questions_joiner_id", "joiner_questions", ["joiner_id"], if_not_exists=True
    )


def downgrade() -> None:
    """Drop everything."""
    for table in _CHILDREN_FIRST:
        op.drop_table(table)
