"""The rows of spreadsheets, each with its number: what every reader of tables starts from."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeAlias
from zipfile import ZipFile

from openpyxl import load_workbook  # type: ignore[import-untyped]  # it ships no types
from openpyxl.utils.cell import (  # type: ignore[import-untyped]  # it ships no types
    range_boundaries,
)

from knowledge.errors import DocumentUnreadable
from knowledge.parsers.decode import decoded
from knowledge.parsers.limits import (
    DAMAGE,
    MAX_TABLE_CELLS,
    MAX_TABLE_ROWS,
    checked_office,
    checked_size,
    refuse_beyond,
)
from knowledge.parsers.markup import visible

Row: TypeAlias = tuple[int, Sequence[str]]
"""The number of a row, or of the line it begins on, from 1; and its cells."""

_SEPARATORS = (",", ";", "\t", "|", "，", "；")
_SNIFFED_ROWS = 50
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^<>]*?ref=\"([A-Z]{1,3}[0-9]+:[A-Z]{1,3}[0-9]+)\"")
_MAX_MERGED = 100_000
MAX_SHEET_ROWS = 1_048_576
"""A spreadsheet has no more, be they empty or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One visible sheet; its rows can be read once, while the book is open.

    title: empty where the program that made the book chose it.
    """

    title: str
    rows: Iterator[Row]


# ── CSV ───────────────────────────────────────────────────────────────────────────────────────


def csv_rows(content: bytes, *, uri: str) -> Iterator[Row]:
    """The rows of a CSV file, whatever its encoding and its separator.

    Raises:
        DocumentUnreadable: no text, or no rows.
    """
    text = visible(decoded(checked_size(content, uri=uri), uri=uri))
    first, _, rest = text.partition("\n")
    told = re.fullmatch(r"sep=(.)", first.strip("\"' ")) or re.fullmatch("sep=(\t)", first)
    separator = told.group(1) if told else _separator(text)
    reader = csv.reader(io.StringIO(rest if told else text), delimiter=separator)
    above = 1 if told else 0
    begins = above + 1
    try:
        for row in reader:
            yield begins, row
            begins = above + reader.line_num + 1
    except csv.Error as error:
        raise DocumentUnreadable(uri, f"line {reader.line_num}: {error}") from error


def _separator(text: str) -> str:
    """The separator that cuts the first rows into the same number of cells, the more the better."""

    def evenness(separator: str) -> tuple[float, int]:
        reader = csv.reader(io.StringIO(text[:100_000]), delimiter=separator)
        try:
            widths = [len(row) for row, _ in zip(reader, range(_SNIFFED_ROWS), strict=False)]
        except csv.Error:
            return 0.0, 0
        width, rows = Counter(widths).most_common(1)[0] if widths else (0, 0)
        return (rows / len(widths), width) if width > 1 else (0.0, 0)

    return max(_SEPARATORS, key=evenness)


# ── XLSX ──────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def open_book(content: bytes, *, uri: str) -> Iterator[tuple[Sheet, ...]]:
    """The visible sheets of an XLSX file; what breaks inside the block is damage of the file.

    Formulas count by the value they had when the file was saved.

    Raises:
        DocumentUnreadable: no such file, or a damaged one.
    """
    checked_office(content, uri=uri, kind="XLSX", part="xl/workbook.xml")
    try:
        with warnings.catch_warnings():
            # openpyxl warns of what it would lose in writing, such as drop-down lists.
            warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
            workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            try:
                yield tuple(_sheets(workbook, content, uri=uri))
            finally:
                workbook.close()
    except DAMAGE as error:
        raise DocumentUnreadable(uri, "not a readable XLSX file; it may be damaged") from error


def _sheets(workbook: Any, content: bytes, *, uri: str) -> Iterator[Sheet]:
    sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    for sheet in sheets:
        titled = len(sheets) > 1 or not re.fullmatch(r"(?:Sheet|工作表)\s?\d*", sheet.title)
        rows = _filled(_sheet_rows(sheet, uri=uri), _merged(content, sheet))
        yield Sheet(title=sheet.title if titled else "", rows=rows)


def _sheet_rows(sheet: Any, *, uri: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that have cells, with their number from 1."""
    # The size a file claims may be wrong in either direction; without it, all rows are read.
    sheet.reset_dimensions()
    cells = 0
    for number, row in enumerate(sheet.iter_rows(), start=1):
        # Each row that a file leaves out is made up, and it may say that its next is the billionth.
        refuse_beyond(number, MAX_SHEET_ROWS, "rows", uri=uri)
        if row:
            cells += len(row)
            refuse_beyond(cells, 20 * MAX_TABLE_CELLS, "cells", uri=uri)
            yield number, [_shown(cell.value, cell) for cell in row]


def _shown(value: object, cell: Any) -> str:
    """A value as people write it: no midnight, no binary fractions, percent as percent."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        percent = "%" in str(cell.number_format)
        return f"{value * 100:.10g}%" if percent else f"{value:.12g}"
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "minutes")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        minutes = round(value.total_seconds() / 60)
        return f"{minutes // 60}:{minutes % 60:02}"
    return "" if value is None else visible(str(value)).strip()


def _merged(content: bytes, sheet: Any) -> Mapping[int, Sequence[tuple[int, int]]]:
    """Row → the columns whose cell continues the one above, with that cell's row; from 1."""
    # The streaming reader knows a sheet's file but not its merged cells.
    with ZipFile(io.BytesIO(content)) as archive:
        xml = archive.read(str(sheet._worksheet_path))
    continued: dict[int, list[tuple[int, int]]] = {}
    count = 0
    for found in _MERGED.finditer(xml):
        left, top, _, bottom = range_boundaries(found.group(1).decode())
        for row in range(top + 1, min(bottom, top + MAX_TABLE_ROWS) + 1):
            continued.setdefault(row, []).append((left, top))
            count += 1
            if count >= _MAX_MERGED:
                return continued
    return continued


def _filled(
    rows: Iterable[tuple[int, list[str]]], merged: Mapping[int, Sequence[tuple[int, int]]]
) -> Iterator[Row]:
    """Rows in which a cell merged downwards repeats its value, so that each can stand alone."""
    values: dict[tuple[int, int], str] = {}
    columns_by_top: dict[int, list[int]] = {}
    for column, top in {place for places in merged.values() for place in places}:
        columns_by_top.setdefault(top, []).append(column)
    for number, row in rows:
        for column in columns_by_top.get(number, ()):
            values[column, number] = row[column - 1] if column <= len(row) else ""
        for column, top in merged.get(number, ()) if any(row) else ():
            row.extend([""] * (column - len(row)))
            row[column - 1] = row[column - 1] or values.get((column, top), "")
        yield number, row
