"""Question–answer files: CSV, XLSX and JSON Lines, each column known by its heading."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Final, TypeVar

from knowledge.errors import DocumentUnreadable
from knowledge.parsers.decode import decoded
from knowledge.parsers.faq_row import ONLY_ONCE, Cells, Column, Wrong, column_of, pair_of
from knowledge.parsers.limits import checked_size, refuse_beyond
from knowledge.parsers.markup import one_line
from knowledge.parsers.pairs import Fault, Pair
from knowledge.parsers.sheets import Row, csv_rows, open_book

SUFFIXES: Final = frozenset({".csv", ".tsv", ".xlsx", ".jsonl"})

MAX_ROWS = 10_000

_HEADING_ROWS = 20
"""The headings are looked for in so many rows; there may be a title above them."""

_HEADLESS: Final = "no row has headings such as question and answer, or 问题 and 答案"

Raw = TypeVar("Raw")


@dataclass(frozen=True, slots=True, kw_only=True)
class Faq:
    """What a file holds.

    faults: lines that are no pair. unread: headings that mean nothing to us.
    """

    pairs: tuple[Pair, ...] = ()
    faults: tuple[Fault, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FaqReader:
    """Reads question–answer files.

    audience: who may read answers of which the file does not say it.
    longest_answer: in characters; what is longer is a fault, never cut.
    """

    audience: frozenset[str]
    longest_answer: int

    def read(self, content: bytes, *, path: str) -> Faq:
        """The pairs of a file, as they stand there; its format is known by the path's ending.

        Raises:
            DocumentUnreadable: not such a file, too large, or without headings for both columns.
        """
        suffix = f".{path.lower().rpartition('.')[2]}"
        if suffix not in SUFFIXES:
            known = ", ".join(sorted(SUFFIXES))
            raise DocumentUnreadable(path, f"not a question–answer file, which are {known}")
        if suffix == ".jsonl":
            return self._pairs(_lines(content, path=path), _fields, path=path)
        if suffix == ".xlsx":
            return self._book(content, path=path)
        return self._table(csv_rows(content, uri=path), path=path, shifts=True)

    def _book(self, content: bytes, *, path: str) -> Faq:
        """Every sheet that has our headings; of the others, those that are not empty are faults."""
        found: list[Faq] = []
        refused: list[Fault] = []
        with open_book(content, uri=path) as sheets:
            for sheet in sheets:
                rows = _filled(sheet.rows)
                first = next(rows, None)
                if first is None:
                    continue
                where = f"sheet {sheet.title!r}: " if sheet.title else ""
                try:
                    faq = self._table(chain([first], rows), path=path)
                except DocumentUnreadable as error:
                    refused.append(Fault(path=path, line=0, reason=where + error.reason))
                else:
                    found.append(_told(faq, where))
        if not found:
            raise DocumentUnreadable(path, refused[0].reason if refused else "the file is empty")
        return Faq(
            pairs=tuple(pair for faq in found for pair in faq.pairs),
            faults=(*refused, *(fault for faq in found for fault in faq.faults)),
            unread=tuple(dict.fromkeys(heading for faq in found for heading in faq.unread)),
        )

    def _table(self, rows: Iterator[Row], *, path: str, shifts: bool = False) -> Faq:
        """What rows hold below their headings.

        shifts: a forgotten quote moves the cells behind it, so none may stand without a heading.
        """
        headings = _headings(rows, path=path)
        columns = [_told_in_cells(heading) for heading in headings]
        for column in ONLY_ONCE:
            names = [name for name, known in zip(headings, columns, strict=True) if known == column]
            if len(names) > 1:
                reason = f"two columns hold the {column}, {names[0]} and {names[1]}; keep one"
                raise DocumentUnreadable(path, reason)

        def cells_of(row: Sequence[str]) -> Cells:
            if shifts:
                _refuse_more(row, len(columns))
            return _cells(row, columns)

        faq = self._pairs(_filled(rows), cells_of, path=path)
        unread = [
            name.strip() for name, column in zip(headings, columns, strict=True) if column is None
        ]
        return replace(faq, unread=tuple(filter(None, unread)))

    def _pairs(
        self, rows: Iterable[tuple[int, Raw]], cells_of: Callable[[Raw], Cells], *, path: str
    ) -> Faq:
        pairs: list[Pair] = []
        faults: list[Fault] = []
        for line, row in rows:
            refuse_beyond(len(pairs) + len(faults) + 1, MAX_ROWS, "rows", uri=path)
            try:
                pairs.append(
                    pair_of(
                        cells_of(row),
                        path=path,
                        line=line,
                        audience=self.audience,
                        longest_answer=self.longest_answer,
                    )
                )
            except Wrong as error:
                faults.append(Fault(path=path, line=line, reason=str(error)))
        return Faq(pairs=tuple(pairs), faults=tuple(faults))


# ── rows and lines ────────────────────────────────────────────────────────────────────────────


def _filled(rows: Iterable[Row]) -> Iterator[Row]:
    return ((number, row) for number, row in rows if any(cell.strip() for cell in row))


def _told(faq: Faq, where: str) -> Faq:
    """The same, its faults with the sheet they are on."""
    return replace(
        faq, faults=tuple(replace(fault, reason=where + fault.reason) for fault in faq.faults)
    )


def _headings(rows: Iterator[Row], *, path: str) -> Sequence[str]:
    """The first row that names a question and an answer; what stands above is left out."""
    for _, row in islice(rows, _HEADING_ROWS):
        if {"question", "answer"} <= {column_of(cell) for cell in row}:
            return row
    raise DocumentUnreadable(path, _HEADLESS)


def _told_in_cells(heading: str) -> Column | None:
    """The column, if it has a form that fits a cell: sources travel in JSON Lines only."""
    column = column_of(heading)
    return None if column == "sources" else column


def _refuse_more(row: Sequence[str], headings: int) -> None:
    if any(cell.strip() for cell in row[headings:]):
        more = f"{len(row)} cells under {headings} headings"
        raise Wrong(f"{more}; text that holds the separator stands in quotes")


def _cells(row: Sequence[str], columns: Sequence[Column | None]) -> Cells:
    cells: dict[Column, list[object]] = {}
    for column, cell in zip(columns, row, strict=False):
        if column is not None and cell.strip():
            cells.setdefault(column, []).append(one_line(cell) if column == "question" else cell)
    return cells


def _lines(content: bytes, *, path: str) -> Iterator[tuple[int, str]]:
    text = decoded(checked_size(content, uri=path), uri=path)
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line


def _fields(line: str) -> Cells:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Wrong(f"not JSON: {error}") from error
    if not isinstance(entry, dict):
        raise Wrong("not a JSON object")
    cells: dict[Column, list[object]] = {}
    for name, value in entry.items():
        column = column_of(name)
        if column in cells and column in ONLY_ONCE:
            raise Wrong(f"{column} is given twice")
        if column is not None and value is not None and value != "":
            cells.setdefault(column, []).append(value)
    return cells
