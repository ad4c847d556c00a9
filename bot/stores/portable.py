"""The rows of every table as lines of text, the same for SQLite and PostgreSQL."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    MetaData,
    Table,
    TableClause,
    TypeDecorator,
    column,
    delete,
    func,
    insert,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy.exc import DataError, IntegrityError

from bot.stores.replica_tables import OF_PROCESSES
from bot.stores.schema import metadata
from bot.stores.tables import storable
from bot.stores.upgrading import NEWEST, RevisionUnknown, noted_in, recorded
from knowledge.errors import BackupInvalid

_AT_ONCE = 500
_MAX_LINE_BYTES = 64 * 1024**2
_SUFFIX = ".jsonl"
_BYTES = "base64"
_MOST_BITS = 64
_FROM_THE_START = frozenset({"audit_head", "ways"})


def copy_embedded(source: Path, target: Path) -> None:
    """Copy an SQLite database as it is at one moment, while others read and write it.

    Raises:
        sqlite3.Error: it cannot be read, or there is no room.
    """
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy)


def write_rows(sql: Connection, folder: Path) -> dict[str, int]:
    """Write a file a table, all of one moment; how many rows each has.

    Raises:
        RevisionUnknown: a newer Deskmate has changed the tables meanwhile.
    """
    if sql.dialect.name == "postgresql":
        # The first statement: whatever is read before it would be of another moment.
        sql.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
    _take_your_time(sql)
    if (revision := recorded(sql)) != NEWEST:
        raise RevisionUnknown(f"the tables have revision {revision} by now: try again")
    return {each.name: _write(sql, each, folder) for each in _kept()}


def read_rows(sql: Connection, files: Mapping[str, Path]) -> None:
    """Put the rows of these tables in place of all that is there, in this transaction.

    The tables may be of any revision: they are taken as they are found.

    files: by the table's name.

    Raises:
        BackupInvalid: the rows do not fit the tables: a newer Deskmate wrote them, or somebody.
    """
    _take_your_time(sql)
    found = _found(sql)
    known = {each.name for each in found} - OF_PROCESSES
    if unknown := sorted(set(files) - known):
        raise BackupInvalid(f"unknown tables {', '.join(unknown)}: a newer Deskmate wrote them")
    for each in reversed(found):
        sql.execute(delete(each))
    for each in found:
        if each.name in files:
            _read(sql, each, files[each.name])


def count_rows(sql: Connection) -> int:
    """How many rows there are of what people did; some tables have a row from the first start."""
    others = (each for each in _kept() if each.name not in _FROM_THE_START)
    counts = [sql.scalar(select(func.count()).select_from(each)) or 0 for each in others]
    return sum(counts)


def file_of(name: str) -> str:
    """The file of a table."""
    return f"{name}{_SUFFIX}"


def _kept() -> list[Table]:
    return [each for each in metadata.sorted_tables if each.name not in OF_PROCESSES]


def _found(sql: Connection) -> list[Table]:
    """The tables as they are in the database, each after those that it refers to."""
    there = MetaData()
    there.reflect(sql)
    return [each for each in there.sorted_tables if not noted_in(each)]


def _take_your_time(sql: Connection) -> None:
    """A server would end our session where a file takes longer than a bot may stand still."""
    if sql.dialect.name == "postgresql":
        sql.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


def _write(sql: Connection, each: Table, folder: Path) -> int:
    count = 0
    with (folder / f"{each.name}{_SUFFIX}").open("w", encoding="utf-8", newline="\n") as file:
        names = [stored.name for stored in each.columns]
        file.write(json.dumps(names) + "\n")
        plain = _plain(each)
        order = [plain.c[key.name] for key in each.primary_key]
        these = select(*plain.c).order_by(*order)
        # In portions: a table may be larger than the memory.
        for row in sql.execute(these, execution_options={"yield_per": _AT_ONCE}):
            file.write(json.dumps([_told(value) for value in row], ensure_ascii=False) + "\n")
            count += 1
    return count


def _read(sql: Connection, each: Table, path: Path) -> None:
    with path.open(encoding="utf-8", newline="\n") as file:
        names = [str(name) for name in _list(file.readline(_MAX_LINE_BYTES))]
        if unknown := sorted(set(names) - set(each.columns.keys())):
            raise BackupInvalid(f"{each.name} has unknown columns {', '.join(unknown)}")
        rows = _rows(iter(lambda: file.readline(_MAX_LINE_BYTES), ""), names, each)
        while batch := list(islice(rows, _AT_ONCE)):
            _put(sql, each, batch)
    _count_on(sql, each)


def _put(sql: Connection, each: Table, batch: Sequence[Mapping[str, Any]]) -> None:
    try:
        sql.execute(insert(each), batch)
    except (IntegrityError, DataError):
        # From None: the database tells what stood in the row.
        raise BackupInvalid(f"{each.name} has rows that do not fit together") from None


def _rows(lines: Iterator[str], names: Sequence[str], each: Table) -> Iterator[Mapping[str, Any]]:
    kinds = [each.columns[name].type.python_type for name in names]
    for line in lines:
        values = [_read_value(value) for value in _list(line)]
        if len(values) != len(names):
            raise BackupInvalid(f"a table of {len(names)} columns has a row of {len(values)}")
        if not all(map(_fits, values, kinds)):
            raise BackupInvalid(f"{each.name} has a value of another kind than its column")
        yield dict(zip(names, values, strict=True))


def _fits(value: Any, kind: type) -> bool:
    """SQLite would take anything, and only PostgreSQL would find it."""
    if value is None:
        return True
    if kind is int:
        return type(value) is int and value.bit_length() < _MOST_BITS
    return type(value) is kind


def _list(line: str) -> list[Any]:
    try:
        values = json.loads(line)
    except ValueError as error:
        raise BackupInvalid("a table holds a line that is no JSON") from error
    if not isinstance(values, list):
        raise BackupInvalid("a table holds a line that is no list")
    return values


def _plain(each: Table) -> TableClause:
    """The table with the types its columns have in the database: values go as they lie."""
    raw = [column(stored.name, _raw(stored.type)) for stored in each.columns]
    return table(each.name, *raw)


def _raw(kind: Any) -> Any:
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind


def _told(value: Any) -> Any:
    return {_BYTES: base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _read_value(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {_BYTES}:
        return base64.b64decode(value[_BYTES])
    return storable(value) if isinstance(value, str) else value


def _count_on(sql: Connection, each: Table) -> None:
    """PostgreSQL numbers new rows by itself and knows nothing of those that were put in."""
    if sql.dialect.name != "postgresql":
        return
    for stored in each.primary_key:
        sequence = sql.scalar(select(func.pg_get_serial_sequence(each.name, stored.name)))
        if sequence is not None:
            last = select(func.max(stored)).scalar_subquery()
            following = func.coalesce(last, literal_column("0")) + 1
            sql.execute(select(func.setval(sequence, following, False)))
