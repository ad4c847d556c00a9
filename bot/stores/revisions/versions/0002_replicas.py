"""Several bots share a database: each event has a lane, and a replica that has it.

Events from before have the lane without a name, so that they are taken over together, in order.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.stores.tables import ROW_ID, Moment, Word

revision = "0002"
down_revision = "0001"

_OPEN = sa.text("finished_at IS NULL")


def upgrade() -> None:
    """Events get lane and owner; replicas, what they do by turns, and what was used, tables."""
    for name, length in (("lane", 512), ("owner", 32)):
        column: sa.Column[str] = sa.Column(name, Word(length), nullable=False, server_default="")
        op.add_column("inbox_events", column)
    handed = sa.Column("handed", sa.SmallInteger(), nullable=False, server_default="0")
    op.add_column("inbox_events", handed)
    op.create_index(
        "inbox_open",
        "inbox_events",
        ["lane", "id"],
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_table(
        "replicas",
        sa.Column("id", Word(32), primary_key=True),
        sa.Column("alive_until", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "duties",
        sa.Column("work", Word(128), primary_key=True),
        sa.Column("replica", Word(32), nullable=False),
    )
    op.create_table(
        "recent_uses",
        sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
        sa.Column("name", Word(320), nullable=False),
        sa.Column("at", Moment(), nullable=False),
    )
    op.create_index("uses_of_a_name", "recent_uses", ["name", "at"])


def downgrade() -> None:
    """One bot has the database to itself again."""
    op.drop_table("recent_uses")
    op.drop_table("duties")
    op.drop_table("replicas")
    op.drop_index("inbox_open", "inbox_events")
    for name in ("handed", "owner", "lane"):
        op.drop_column("inbox_events", name)
