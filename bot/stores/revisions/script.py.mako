"""${message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.stores.tables import ROW_ID, Moment, Word

revision = "${up_revision}"
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Say what becomes of what is there."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Say what is lost."""
    ${downgrades if downgrades else "pass"}
