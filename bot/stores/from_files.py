"""What lay in files of the data folder before there were tables for it, put into these."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Final, TypeVar

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, insert, select

from bot.core.errors import StateUnavailable
from bot.stores.agreed_tables import thresholds
from bot.stores.database import Database, KeyTaken
from bot.stores.thresholds import written
from bot.stores.ways import change_record
from bot.ways import Record
from knowledge.budget import Threshold

log = logging.getLogger(__name__)

T = TypeVar("T")

WAYS_FILE: Final = "ways.json"
THRESHOLDS_FILE: Final = "calibration.json"
_DONE: Final = ".taken-over"

_WAYS: Final = TypeAdapter(Record)
_THRESHOLDS: Final = TypeAdapter(dict[str, Threshold])


def before_tables(data_dir: Path) -> tuple[Path, ...]:
    """The files that may wait to be taken over."""
    return tuple(data_dir / name for name in (WAYS_FILE, THRESHOLDS_FILE))


async def take_over(database: Database, data_dir: Path) -> None:
    """Put what the files say into tables that say nothing yet, and the files aside.

    What is in a table already counts: others may have changed it since.

    Raises:
        StateUnavailable: a file cannot be read, or is not ours; it is left as it is.
    """
    record = await asyncio.to_thread(_read, data_dir / WAYS_FILE, _WAYS)
    fitted = await asyncio.to_thread(_read, data_dir / THRESHOLDS_FILE, _THRESHOLDS)
    if record is None and fitted is None:
        return

    def put(sql: Connection) -> None:
        # The first statement is a write, which SQLite asks for where there will be one.
        change_record(sql, lambda before: record if record and before == Record() else before)
        for deciders, threshold in (fitted or {}).items():
            _add(sql, deciders, threshold)

    try:
        await database.run(put)
    except KeyTaken:  # another bot took over its own at the same moment
        await database.run(put)
    await asyncio.to_thread(_put_aside, data_dir)


def _add(sql: Connection, deciders: str, threshold: Threshold) -> None:
    this = select(thresholds.c.deciders).where(thresholds.c.deciders == deciders)
    if sql.scalar(this) is None:
        row = {"deciders": deciders, "threshold": written(threshold)}
        sql.execute(insert(thresholds).values(**row))


def _read(path: Path, kind: TypeAdapter[T]) -> T | None:
    try:
        return kind.validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValidationError) as error:
        hint = "mend it, or move it away"
        raise StateUnavailable(f"{path} cannot be taken over; {hint}") from error


def _put_aside(data_dir: Path) -> None:
    for path in before_tables(data_dir):
        try:
            path.replace(path.with_name(f"{path.name}{_DONE}"))
        except FileNotFoundError:
            continue
        except OSError as error:
            raise StateUnavailable(f"{path} cannot be renamed: {error.strerror}") from error
        log.info("file_taken_over", extra={"file": path.name})
