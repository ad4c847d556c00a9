"""What every bot of a database agrees on: which passages count, and the fitted thresholds.

Both lay in files of a data folder before; whoever opens the database there takes them over.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.stores.tables import Word

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """One row for what counts and what waits, and one for each fitted threshold."""
    op.create_table(
        "ways",
        sa.Column("id", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("record", sa.Text(), nullable=False),
    )
    op.create_table(
        "fitted_thresholds",
        sa.Column("deciders", Word(256), primary_key=True),
        sa.Column("threshold", sa.Text(), nullable=False),
    )


def downgrade() -> None:
    """Nobody agrees on anything again."""
    op.drop_table("fitted_thresholds")
    op.drop_table("ways")
