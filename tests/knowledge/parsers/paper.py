"""PDFs to read, set with reportlab: Chinese by the font every PDF reader knows."""

from __future__ import annotations

import io
from collections.abc import Callable

from reportlab.lib import colors
from reportlab.lib.fonts import addMapping
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    ListFlowable,
    ListItem,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
)

CHINESE = "STSong-Light"
WIDTH, HEIGHT = A4


def drawn(*pages: Callable[[Canvas], None], **options: str) -> bytes:
    """A PDF whose pages are drawn by hand; options: userPassword, title."""
    _know_chinese()
    out = io.BytesIO()
    title = options.pop("title", "")
    encrypt = options.pop("password", None)
    canvas = Canvas(out, pagesize=A4, encrypt=encrypt, invariant=True)
    canvas.setTitle(title)
    for page in pages:
        page(canvas)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def written(
    *story: Flowable, furniture: Callable[[Canvas, SimpleDocTemplate], None] | None = None
) -> bytes:
    """A PDF that is set as a text processor sets it."""
    out = io.BytesIO()
    template = SimpleDocTemplate(out, pagesize=A4, topMargin=30 * mm, bottomMargin=30 * mm)
    on_page = furniture or (lambda _canvas, _template: None)
    template.build(list(story), onFirstPage=on_page, onLaterPages=on_page)
    return out.getvalue()


def _know_chinese() -> None:
    pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
    addMapping(CHINESE, 0, 0, CHINESE)


def heading(text: str, level: int, *, chinese: bool = False) -> Paragraph:
    """A heading in the type of its level."""
    _know_chinese()
    sizes = {1: 22, 2: 16, 3: 13}
    font = CHINESE if chinese else "Helvetica-Bold"
    style = ParagraphStyle(
        f"h{level}",
        fontName=font,
        fontSize=sizes[level],
        leading=sizes[level] * 1.3,
        spaceBefore=10,
        spaceAfter=6,
    )
    return Paragraph(text, style)


def paragraph(text: str, *, chinese: bool = False) -> Paragraph:
    """Running text, 10 points."""
    _know_chinese()
    style = ParagraphStyle(
        "body",
        parent=getSampleStyleSheet()["BodyText"],
        fontName=CHINESE if chinese else "Helvetica",
        wordWrap="CJK" if chinese else None,
        firstLineIndent=20 if chinese else 0,
    )
    return Paragraph(text, style)


def bullets(*texts: str, chinese: bool = False) -> ListFlowable:
    """A list with dots."""
    items = [ListItem(paragraph(text, chinese=chinese)) for text in texts]
    return ListFlowable(items, bulletType="bullet", start="•")


def ruled(rows: list[list[str]], *, chinese: bool = False) -> Table:
    """A table with lines around every cell."""
    font = CHINESE if chinese else "Helvetica"
    style = [("GRID", (0, 0), (-1, -1), 0.5, colors.black), ("FONTNAME", (0, 0), (-1, -1), font)]
    return Table(rows, style=style, repeatRows=0)


def gap() -> Spacer:
    """A little air."""
    return Spacer(1, 12)


def new_page() -> PageBreak:
    """The rest goes on the next page."""
    return PageBreak()
