"""Run by alembic for each command: on the connection that its caller holds, in its transaction."""

from __future__ import annotations

from alembic import context

from bot.stores.schema import metadata, written

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
    render_item=written,
    render_as_batch=True,  # SQLite changes a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
