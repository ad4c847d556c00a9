"""PowerPoint: each slide is a section with its title, bullets, tables and speaker notes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from lxml.etree import LxmlError  # type: ignore[import-untyped]  # it ships no types
from pptx import Presentation
from pptx.exc import PythonPptxError
from pptx.shapes.autoshape import Shape
from pptx.shapes.graphfrm import GraphicFrame
from pptx.shapes.group import GroupShape

from knowledge.errors import DocumentUnreadable
from knowledge.language import language_of
from knowledge.model import Document
from knowledge.parsers.front_matter import FrontMatter
from knowledge.parsers.limits import DAMAGE, MAX_PAGES, checked_office, refuse_beyond
from knowledge.parsers.markup import item, one_line, pipe_table, tidy_lines, visible
from knowledge.parsers.outline import Outline, document

if TYPE_CHECKING:
    from pptx.shapes.base import BaseShape
    from pptx.slide import Slide
    from pptx.text.text import TextFrame

_FURNITURE = frozenset({"DATE", "FOOTER", "SLIDE_NUMBER", "HEADER"})


def parse(content: bytes, *, document_id: str, uri: str) -> Document:
    """Read a presentation; a section's page is the slide's number. Hidden slides are left out."""
    checked_office(content, uri=uri, kind="PPTX", part="ppt/presentation.xml")
    try:
        slides = Presentation(io.BytesIO(content)).slides
        refuse_beyond(len(slides), MAX_PAGES, "slides", uri=uri)
        outline = _outline(slides)
    except (PythonPptxError, LxmlError, *DAMAGE) as error:
        raise DocumentUnreadable(uri, "not a readable PPTX file; it may be damaged") from error
    return document(outline, FrontMatter(), document_id=document_id, uri=uri)


def _outline(slides: Iterable[Slide]) -> Outline:
    outline = Outline(guessed=True)  # a slide with a title and a picture still says its title
    for page, slide in enumerate(slides, start=1):
        if slide.element.get("show") == "0":
            continue
        title = _title(slide)
        blocks = [block for block in _blocks(slide) if block]
        if title or blocks:
            level = 2 if outline.title else 1
            outline.heading(level, title or f"Slide {page}", page=page)
        for block in blocks:
            outline.block(block, page=page)
    return outline


def _title(slide: Slide) -> str:
    shape = slide.shapes.title
    return one_line(visible(shape.text_frame.text)) if shape is not None else ""


def _blocks(slide: Slide) -> Iterator[str]:
    title = slide.shapes.title
    for shape in _flat(slide.shapes):
        if title is not None and shape.shape_id == title.shape_id:
            continue
        if isinstance(shape, GraphicFrame) and shape.has_table:
            yield pipe_table([[cell.text for cell in row.cells] for row in shape.table.rows])
        elif isinstance(shape, Shape) and not _is_furniture(shape):
            yield _lines(shape.text_frame)
    notes = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    text = tidy_lines(visible(notes.text)) if notes is not None else ""
    if text:
        yield f"{'备注：' if language_of(text) == 'zh' else 'Notes: '}{text}"


def _flat(shapes: Iterable[BaseShape]) -> Iterator[BaseShape]:
    """Shapes as the eye meets them, top to bottom, those of a group in its place."""
    for shape in sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0)):
        if isinstance(shape, GroupShape):
            yield from _flat(shape.shapes)
        else:
            yield shape


def _is_furniture(shape: BaseShape) -> bool:
    kind = shape.placeholder_format.type if shape.is_placeholder else None
    return kind is not None and kind.name in _FURNITURE


def _lines(frame: TextFrame) -> str:
    """A frame's paragraphs: one is a paragraph, several are a list indented by level."""
    texts = [(entry.level, tidy_lines(visible(entry.text))) for entry in frame.paragraphs]
    texts = [(level, text) for level, text in texts if text]
    if len(texts) == 1:
        return texts[0][1]
    return "\n".join(item("  " * level + "-", text) for level, text in texts)
