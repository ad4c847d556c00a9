"""The lines and tables of a PDF's pages, read in a process of its own.

A hostile or broken PDF can keep its reader busy for hours or unpack to many gigabytes. A process
can be stopped after a time and given a limit of memory; a thread cannot. It also lets two PDFs be
read at once. `python -m knowledge.parsers.pdf_pages` reads the PDF from its input and writes JSON.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from knowledge.errors import DocumentUnreadable
from knowledge.language import HAN
from knowledge.parsers.limits import MAX_PAGES
from knowledge.parsers.markup import visible

if TYPE_CHECKING:
    from pdfplumber.page import Page as PlumberPage

READING_TIME_S = 180
MAX_MEMORY_BYTES = 4_000_000_000
MAX_CHARACTERS_PER_PAGE = 60_000
MAX_RULES_PER_PAGE = 4_000
GUTTER_POINTS = 10.0

_BOLD = re.compile("bold|black|heavy|demi|simhei|heiti|黑体", re.IGNORECASE)
_COMPATIBILITY = re.compile("[\u2e80-\u2fdf\uf900-\ufaff\ufb00-\ufb06]")
_WORD_GAP = 0.15
"""In type sizes: narrower than the narrowest space of justified type, wider than any kerning."""
_CHINESE_GAP = re.compile(f"(?<=[{HAN}]) (?=[{HAN}])")
_UNMAPPED = "\ufffd"
_BULLET_SHAPE = re.compile("^[\ue000-\uf8ff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of text: where it stands in points from the page's top left, and in what type."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    size: float
    bold: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A ruled table."""

    top: float
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfPage:
    """What stands on a page, in reading order.

    unmapped: how many characters have a shape but no meaning.
    """

    number: int
    width: float
    height: float
    lines: tuple[Line, ...]
    grids: tuple[Grid, ...]
    unmapped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfPages:
    """All pages, and the title in the file's properties."""

    title: str
    pages: tuple[PdfPage, ...]


class Locked(Exception):
    """The PDF asks for a password."""


class TooLarge(Exception):
    """The PDF is beyond a limit that the message names."""


