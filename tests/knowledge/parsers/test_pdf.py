"""PDF: what the eye sees as headings, paragraphs, lists and tables."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import SimpleDocTemplate

from knowledge.errors import DocumentUnreadable
from knowledge.model import Document, Section
from knowledge.parsers import pdf, pdf_pages
from tests.knowledge.parsers.paper import (
    CHINESE,
    HEIGHT,
    WIDTH,
    bullets,
    drawn,
    gap,
    heading,
    new_page,
    paragraph,
    ruled,
    written,
)

RULE = (
    "Every employee may take thirty days of paid leave in every calendar year. "
    "Days that are left over may be taken until the end of March. "
)
RULE_ZH = "员工每年享有十五天带薪年假，未休完的年假可以结转至次年三月底，逾期作废。"


def read(content: bytes, title: str = "") -> Document:
    """Like `pdf.parse`, but in this process."""
    outline = pdf.outline_of(pdf_pages.read(content), uri="x.pdf")
    return pdf.document(outline, pdf.FrontMatter(), document_id="paid-leave", uri="x.pdf")


def sections(content: bytes) -> list[tuple[tuple[str, ...], int | None, str]]:
    return [(each.heading_path, each.page, each.text) for each in read(content).sections]


def test_type_sizes_make_headings_and_sections_know_their_page() -> None:
    document = read(
        written(
            heading("Employee Handbook", 1),
            paragraph(RULE),
            heading("Leave", 2),
            heading("Annual", 3),
            paragraph(RULE),
            new_page(),
            heading("Travel", 2),
            paragraph("By train."),
        )
    )

    assert (document.title, document.language) == ("Employee Handbook", "en")
    assert document.sections == (
        Section(text=RULE.strip(), page=1),
        Section(heading_path=("Leave", "Annual"), text=RULE.strip(), page=1),
        Section(heading_path=("Travel",), text="By train.", page=2),
    )


def test_chinese_lines_join_without_spaces() -> None:
    document = read(
        written(heading("员工手册", 1, chinese=True), paragraph(RULE_ZH * 4, chinese=True))
    )

    assert (document.title, document.language) == ("员工手册", "zh")
    assert document.sections[0].text == RULE_ZH * 4


def test_ruled_tables_become_pipe_tables_and_are_not_read_twice() -> None:
    [(_, _, text)] = sections(
        written(
            paragraph(RULE),
            ruled([["类别", "天数"], ["年假", "15"]], chinese=True),
            gap(),
            paragraph("After."),
        )
    )

    assert text == f"{RULE.strip()}\n\n| 类别 | 天数 |\n| --- | --- |\n| 年假 | 15 |\n\nAfter."


def test_a_table_over_two_pages_has_its_header_on_both() -> None:
    rows = [["Kind", "Days"], *([f"Kind {n}", str(n)] for n in range(60))]

    first, second = sections(written(ruled(rows)))

    assert first[1:] != second[1:]
    assert second[1] == 2
    assert second[2].startswith("| Kind | Days |\n| --- | --- |\n| Kind ")


def test_bullets_and_numbers_become_a_list() -> None:
    [(_, _, text)] = sections(
        written(
            paragraph(RULE),
            bullets("First", "Second"),
            gap(),
            paragraph("1. One"),
            paragraph("2. Two"),
        )
    )

    assert text == f"{RULE.strip()}\n\n- First\n- Second\n1. One\n2. Two"


def test_running_headers_footers_and_page_numbers_are_left_out() -> None:
    def furniture(canvas: Canvas, _: SimpleDocTemplate) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(50, HEIGHT - 40, "Acme Handbook 2026")
        canvas.drawCentredString(WIDTH / 2, 30, f"- {canvas.getPageNumber()} -")

    texts = [
        text
        for _, _, text in sections(
            written(
                paragraph(RULE),
                new_page(),
                paragraph(RULE),
                new_page(),
                paragraph(RULE),
                furniture=furniture,
            )
        )
    ]

    assert texts == [RULE.strip()] * 3


def test_a_paragraph_over_a_page_end_stays_whole() -> None:
    document = read(written(paragraph(RULE * 40)))

    assert document.sections == (Section(text=(RULE * 40).strip(), page=1),)


def test_a_broken_word_is_made_whole() -> None:
    def page(canvas: Canvas) -> None:
        for at, line in enumerate(["The reim-", "bursement of travel", "costs takes a week."]):
            canvas.drawString(72, 700 - 14 * at, line)

    assert sections(drawn(page))[0][2] == "The reimbursement of travel costs takes a week."


def test_two_columns_are_read_one_after_the_other() -> None:
    left = [f"left column line {n} of the running text" for n in range(30)]
    right = [f"right column line {n} of the running text" for n in range(30)]

    def page(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 10)
        canvas.drawString(
            60,
            760,
            "One line above both columns that runs across the whole page, edge to edge, to here",
        )
        for at, (one, other) in enumerate(zip(left, right, strict=True)):
            canvas.drawString(60, 730 - 14 * at, one)
            canvas.drawString(320, 730 - 14 * at, other)

    text = sections(drawn(page))[0][2]

    assert text.startswith("One line above both columns")
    assert text.index("left column line 29") < text.index("right column line 0")


def test_a_watermark_is_left_out() -> None:
    def page(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "The text that matters is here.")
        canvas.rotate(45)
        canvas.drawString(300, 100, "CONFIDENTIAL")

    assert sections(drawn(page))[0][2] == "The text that matters is here."


def test_bold_lines_and_numbers_are_headings_where_sizes_are_all_the_same() -> None:
    def page(canvas: Canvas) -> None:
        canvas.setFont(CHINESE, 11)
        canvas.drawString(72, 760, "一、年假")
        canvas.drawString(72, 740, RULE_ZH[:30] + "。")
        canvas.setFont("Helvetica-Bold", 11)
        canvas.drawString(72, 700, "Contact")
        canvas.setFont("Helvetica", 11)
        canvas.drawString(72, 680, "Ask the people team, they know it all.")

    assert [path for path, _, _ in sections(drawn(page))] == [
        ("一、年假",),
        ("一、年假", "Contact"),
    ]


def test_the_title_property_helps_where_no_heading_does() -> None:
    def page(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "The text that matters is here.")

    assert read(drawn(page, title="Travel rules")).title == "Travel rules"
    assert read(drawn(page, title="Microsoft Word - a.doc")).title == "Paid leave"


def picture(canvas: Canvas) -> None:
    """A page as a scanner makes it."""
    canvas.rect(50, 50, 400, 600, fill=1)


def text_page(canvas: Canvas) -> None:
    canvas.drawString(72, 700, "The text that matters is here.")


def test_a_scanned_pdf_is_reported_not_swallowed() -> None:
    with pytest.raises(DocumentUnreadable, match="scanned: no text layer; run OCR first"):
        pdf.parse(drawn(picture, picture), document_id="x", uri="x.pdf")
    with pytest.raises(DocumentUnreadable, match="no text layer on 2 of 3 pages"):
        read(drawn(picture, text_page, picture))


def test_a_locked_pdf_is_told() -> None:
    with pytest.raises(DocumentUnreadable, match="locked with a password"):
        pdf.parse(drawn(text_page, password="secret"), document_id="x", uri="x.pdf")


@pytest.mark.parametrize(
    "damage", [lambda raw: raw[:300], lambda raw: b"%PDF-1.7\n" + raw[900:950]]
)
def test_a_damaged_pdf_is_told(damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises(DocumentUnreadable):
        pdf.parse(damage(drawn(text_page)), document_id="x", uri="x.pdf")


def test_another_format_named_pdf_is_told() -> None:
    with pytest.raises(DocumentUnreadable, match="not a PDF, though its name says so"):
        pdf.parse(b"PK\x03\x04 something else", document_id="x", uri="x.pdf")


def test_a_pdf_that_takes_too_long_is_stopped() -> None:
    with pytest.raises(DocumentUnreadable, match=r"not read after 0\.01 seconds"):
        pdf_pages.read_in_process(drawn(text_page), uri="x.pdf", time_s=0.01)


def test_the_process_reads_what_we_read_here() -> None:
    content = written(
        heading("员工手册", 1, chinese=True), ruled([["a", "b"], ["c", "d"]]), paragraph(RULE)
    )

    assert pdf_pages.read_in_process(content, uri="x.pdf") == pdf_pages.read(content)


def test_too_many_characters_on_a_page_are_refused() -> None:
    with pytest.raises(pdf_pages.TooLarge, match="30 characters on page 1, the limit is 20"):
        pdf_pages.read(drawn(text_page), page_characters=20)


def test_an_unpacking_bomb_costs_a_process_and_no_more() -> None:
    import zlib

    bomb = zlib.compress(b"q Q\n" * 25_000_000, 9)
    raw = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj\n"
        b"4 0 obj<</Filter/FlateDecode/Length "
        + str(len(bomb)).encode()
        + b">>stream\n"
        + bomb
        + b"\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    )

    with pytest.raises(DocumentUnreadable):
        pdf_pages.read_in_process(raw, uri="x.pdf", time_s=2)


def test_an_empty_file_is_told() -> None:
    with pytest.raises(DocumentUnreadable, match="the file is empty"):
        pdf.parse(b"", document_id="x", uri="x.pdf")


def test_bytes_flipped_anywhere_only_ever_make_it_unreadable() -> None:
    content = drawn(text_page)

    for at in range(50, len(content), len(content) // 3):
        broken = content[:at] + b"\xff\x00[[" + content[at + 4 :]
        with suppress(DocumentUnreadable):
            pdf.parse(broken, document_id="x", uri="x.pdf")


def test_a_pdf_of_another_size_of_paper_is_read() -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(A4[1], A4[0]), invariant=True)
    canvas.drawString(72, 300, "Landscape text, quite readable.")
    canvas.showPage()
    canvas.save()

    assert sections(out.getvalue())[0][2] == "Landscape text, quite readable."
