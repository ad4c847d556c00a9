"""Spreadsheets: every sheet is a section with one table, its first row as the header."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from knowledge.model import Document
from knowledge.parsers.front_matter import FrontMatter
from knowledge.parsers.limits import MAX_TABLE_CELLS, MAX_TABLE_ROWS, refuse_beyond
from knowledge.parsers.markup import pipe_table
from knowledge.parsers.outline import Outline, document
from knowledge.parsers.sheets import Row, csv_rows, open_book


def parse(content: bytes, *, document_id: str, uri: str) -> Document:
    """Read an XLSX, CSV or TSV file; a format is known by the address's ending.

    Formulas count by the value they had when the file was saved. Hidden sheets are left out.
    """
    outline = Outline(title=" ")
    if uri.lower().endswith((".csv", ".tsv")):
        _add_rows(csv_rows(content, uri=uri), outline, uri=uri)
    else:
        with open_book(content, uri=uri) as sheets:
            for sheet in sheets:
                if sheet.title:
                    outline.heading(2, sheet.title)
                _add_rows(sheet.rows, outline, uri=uri)
    outline.title = ""
    return document(outline, FrontMatter(), document_id=document_id, uri=uri)


def _add_rows(rows: Iterable[Row], outline: Outline, *, uri: str) -> None:
    kept: list[Sequence[str]] = []
    cells = 0
    for _, row in rows:
        if any(cell.strip() for cell in row):
            kept.append(row)
            cells += len(row)
            refuse_beyond(cells, MAX_TABLE_CELLS, "table cells", uri=uri)
            refuse_beyond(len(kept), MAX_TABLE_ROWS, "table rows", uri=uri)
    # Lines above a table's header fill one cell: what the sheet is called, or when it was made.
    header = next((at for at, row in enumerate(kept) if sum(map(bool, row)) > 1), 0)
    for row in kept[:header]:
        outline.block(next(cell for cell in row if cell.strip()))
    outline.block(pipe_table(kept[header:]))
