"""PDF: lines become headings, paragraphs and lists again; ruled tables stay tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from knowledge.errors import DocumentUnreadable
from knowledge.language import HAN
from knowledge.model import Document
from knowledge.parsers.front_matter import FrontMatter
from knowledge.parsers.limits import checked_size
from knowledge.parsers.markup import item, one_line, pipe_table, unhyphenated, visible
from knowledge.parsers.numbering import numbered_heading, width_of
from knowledge.parsers.outline import Outline, document
from knowledge.parsers.pdf_pages import Grid, Line, PdfPage, PdfPages, read_in_process

_MARGIN_SHARE = 0.12
_FEW_LETTERS = 10
_PAGE_NUMBER = re.compile(
    r"(?:page|p\.)?\s*[-–—·|]?\s*\d{1,4}\s*(?:(?:/|of)\s*\d{1,4})?\s*[-–—·|]?"
    r"|第\s*\d{1,4}\s*页\s*(?:[,，/]?\s*共\s*\d{1,4}\s*页)?|[ivxl]{1,6}",
    re.IGNORECASE,
)
# The last few of the dots will do: to try all of them from each one on takes minutes a line.
_LEADERS = re.compile(r"(?:\.\s?){5}\s*\d+$|…{2}\s*\d+$|·{5}\s*\d+$")
_BULLET = re.compile(r"^[•●○◦■□◆▪▸➢✓·]\s*|^[-–—]\s+")
_NUMBER = re.compile(r"^(?:\d{1,2}[.)、．）]|[(（]\w{1,3}[)）]|[a-z][.)])\s*(?=\S)")
_SENTENCE_END = re.compile("[。！？；：.!?;:”」]$")
_UNFINISHED = re.compile(rf"[{HAN}a-z,，、]$")
_CONTINUES = re.compile(rf"^[{HAN}a-z]")
_JUNK_TITLE = re.compile(
    r"microsoft (?:word|power)|untitled|^无标题|\.\w{3,4}$|^\W*$", re.IGNORECASE
)
_MAX_HEADING_WIDTH = 120
_LONGEST_PAGE_NUMBER = 40


def parse(content: bytes, *, document_id: str, uri: str) -> Document:
    """Read a PDF; sections know their page, and running headers and page numbers are left out.

    Raises:
        DocumentUnreadable: damaged, locked, too slow, or scanned, that is without text.
    """
    checked_size(content, uri=uri)
    if b"%PDF-" not in content[:1024]:
        raise DocumentUnreadable(uri, "not a PDF, though its name says so")
    pdf = read_in_process(content, uri=uri)
    return document(outline_of(pdf, uri=uri), FrontMatter(), document_id=document_id, uri=uri)


def outline_of(pdf: PdfPages, *, uri: str) -> Outline:
    """Headings and blocks of pages that were read."""
    _refuse_scanned(pdf, uri=uri)
    pages = _without_furniture(pdf.pages)
    levels = _heading_levels(pages)
    outline = Outline(guessed=True)
    for page, block in _joined_over_pages(_blocks(pages, levels)):
        if block.level:
            outline.heading(block.level, block.text, page=page)
        else:
            outline.block(block.text, page=page)
    title = one_line(visible(pdf.title))
    if not outline.title and not _JUNK_TITLE.search(title):
        outline.title = title
    return outline


def _refuse_scanned(pdf: PdfPages, *, uri: str) -> None:
    letters = [_letters(page) for page in pdf.pages]
    empty = sum(1 for count in letters if count < _FEW_LETTERS)
    if not pdf.pages:
        raise DocumentUnreadable(uri, "it has no pages")
    if sum(page.unmapped for page in pdf.pages) > sum(letters):
        raise DocumentUnreadable(uri, "its fonts hide the characters; run OCR first")
    if empty * 2 > len(pdf.pages):
        where = "" if empty == len(pdf.pages) else f" on {empty} of {len(pdf.pages)} pages"
        raise DocumentUnreadable(uri, f"scanned: no text layer{where}; run OCR first")


def _letters(page: PdfPage) -> int:
    texts = [line.text for line in page.lines]
    texts += [cell for grid in page.grids for row in grid.rows for cell in row]
    return sum(sum(map(str.isalnum, text)) for text in texts)


def _without_furniture(pages: Sequence[PdfPage]) -> list[PdfPage]:
    """Pages without their headers, footers and numbers: what repeats near the edge of most."""
    seen = Counter(key for page in pages for key in {_key(line) for line in _edge_lines(page)})
    most = max(3, len(pages) * 0.5)
    # A header with a page number also repeats where every chapter has its own.
    repeated = {key for key, n in seen.items() if n >= most or (n >= 3 and "#" in key)}
    kept = []
    for page in pages:
        edge = set(_edge_lines(page))
        lines = tuple(
            line
            for line in page.lines
            if not (line in edge and (_key(line) in repeated or _is_page_number(line.text)))
            and not _LEADERS.search(line.text)
        )
        kept.append(
            PdfPage(
                number=page.number,
                width=page.width,
                height=page.height,
                lines=lines,
                grids=page.grids,
                unmapped=page.unmapped,
            )
        )
    return kept


def _is_page_number(text: str) -> bool:
    # Blanks in the midst of a long line could be shared out in millions of ways.
    return len(text) <= _LONGEST_PAGE_NUMBER and _PAGE_NUMBER.fullmatch(text) is not None


def _edge_lines(page: PdfPage) -> list[Line]:
    top, bottom = page.height * _MARGIN_SHARE, page.height * (1 - _MARGIN_SHARE)
    return [line for line in page.lines if line.bottom < top or line.top > bottom]


def _key(line: Line) -> str:
    return re.sub(r"\d+", "#", line.text)


# ── headings ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class _Levels:
    """How a line's type tells its level.

    sizes: level by type size, for sizes above the body's.
    """

    body: float
    sizes: Mapping[float, int]
    bold_level: int | None
    numbered: bool

    def of(self, line: Line) -> int | None:
        if not _may_be_heading(line):
            return None
        if line.size in self.sizes:
            return self.sizes[line.size]
        if _SENTENCE_END.search(line.text) or _BULLET.match(line.text):
            return None
        numbered = numbered_heading(line.text)
        below = max(self.sizes.values(), default=1)
        if numbered is not None and (self.numbered or line.bold):
            return below + numbered
        return self.bold_level if line.bold else None


def _may_be_heading(line: Line) -> bool:
    # A single letter is a drop cap or a logo.
    return 3 <= width_of(line.text) <= _MAX_HEADING_WIDTH and bool(re.search(r"\w", line.text))


def _heading_levels(pages: Sequence[PdfPage]) -> _Levels:
    lines = [line for page in pages for line in page.lines]
    weights: Counter[float] = Counter()
    for line in lines:
        weights[line.size] += len(line.text)
    body = weights.most_common(1)[0][0] if weights else 0.0
    larger = [line for line in lines if line.size >= body * 1.12 and _may_be_heading(line)]
    sizes = sorted({line.size for line in larger}, reverse=True)
    # One place in the largest type is the title; several are chapters, below a title elsewhere.
    first = 1 if sizes and _one_place([line for line in lines if line.size == sizes[0]]) else 2
    bold = sum(len(line.text) for line in lines if line.bold)
    mostly_bold = bold * 3 > sum(len(line.text) for line in lines)
    levels = {size: min(at, 6) for at, size in enumerate(sizes, start=first)}
    return _Levels(
        body=body,
        sizes=levels,
        bold_level=None if mostly_bold else 14,
        numbered=len(levels) <= 1,
    )


def _one_place(lines: Sequence[Line]) -> bool:
    return len(lines) <= 3 and all(
        abs(below.top - above.bottom) < 1.5 * above.size for above, below in pairwise(lines)
    )


# ── blocks ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """level: of a heading, 0 for text. columns and header: of a table."""

    text: str
    level: int = 0
    listed: bool = False
    header: tuple[str, ...] = ()


def _blocks(pages: Sequence[PdfPage], levels: _Levels) -> Iterator[tuple[int, _Block]]:
    header: tuple[str, ...] = ()
    for page in pages:
        grids = sorted(page.grids, key=lambda grid: grid.top)
        at_top = True
        lines: list[Line] = []
        for line in page.lines:
            while grids and grids[0].top < line.top:
                yield from ((page.number, block) for block in _text_blocks(lines, levels))
                table = _table(grids.pop(0), header if at_top and not lines else ())
                yield page.number, table
                header, lines, at_top = table.header, [], False
            lines.append(line)
        yield from ((page.number, block) for block in _text_blocks(lines, levels))
        header = () if lines else header
        at_top = at_top and not lines
        for grid in grids:
            table = _table(grid, header if at_top else ())
            yield page.number, table
            header, at_top = table.header, False


def _table(grid: Grid, continued: tuple[str, ...]) -> _Block:
    """A table; one that goes on from the last page gets that one's header again."""
    rows = [tuple(unhyphenated(cell.split("\n")) for cell in row) for row in grid.rows]
    if len(continued) == len(rows[0]) and continued != rows[0]:
        rows = [continued, *rows]
    return _Block(text=pipe_table(rows), header=rows[0])


