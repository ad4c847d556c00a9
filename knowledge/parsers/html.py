"""HTML: the main content of a page, without menus, scripts and what is hidden."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup
from bs4.element import CData, NavigableString, PageElement, PreformattedString, Tag

from knowledge.errors import DocumentUnreadable
from knowledge.model import Document
from knowledge.parsers.decode import decoded
from knowledge.parsers.front_matter import FrontMatter, meta_front_matter
from knowledge.parsers.limits import MAX_TABLE_CELLS, checked_size, refuse_beyond
from knowledge.parsers.markup import fenced, item, link, one_line, pipe_table, tidy_lines, visible
from knowledge.parsers.outline import Outline, document

_DROPPED = frozenset(
    "audio button canvas datalist dialog embed head iframe input link map math meta nav noscript "
    "object progress script select style svg template textarea title video".split()
)
_PAGE_FURNITURE = frozenset({"header", "footer", "aside"})
_FURNITURE_ROLES = frozenset({"navigation", "banner", "contentinfo", "search", "complementary"})
_BLOCKS = frozenset(
    "address article aside blockquote body center dd details div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hr html li main ol p pre section summary table tbody td "
    "tfoot th thead tr ul".split()
)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]{2,30})", re.IGNORECASE)
_XML_MARK = re.compile(r"<\?xml[^<>]*>", re.IGNORECASE)
_SITE_SUFFIX = re.compile(r"\s+[|–—]\s+[^|–—]+$")


def parse(content: bytes, *, document_id: str, uri: str) -> Document:
    """Read a web page; `<meta>` may name its audience, owner and review date.

    The title is the first `<h1>` of the content, else `<title>` without the site's name.
    """
    checked_size(content, uri=uri)
    declared = _CHARSET.search(content[:4096])
    text = decoded(content, uri=uri, declared=declared.group(1).decode() if declared else "")
    outline = Outline()
    try:
        soup = _soup(text)
        _Walk(outline).blocks(*_content(soup))
    except RecursionError as error:
        raise DocumentUnreadable(uri, "its elements are nested too deeply") from error
    if not outline.title and soup.title is not None:
        outline.title = _SITE_SUFFIX.sub("", one_line(soup.title.get_text()))
    return document(outline, _front_matter(soup, uri=uri), document_id=document_id, uri=uri)


def add_fragment(html: str, outline: Outline) -> None:
    """Add the text of a piece of HTML, as found inside Markdown."""
    _Walk(outline).blocks(_soup(html))


def _soup(text: str) -> BeautifulSoup:
    # Beautiful Soup warns of what looks like XML or like a file's name; both are meant as HTML.
    text = _XML_MARK.sub("", visible(text))
    return BeautifulSoup(text if "<" in text else f"<p>{text}", "lxml")


def _content(soup: BeautifulSoup) -> list[Tag]:
    main = soup.find_all("main", limit=1) or soup.find_all(role="main", limit=1)
    if main:
        return list(main)
    articles = [tag for tag in soup.find_all("article") if not tag.find_parent("article")]
    if articles:
        return articles
    for furniture in soup.find_all(_PAGE_FURNITURE):
        # A page's masthead often holds its only h1: the title, unless the text has its own.
        if furniture.find("h1") is None:
            furniture.decompose()
    return [soup]


def _front_matter(soup: BeautifulSoup, *, uri: str) -> FrontMatter:
    entries: dict[str, str] = {}
    for tag in soup.find_all("meta"):
        name, value = tag.get("name"), tag.get("content")
        if isinstance(name, str) and isinstance(value, str):
            entries.setdefault(name.strip().lower(), value)
    return meta_front_matter(entries, uri=uri)


class _Walk:
    """Goes through elements in reading order and adds their blocks to an outline."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._inline: list[str] = []

    def blocks(self, *elements: Tag) -> None:
        """Add everything inside the elements."""
        for element in elements:
            self._children(element)
            self._flush()

    def _children(self, element: Tag) -> None:
        for child in element.children:
            self._element(child)

    def _element(self, element: PageElement) -> None:
        if not isinstance(element, Tag):
            self._inline.append(_text(element))
        elif _dropped(element):
            return
        elif element.name in _BLOCKS:
            self._flush()
            self._block(element)
            self._flush()
        elif element.find(_BLOCKS) is not None:
            self._children(element)
        else:
            self._inline.append(_inline(element))

    def _block(self, element: Tag) -> None:
        match element.name:
            case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
                self._outline.heading(int(element.name[1]), _inline_of(element))
            case "ul" | "ol":
                self._outline.block(_list(element))
            case "pre":
                self._outline.block(fenced(element.get_text()))
            case "blockquote":
                self._outline.block(_quoted(_lines(element)))
            case "dl":
                self._outline.block(_definitions(element))
            case "table":
                self._table(element)
            case _:
                self._children(element)

    def _table(self, table: Tag) -> None:
        if table.find("table") is not None:
            self._children(table)  # a layout, not a table
            return
        caption = table.find("caption")
        if caption is not None:
            self._outline.block(_inline_of(caption))
        self._outline.block(pipe_table(_grid(table)))

    def _flush(self) -> None:
        self._outline.block(_paragraph("".join(self._inline)))
        self._inline = []