def read_in_process(content: bytes, *, uri: str, time_s: float = READING_TIME_S) -> PdfPages:
    """The pages of a PDF, or a reason, after `time_s` at the latest.

    Raises:
        DocumentUnreadable: damaged, locked, too large or too slow.
    """
    package_root = Path(__file__).resolve().parents[2]
    try:
        reader = subprocess.run(  # noqa: S603  # our own interpreter and module, no shell
            [sys.executable, "-P", "-m", __name__],
            input=content,
            capture_output=True,
            timeout=time_s,
            env={**os.environ, "PYTHONPATH": str(package_root)},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DocumentUnreadable(uri, f"not read after {time_s:g} seconds; split it") from error
    if reader.returncode != 0:
        raise DocumentUnreadable(uri, "not a readable PDF; it may be damaged")
    answer = json.loads(reader.stdout)
    if "refused" in answer:
        raise DocumentUnreadable(uri, answer["refused"])
    return _pages_of(answer)


def read(content: bytes, *, page_characters: int = MAX_CHARACTERS_PER_PAGE) -> PdfPages:
    """The pages of a PDF, in this process and without limits of time.

    page_characters: a page with more is no page that anybody reads.

    Raises:
        Locked, TooLarge: as they say; a damaged file raises what its reader stumbled on.
    """
    # Only the process that reads needs them; the one that waits for it does not.
    import pdfplumber  # see above
    from pdfminer.pdfdocument import PDFPasswordIncorrect  # see above
    from pdfplumber.utils.exceptions import PdfminerException  # see above

    try:
        pdf = pdfplumber.open(io.BytesIO(content))
    except PdfminerException as error:
        if any(isinstance(argument, PDFPasswordIncorrect) for argument in error.args):
            raise Locked from error
        raise
    with pdf:
        if len(pdf.pages) > MAX_PAGES:
            raise TooLarge(f"too large: {len(pdf.pages):,} pages, the limit is {MAX_PAGES:,}")
        title = pdf.metadata.get("Title")
        pages = tuple(_page(page, page_characters) for page in pdf.pages)
        return PdfPages(title=title if isinstance(title, str) else "", pages=pages)


def _page(page: PlumberPage, page_characters: int) -> PdfPage:
    if len(page.chars) > page_characters:
        limit = f"the limit is {page_characters:,}"
        raise TooLarge(
            f"too large: {len(page.chars):,} characters on page {page.page_number}, {limit}"
        )
    for char in page.chars:
        char["text"] = _meaning(char["text"])
    upright = page.filter(_is_upright) if _mostly_upright(page) else page
    boxes, grids = [], []
    for box, grid in _grids(upright):
        boxes.append(box)
        grids.append(grid)
    outside = upright.filter(lambda thing: not any(_is_in(box, thing) for box in boxes))
    found = PdfPage(
        number=page.page_number,
        width=float(page.width),
        height=float(page.height),
        lines=tuple(line for part in _columns(outside) for line in _lines(part)),
        grids=tuple(grids),
        unmapped=sum(1 for char in page.chars if char["text"] == _UNMAPPED),
    )
    page.close()  # frees what it parsed; a long PDF would keep gigabytes
    return found


def _meaning(text: str) -> str:
    """A character's text; pdfminer names a shape without meaning by its number."""
    if not text.startswith("(cid:"):
        return text
    return "•" if text == "(cid:127)" else _UNMAPPED  # what PDF's own encoding has at 127


def _is_upright(thing: dict[str, Any]) -> bool:
    if thing["object_type"] != "char":
        return True
    across, up = thing["matrix"][:2]
    return bool(abs(up) <= abs(across) * 0.1)


def _mostly_upright(page: PlumberPage) -> bool:
    # Turned letters on an upright page are a watermark; on a turned page they are the text.
    return sum(map(_is_upright, page.chars)) * 2 >= len(page.chars)


def _grids(page: PlumberPage) -> Iterator[tuple[tuple[float, ...], Grid]]:
    if len(page.rects) + len(page.lines) + len(page.curves) > MAX_RULES_PER_PAGE:
        return  # a drawing; looking for tables in it takes minutes
    for table in page.find_tables():
        rows = tuple(tuple(_clean(cell or "") for cell in row) for row in table.extract())
        filled = sum(1 for row in rows for cell in row if cell)
        columns = max((len(row) for row in rows), default=0)
        if len(rows) >= 2 and columns >= 2 and filled * 3 >= len(rows) * columns:
            yield table.bbox, Grid(top=float(table.bbox[1]), rows=rows)


def _columns(page: PlumberPage) -> list[PlumberPage]:
    """The page, or its two columns one after the other, in bands between full-width lines."""
    words = page.extract_words(x_tolerance_ratio=_WORD_GAP)
    gutter = _gutter([(word["x0"], word["x1"]) for word in words], float(page.width))
    if gutter is None:
        return [page]
    wide = sorted((w["top"], w["bottom"]) for w in words if w["x0"] < gutter < w["x1"])
    left, top, right, bottom = page.bbox
    parts, start = [], float(top)
    for upper, lower in [*wide, (float(bottom), float(bottom))]:
        if upper - start > 1:
            parts += [(left, start, gutter, upper), (gutter, start, right, upper)]
        if lower > max(upper, start):
            parts.append((left, max(upper, start), right, lower))
        start = max(start, lower)
    return [page.filter(partial(_is_in, part)) for part in parts]


def _is_in(box: Sequence[float], thing: dict[str, Any]) -> bool:
    """Whether a character's middle is in the box, so that it is in one of adjoining boxes only."""
    left, top, right, bottom = box
    x, y = (thing["x0"] + thing["x1"]) / 2, (thing["top"] + thing["bottom"]) / 2
    return bool(left <= x < right and top <= y < bottom)


def _gutter(words: Sequence[tuple[float, float]], width: float) -> float | None:
    """Where a page divides into two columns of running text, if it does."""
    if len(words) < 80:
        return None
    places = [width * share / 200 for share in range(80, 121)]
    strip = GUTTER_POINTS / 2
    crossings = [
        sum(1 for left, right in words if left < x + strip and right > x - strip) for x in places
    ]
    fewest = min(crossings)
    best = [x for x, crossed in zip(places, crossings, strict=True) if crossed == fewest]
    gutter = best[len(best) // 2]
    left = [right for _, right in words if right <= gutter]
    right = [start for start, _ in words if start >= gutter]
    balanced = min(len(left), len(right)) >= 0.3 * len(words)
    return gutter if balanced and fewest <= 0.03 * len(words) else None


def _lines(page: PlumberPage) -> Iterator[Line]:
    for line in page.extract_text_lines(return_chars=True, x_tolerance_ratio=_WORD_GAP):
        text = _clean(line["text"])
        chars = [char for char in line["chars"] if char["text"].strip()]
        if not text or not chars:
            continue
        bold = sum(1 for char in chars if _BOLD.search(char["fontname"]))
        yield Line(
            text=text,
            left=float(line["x0"]),
            right=float(line["x1"]),
            top=float(line["top"]),
            bottom=float(line["bottom"]),
            size=round(median(char["size"] for char in chars) * 2) / 2,
            bold=bold * 10 >= len(chars) * 9,
        )


def _clean(text: str) -> str:
    """Radicals and ligatures, which fonts put in the place of letters, become letters."""
    text = _BULLET_SHAPE.sub("• ", visible(text.replace(_UNMAPPED, "")))
    text = _COMPATIBILITY.sub(lambda found: unicodedata.normalize("NFKC", found.group()), text)
    return _CHINESE_GAP.sub("", text).strip()


def _pages_of(answer: dict[str, Any]) -> PdfPages:
    pages = (
        PdfPage(
            **{
                **page,
                "lines": tuple(Line(**line) for line in page["lines"]),
                "grids": tuple(
                    Grid(top=grid["top"], rows=tuple(tuple(row) for row in grid["rows"]))
                    for grid in page["grids"]
                ),
            }
        )
        for page in answer["pages"]
    )
    return PdfPages(title=answer["title"], pages=tuple(pages))


def _limit_this_process() -> None:
    if sys.platform == "win32":
        return
    import resource  # not on every system

    for limit, value in (
        (resource.RLIMIT_AS, MAX_MEMORY_BYTES),
        (resource.RLIMIT_CPU, READING_TIME_S),  # should the parent die first
    ):
        _, hard = resource.getrlimit(limit)
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (bound, hard))


def main() -> None:
    """Answer one PDF on the standard input with JSON on the standard output."""
    _limit_this_process()
    try:
        answer = asdict(read(sys.stdin.buffer.read()))
    except Locked:
        answer = {"refused": "locked with a password; save it without one"}
    except TooLarge as error:
        answer = {"refused": str(error)}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
