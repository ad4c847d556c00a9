"""The state store that the configuration names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.core.ports import Clock
from bot.settings import Settings
from bot.stores.state import State, open_state, utc_now


@asynccontextmanager
async def opened_state(settings: Settings, *, clock: Clock = utc_now) -> AsyncIterator[State]:
    """The state store, open during the block.

    Raises:
        StateUnavailable: the folder cannot be written or the database does not answer.
    """
    state = await open_state(
        data_dir=settings.storage.data_dir,
        database_url=settings.storage.database_url,
        clock=clock,
    )
    try:
        yield state
    finally:
        await state.close()
