"""What every bot of a database agrees on: what counts, what waits, and the fitted thresholds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from bot.core.errors import StateUnavailable
from bot.settings import Settings
from bot.state import opened_state
from bot.stores.from_files import before_tables
from bot.stores.state import embedded_file
from bot.stores.thresholds import SqlThresholds
from bot.stores.ways import SqlWays
from bot.ways import Record
from knowledge.budget import Threshold
from knowledge.errors import StoreUnavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """Read and changed by bots, ingests and commands alike."""

    ways: SqlWays
    thresholds: SqlThresholds


@asynccontextmanager
async def open_agreed(settings: Settings) -> AsyncIterator[Agreed]:
    """Open it in the state store that is configured.

    Raises:
        StoreUnavailable: that cannot be opened.
    """
    async with AsyncExitStack() as stack:
        try:
            state = await stack.enter_async_context(opened_state(settings))
        except StateUnavailable as error:
            raise StoreUnavailable(str(error)) from error
        yield Agreed(ways=state.ways, thresholds=state.thresholds)


async def record_now(settings: Settings) -> Record:
    """What counts and what waits.

    Raises:
        StoreUnavailable: nobody knows.
    """
    if _is_new(settings):
        return Record()
    async with open_agreed(settings) as agreed:
        return await agreed.ways.read()


async def fitted_for(settings: Settings, deciders: str) -> Threshold | None:
    """The threshold that was fitted for these, if one was.

    Raises:
        StoreUnavailable, CalibrationUnreadable: nobody knows.
    """
    if _is_new(settings):
        return None
    async with open_agreed(settings) as agreed:
        return await agreed.thresholds.of(deciders)


def _is_new(settings: Settings) -> bool:
    """Whether there can be nothing: then looking makes no data folder."""
    storage = settings.storage
    files = (embedded_file(storage.data_dir), *before_tables(storage.data_dir))
    return not storage.database_url and not any(file.exists() for file in files)