def _text_blocks(lines: Sequence[Line], levels: _Levels) -> Iterator[_Block]:
    listed: list[str] = []
    for group in _groups(lines, levels):
        level = levels.of(group[0])
        text = unhyphenated(line.text for line in group)
        bullet = _BULLET.match(text)
        number = None if bullet else _NUMBER.match(text)
        if level is None and (bullet or number):
            listed.append(item("-", text[bullet.end() :]) if bullet else text)
            continue
        if listed:
            yield _Block(text="\n".join(listed), listed=True)
            listed = []
        yield _Block(text=text, level=level or 0)
    if listed:
        yield _Block(text="\n".join(listed), listed=True)


def _groups(lines: Sequence[Line], levels: _Levels) -> Iterator[list[Line]]:
    """Lines that belong to one paragraph, list item or heading."""
    gaps = [b.top - a.bottom for a, b in pairwise(lines) if b.top > a.top]
    usual = median(gaps) if gaps else 0.0
    right = max((line.right for line in lines), default=0.0)
    group: list[Line] = []
    for line in lines:
        if group and _starts_anew(group, line, levels, usual_gap=usual, right=right):
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _starts_anew(
    group: Sequence[Line], line: Line, levels: _Levels, *, usual_gap: float, right: float
) -> bool:
    last = group[-1]
    level, last_level = levels.of(line), levels.of(last)
    if level != last_level or level is not None:
        return level != last_level or line.size != last.size or line.top - last.bottom > last.size
    if _BULLET.match(line.text) or _NUMBER.match(line.text):
        return True
    if line.top - last.bottom > max(usual_gap * 1.6, usual_gap + 0.3 * line.size):
        return True
    indented = line.left > last.left + 0.8 * line.size and len(group) > 1
    ended = last.right < right - 3 * line.size and bool(_SENTENCE_END.search(last.text))
    return indented or ended


def _joined_over_pages(blocks: Iterator[tuple[int, _Block]]) -> Iterator[tuple[int, _Block]]:
    """Blocks, a paragraph that goes on over a page's end in one piece."""
    held: tuple[int, _Block] | None = None
    for page, block in blocks:
        if held is not None and held[0] < page and _goes_on(held[1], block):
            held = (held[0], _Block(text=unhyphenated([held[1].text, block.text])))
            continue
        if held is not None:
            yield held
        held = (page, block)
    if held is not None:
        yield held


def _goes_on(above: _Block, below: _Block) -> bool:
    plain = not (above.level or below.level or above.header or below.header)
    if not plain or above.listed or below.listed:
        return False
    cut = above.text.endswith("-") or bool(_UNFINISHED.search(above.text))
    return cut and bool(_CONTINUES.match(below.text)) and numbered_heading(below.text) is None
