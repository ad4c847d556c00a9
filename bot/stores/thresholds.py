"""The thresholds a company fitted on its own questions, on SQL."""

from __future__ import annotations

from typing import Final

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select

from bot.core.errors import StateUnavailable
from bot.core.steering import WAYS
from bot.stores.agreed_tables import thresholds
from bot.stores.database import Database
from bot.stores.telling import tell
from knowledge.budget import Threshold
from knowledge.errors import CalibrationUnreadable, StoreUnavailable

_ENTRY: Final = TypeAdapter(Threshold)


class SqlThresholds:
    """A threshold for each choice of what a confidence comes from; it fits no other.

    Each call raises StoreUnavailable where the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, deciders: str) -> Threshold | None:
        """The threshold that was fitted for these, or None where there is none.

        Raises:
            CalibrationUnreadable: there is one, but not as `put` writes it.
        """
        this = select(thresholds.c.threshold).where(thresholds.c.deciders == deciders)
        try:
            kept = await self._database.run(lambda sql: sql.scalar(this))
        except StateUnavailable as error:
            raise StoreUnavailable(str(error)) from error
        try:
            return None if kept is None else _ENTRY.validate_json(kept)
        except ValidationError as error:
            raise CalibrationUnreadable(deciders) from error

    async def put(self, deciders: str, threshold: Threshold) -> None:
        """Keep a threshold, and tell all others; one of the same deciders is replaced."""
        try:
            await self._database.put(
                thresholds,
                key={"deciders": deciders},
                values={"threshold": written(threshold)},
                also=lambda sql: tell(sql, WAYS),
            )
        except StateUnavailable as error:
            raise StoreUnavailable(str(error)) from error


def written(threshold: Threshold) -> str:
    """As it is kept."""
    return _ENTRY.dump_json(threshold).decode()
