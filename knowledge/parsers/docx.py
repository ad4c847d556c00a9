"""Word: headings, paragraphs, lists and tables in the order they stand in the document."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import docx
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn
from lxml.etree import LxmlError  # type: ignore[import-untyped]  # it ships no types

from knowledge.errors import DocumentUnreadable
from knowledge.model import Document
from knowledge.parsers.front_matter import FrontMatter
from knowledge.parsers.limits import DAMAGE, MAX_TABLE_CELLS, checked_office, refuse_beyond
from knowledge.parsers.markup import item, link, pipe_table, tidy_lines, visible
from knowledge.parsers.numbering import numbered_heading, width_of
from knowledge.parsers.outline import Outline, document

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.oxml.xmlchemy import BaseOxmlElement

_HEADING_STYLE = re.compile(r"^(?:heading|标题|標題)\s*([1-9])$", re.IGNORECASE)
_TITLE_STYLE = re.compile(r"^(?:title|标题|標題)$", re.IGNORECASE)
_CONTENTS_STYLE = re.compile(r"^(?:toc|目录|table of figures)\b", re.IGNORECASE)
_LIST_STYLE = re.compile(r"^list (?:bullet|number)|^列表|^项目符号", re.IGNORECASE)
_SENTENCE_END = re.compile("[。；;，,.！!：:]$")
_MAX_BOLD_HEADING_WIDTH = 60


def parse(content: bytes, *, document_id: str, uri: str) -> Document:
    """Read a Word file; its title is in the Title style, else its only first-level heading.

    Accepted insertions count, deletions do not. A file without heading styles is read by its
    numbering (第一章, 一、, 1.2) and its bold lines.
    """
    checked_office(content, uri=uri, kind="DOCX", part="word/document.xml")
    try:
        word = docx.Document(io.BytesIO(content))
        outline = _Reader(word, uri=uri).outline()
    except (OpcError, LxmlError, *DAMAGE) as error:
        raise DocumentUnreadable(uri, "not a readable DOCX file; it may be damaged") from error
    return document(outline, FrontMatter(), document_id=document_id, uri=uri)


class _Reader:
    """Goes through the body once and fills an outline."""

    def __init__(self, word: WordDocument, *, uri: str) -> None:
        self._uri = uri
        self._body = word.element.body
        self._styles = {style.style_id: str(style.name or "") for style in word.styles}
        self._levels = _outline_levels(word)
        self._numbers = _number_formats(word)
        self._links = {
            key: part.target_ref for key, part in word.part.rels.items() if part.is_external
        }
        self._counters: dict[tuple[str, int], int] = {}
        self._list: list[str] = []
        self._outline = Outline()
        self._deeper = 0
        self._cells = 0

    def outline(self) -> Outline:
        """Every heading and block of the body."""
        blocks = list(_blocks(self._body))
        levels = [self._heading_level(block) for block in blocks]
        styled = any(levels)
        self._outline = Outline(guessed=not styled)
        titled = any(_TITLE_STYLE.match(self._style(block)) for block in blocks)
        # Several chapters and no title above them: then none of the chapters is the title.
        self._deeper = 1 if levels.count(1) > 1 and not titled else 0
        for block in blocks:
            if block.tag == qn("w:tbl"):
                self._flush()
                self._outline.block(self._table(block))
            else:
                self._paragraph(block, styled=styled)
        self._flush()
        return self._outline

    def _paragraph(self, paragraph: BaseOxmlElement, *, styled: bool) -> None:
        text = self._text(paragraph)
        if not text or _CONTENTS_STYLE.match(self._style(paragraph)):
            return
        level = self._heading_level(paragraph)
        marker = None if level else self._marker(paragraph)
        if level is None and marker is None and not styled:
            level = _unstyled_level(paragraph, text)
        if level is not None:
            self._flush()
            self._outline.heading(level + self._deeper, text)
        elif marker is not None:
            self._list.append(item(marker, text))
        else:
            self._flush()
            self._outline.block(text)

    def _flush(self) -> None:
        self._outline.block("\n".join(self._list))
        self._list = []

    def _style(self, paragraph: BaseOxmlElement) -> str:
        found = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        return self._styles.get(found.get(qn("w:val"), ""), "") if found is not None else ""

    def _heading_level(self, block: BaseOxmlElement) -> int | None:
        if block.tag != qn("w:p"):
            return None
        style = self._style(block)
        if _TITLE_STYLE.match(style):
            return 1
        heading = _HEADING_STYLE.match(style)
        if heading:
            return int(heading.group(1))
        own = block.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        level = _number(own) if own is not None else self._levels.get(style)
        return level + 1 if level is not None and level < 9 else None

    def _marker(self, paragraph: BaseOxmlElement) -> str | None:
        """What stands before a list item, indented by its depth; None outside lists."""
        properties = paragraph.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
        if properties is None:
            style = _LIST_STYLE.match(self._style(paragraph))
            return "-" if style else None
        number, depth = properties.find(qn("w:numId")), properties.find(qn("w:ilvl"))
        key = number.get(qn("w:val"), "") if number is not None else ""
        if key in {"", "0"}:
            return None  # numbering switched off for this paragraph
        level = min(_number(depth) or 0, 8)
        indent = "  " * level
        if self._numbers.get((key, level), "bullet") in {"bullet", "none"}:
            return f"{indent}-"
        count = self._counters.get((key, level), 0) + 1
        self._counters = {k: n for k, n in self._counters.items() if k[0] != key or k[1] < level}
        self._counters[key, level] = count
        return f"{indent}{count}."

    def _text(self, element: BaseOxmlElement) -> str:
        return tidy_lines(visible("".join(self._words(element))))

    def _words(self, element: BaseOxmlElement) -> Iterator[str]:
        for child in element:
            if child.tag in {qn("w:t"), qn("m:t")}:
                yield child.text or ""
            elif child.tag in {qn("w:tab"), qn("w:ptab")}:
                yield " "
            elif child.tag in {qn("w:br"), qn("w:cr")}:
                yield "\n"
            elif child.tag == qn("w:noBreakHyphen"):
                yield "-"
            elif child.tag == qn("w:hyperlink"):
                text = "".join(self._words(child))
                yield link(text, self._links.get(child.get(qn("r:id"), ""), ""))
            elif child.tag == qn("w:p"):  # of a text box
                yield "\n" + "".join(self._words(child))
            elif child.tag not in _UNREAD:
                yield from self._words(child)

    def _table(self, table: BaseOxmlElement) -> str:
        rows: list[list[str]] = []
        for row in _below(table, "w:tr"):
            cells: list[str] = []
            for cell in _below(row, "w:tc"):
                text = self._cell(cell)
                if cell.vMerge == "continue" and rows and len(cells) < len(rows[-1]):
                    text = rows[-1][len(cells)]
                cells += [text] + [""] * (min(cell.grid_span, 1000) - 1)
            rows.append(cells)
            self._cells += len(cells)
            refuse_beyond(self._cells, MAX_TABLE_CELLS, "table cells", uri=self._uri)
        if len(rows) == 1 and len(rows[0]) == 1:
            return self._cell_lines(table)  # a frame around text, not a table
        return pipe_table(rows)

    def _cell(self, cell: BaseOxmlElement) -> str:
        return " ".join(self._cell_lines(cell).split("\n"))

    def _cell_lines(self, element: BaseOxmlElement) -> str:
        return "\n".join(text for p in element.iter(qn("w:p")) if (text := self._text(p)))


# Deleted text, the copy of a drawing for old programs, properties, and field instructions.
_UNREAD = frozenset(
    {
        qn("w:del"),
        qn("w:moveFrom"),
        qn("w:pPr"),
        qn("w:rPr"),
        qn("w:instrText"),
        qn("w:sdtPr"),
        "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
    }
)


def _blocks(parent: BaseOxmlElement) -> Iterator[BaseOxmlElement]:
    """Paragraphs and tables in order, also those inside content controls."""
    for child in parent:
        if child.tag in {qn("w:p"), qn("w:tbl")}:
            yield child
        elif child.tag == qn("w:sdt"):
            if (
                child.find(f".//{qn('w:docPartGallery')}[@{qn('w:val')}='Table of Contents']")
                is None
            ):
                yield from _blocks(child)
        elif child.tag in {qn("w:sdtContent"), qn("w:ins"), qn("w:customXml"), qn("w:smartTag")}:
            yield from _blocks(child)


def _below(parent: BaseOxmlElement, tag: str) -> Iterator[BaseOxmlElement]:
    """The rows of a table or the cells of a row, also those inside content controls."""
    for child in parent:
        if child.tag == qn(tag):
            yield child
        elif child.tag in {qn("w:sdt"), qn("w:sdtContent")}:
            yield from _below(child, tag)


def _unstyled_level(paragraph: BaseOxmlElement, text: str) -> int | None:
    if "\n" in text or width_of(text) > _MAX_BOLD_HEADING_WIDTH:
        return None
    level = numbered_heading(text)
    if level is not None:
        return level
    runs = [run for run in paragraph.iter(qn("w:r")) if (run.text or "").strip()]
    bold = bool(runs) and all(map(_is_bold, runs))
    return 7 if bold and not _SENTENCE_END.search(text) else None


def _is_bold(run: BaseOxmlElement) -> bool:
    mark = run.find(f"{qn('w:rPr')}/{qn('w:b')}")
    return mark is not None and mark.get(qn("w:val"), "1") not in {"0", "false", "off"}


def _number(element: BaseOxmlElement | None) -> int | None:
    value = element.get(qn("w:val"), "") if element is not None else ""
    return int(value) if re.fullmatch(r"\d{1,4}", value) else None


def _outline_levels(word: WordDocument) -> Mapping[str, int]:
    """The outline level that a style gives its paragraphs, by the style's name."""
    levels: dict[str, int] = {}
    for style in word.styles:
        level = _number(style.element.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}"))
        if level is not None and level < 9:
            levels[str(style.name or "")] = level
    return levels


def _number_formats(word: WordDocument) -> Mapping[tuple[str, int], str]:
    """`bullet`, `decimal` … by list id and depth."""
    numbering = next(
        (part for part in word.part.package.iter_parts() if part.partname == "/word/numbering.xml"),
        None,
    )
    if numbering is None:
        return {}
    root = numbering.element
    abstract = {one.get(qn("w:abstractNumId")): one for one in root.iter(qn("w:abstractNum"))}
    formats: dict[tuple[str, int], str] = {}
    for number in root.iter(qn("w:num")):
        target = number.find(qn("w:abstractNumId"))
        levels = abstract.get(target.get(qn("w:val"))) if target is not None else None
        for level in levels.iter(qn("w:lvl")) if levels is not None else ():
            kind, depth = level.find(qn("w:numFmt")), level.get(qn("w:ilvl"), "")
            if kind is not None and depth.isdigit():
                key = (number.get(qn("w:numId"), ""), int(depth))
                formats[key] = kind.get(qn("w:val"), "")
    return formats