def _dropped(element: Tag) -> bool:
    if element.name in _DROPPED or element.get("role") in _FURNITURE_ROLES:
        return True
    if element.has_attr("hidden") or element.get("aria-hidden") == "true":
        return True
    return bool(_HIDDEN_STYLE.search(str(element.get("style") or "")))


def _text(element: PageElement) -> str:
    if isinstance(element, PreformattedString) and not isinstance(element, CData):
        return ""  # comments, declarations, processing instructions
    return re.sub(r"\s+", " ", str(element)) if isinstance(element, NavigableString) else ""


def _inline(element: PageElement) -> str:
    if not isinstance(element, Tag):
        return _text(element)
    if _dropped(element):
        return ""
    match element.name:
        case "br":
            text = "\n"
        case "img":
            text = f" {element.get('alt') or ''} "
        case "a":
            text = link(_inline_of(element), str(element.get("href") or ""))
        case "code" | "kbd" | "samp":
            text = one_line(element.get_text())
            text = f"`{text}`" if text and "`" not in text else text
        case name:
            text = _inline_of(element)
            text = f" {text} " if name in _BLOCKS else text
    return text


def _inline_of(element: Tag) -> str:
    return "".join(_inline(child) for child in element.children)


def _paragraph(text: str) -> str:
    return tidy_lines(text)


def _lines(element: Tag) -> str:
    """The text of a list item, cell or quote: paragraphs as lines, lists inside it as lists."""
    inner = Outline(title=" ")
    walk = _Walk(inner)
    walk.blocks(element)
    parts: list[str] = []
    for section in inner.sections():
        parts += [*section.heading_path[-1:], section.text]
    return re.sub(r"\n{2,}", "\n", "\n".join(parts))


def _list(element: Tag) -> str:
    numbered = element.name == "ol"
    start = str(element.get("start") or "1")
    number = int(start) if re.fullmatch(r"\d{1,6}", start) else 1
    lines: list[str] = []
    for child in element.find_all(True, recursive=False):
        if _dropped(child):
            continue
        text = _lines(child)
        if not text:
            continue
        # A list directly inside a list, without an item around it: old but common HTML.
        nested = child.name in {"ul", "ol"}
        marker = f"{number}." if numbered else "-"
        lines.append(item(" ", _list(child)) if nested else item(marker, text))
        number += not nested
    return "\n".join(lines)


def _definitions(element: Tag) -> str:
    lines: list[str] = []
    for child in element.find_all({"dt", "dd"}):
        text = _lines(child)
        if child.name == "dd" and lines:
            lines[-1] += f": {text}" if lines[-1].count("\n") == 0 else f"\n  {text}"
        elif text:
            lines.append(f"- {text}")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n")) if text else ""


def _grid(table: Tag) -> list[list[str]]:
    rows: list[list[str]] = []
    hanging: dict[int, tuple[int, str]] = {}  # column → rows it still reaches into, and its text
    cells = 0
    for tr in table.find_all("tr"):
        row: list[str] = []
        for cell in tr.find_all({"td", "th"}, recursive=False):
            _fill(row, hanging)
            text = "" if _dropped(cell) else _lines(cell).replace("\n", " ")
            down, across = _span(cell, "rowspan"), _span(cell, "colspan")
            for column in range(len(row), len(row) + across):
                if down > 1:
                    hanging[column] = (down - 1, text)
            row += [text] + [""] * (across - 1)
        _fill(row, hanging)
        rows.append(row)
        cells += len(row)
        refuse_beyond(cells, MAX_TABLE_CELLS, "table cells", uri="")
    return rows


def _fill(row: list[str], hanging: dict[int, tuple[int, str]]) -> None:
    while len(row) in hanging:
        left, text = hanging.pop(len(row))
        if left > 1:
            hanging[len(row)] = (left - 1, text)
        row.append(text)


def _span(cell: Tag, name: str) -> int:
    value = str(cell.get(name) or "1")
    return min(int(value), 1000) if re.fullmatch(r"[1-9]\d{0,5}", value) else 1
