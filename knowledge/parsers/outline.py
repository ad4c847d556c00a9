"""Blocks and headings, as a parser meets them, become a document."""

from __future__ import annotations

from dataclasses import replace

from knowledge.errors import DocumentUnreadable
from knowledge.language import language_of
from knowledge.model import Document, Section
from knowledge.parsers.front_matter import FrontMatter
from knowledge.parsers.limits import MAX_TEXT_CHARACTERS, refuse_beyond
from knowledge.parsers.markup import one_line

_GENERIC_NAMES = frozenset({"index", "readme", "_index", "default", "home"})
_MAX_HEADING_CHARACTERS = 200


class Outline:
    """Collects blocks under their headings and gives the sections in reading order.

    title: the first level-1 heading takes it over while it is empty. A level-1 heading that only
        repeats the title is no heading.
    guessed: headings are known by their looks only; one with nothing below it is text after all.
    """

    def __init__(self, title: str = "", *, guessed: bool = False) -> None:
        self.title = title
        self._untitled = not title
        self._guessed = guessed
        self._path: tuple[tuple[int, str], ...] = ()
        self._bare = False  # the last heading has neither text nor headings below it yet
        self._blocks: list[str] = []
        self._page: int | None = None
        self._sections: list[Section] = []
        self._headings: list[str] = []

    def heading(self, level: int, text: str, *, page: int | None = None) -> None:
        """Start a section: it stands below the last heading of a smaller level."""
        text = one_line(text)
        if not text:
            return
        if len(text) > _MAX_HEADING_CHARACTERS:
            self.block(text, page=page)
            return
        if self._path and level <= self._path[-1][0]:
            self._demote()
        self._close()
        self._page = page
        self._headings.append(text)
        self._path = tuple(entry for entry in self._path if entry[0] < level)
        if level == 1 and self._untitled:
            self.title, self._untitled = text, False
        elif not (level == 1 and text == self.title):
            self._path += ((level, text),)
            self._bare = True

    def block(self, text: str, *, page: int | None = None) -> None:
        """Add a paragraph, list, table or code block; a new page starts a new section."""
        text = text.strip("\n").rstrip()
        if not text.strip():
            return
        if page != self._page:
            self._close()
        self._page = page
        self._bare = False
        self._blocks.append(text)

    def sections(self) -> tuple[Section, ...]:
        """Every section that has text; where there are only headings, they are the text."""
        self._demote()
        self._close()
        if self._sections or not self._headings:
            return tuple(self._sections)
        return (Section(text="\n".join(self._headings)),)

    def _demote(self) -> None:
        """Make a guessed heading with nothing below it the text it probably was."""
        if self._guessed and self._bare and self._path:
            (_, text), self._path = self._path[-1], self._path[:-1]
            self._blocks.append(text)
        self._bare = False

    def _close(self) -> None:
        path = tuple(text for _, text in self._path)
        last = self._sections[-1] if self._sections else None
        text = "\n\n".join(self._blocks)
        if self._blocks and last and (last.heading_path, last.page) == (path, self._page):
            self._sections[-1] = replace(last, text=f"{last.text}\n\n{text}")
        elif self._blocks:
            self._sections.append(Section(heading_path=path, text=text, page=self._page))
        self._blocks = []


def document(outline: Outline, front: FrontMatter, *, document_id: str, uri: str) -> Document:
    """The finished document: front matter first, then what the text itself says.

    Raises:
        DocumentUnreadable: there is no text, or more than anybody would read.
    """
    sections = outline.sections()
    if not sections:
        raise DocumentUnreadable(uri, "there is no text in it")
    characters = sum(len(section.text) for section in sections)
    refuse_beyond(characters, MAX_TEXT_CHARACTERS, "characters", uri=uri)
    title = front.title or outline.title or readable_name(document_id)
    text = "\n".join([title, *(section.text for section in sections)])
    return Document(
        id=document_id,
        title=title,
        uri=uri,
        language=front.language or language_of(text),
        sections=sections,
        audience=front.audience,
        owner=front.owner,
        review_on=front.review_on,
    )


def readable_name(document_id: str) -> str:
    """A title made of a document's id: `hr__paid-leave` becomes `Paid leave`."""
    parts = [part for part in document_id.split("__") if part] or [document_id]
    name = parts[-1]
    if name.lower() in _GENERIC_NAMES and len(parts) > 1:
        name = parts[-2]
    words = one_line(name.replace("-", " ").replace("_", " "))
    return words[:1].upper() + words[1:] if words else document_id
