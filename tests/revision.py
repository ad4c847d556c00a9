"""Drafts a revision: what the tables of the code have, and the last revision has not.

    make revision NAME="answers know their model"

Read and finish what it writes, and set `NEWEST` in `bot/stores/upgrading.py`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine

from bot.stores.database import sqlite_url
from bot.stores.upgrading import config, known


def draft(name: str) -> None:
    """Write the file, in line after the last revision."""
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(sqlite_url(Path(folder) / "state.db"))
        with engine.begin() as sql:
            command.upgrade(config(sql), "head")
            command.revision(
                config(sql), name, autogenerate=True, rev_id=f"{int(known()[-1]) + 1:04}"
            )
        engine.dispose()


if __name__ == "__main__":
    if not sys.argv[1:] or not sys.argv[1].strip():
        sys.exit('make revision NAME="what changes"')
    draft(sys.argv[1])
