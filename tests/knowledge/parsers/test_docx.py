"""Word: everything in the order it stands in the document."""

from __future__ import annotations

import io

import docx
import pytest
from docx.document import Document as WordDocument
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from knowledge.errors import DocumentUnreadable
from knowledge.model import Document
from knowledge.parsers import docx as word_parser


def saved(word: WordDocument) -> bytes:
    out = io.BytesIO()
    word.save(out)
    return out.getvalue()


def read(word: WordDocument) -> Document:
    return word_parser.parse(saved(word), document_id="paid-leave", uri="paid-leave.docx")


def sections(word: WordDocument) -> list[tuple[tuple[str, ...], str]]:
    return [(each.heading_path, each.text) for each in read(word).sections]


def add_xml(word: WordDocument, xml: str) -> None:
    word.element.body.insert(
        -1, parse_xml(xml.replace("<w:", "<w:", 1).replace(">", f" {nsdecls('w')}>", 1))
    )


def test_headings_paragraphs_and_tables_keep_their_order() -> None:
    word = docx.Document()
    word.add_heading("员工手册", 0)
    word.add_heading("年假", 1)
    word.add_paragraph("每年十五天。")
    table = word.add_table(rows=2, cols=2)
    for cell, text in zip(table._cells, ["级别", "天数", "A", "15"], strict=True):
        cell.text = text
    word.add_paragraph("表后说明。")
    word.add_heading("申请", 2)
    word.add_paragraph("提前三天。")

    document = read(word)

    assert (document.title, document.language) == ("员工手册", "zh")
    assert sections(word) == [
        (("年假",), "每年十五天。\n\n| 级别 | 天数 |\n| --- | --- |\n| A | 15 |\n\n表后说明。"),
        (("年假", "申请"), "提前三天。"),
    ]


def test_the_first_of_several_chapters_is_not_the_title() -> None:
    word = docx.Document()
    for chapter in ("Leave", "Travel"):
        word.add_heading(chapter, 1)
        word.add_paragraph(f"About {chapter}.")

    assert read(word).title == "Paid leave"
    assert sections(word) == [(("Leave",), "About Leave."), (("Travel",), "About Travel.")]


def test_lists_keep_bullets_numbers_and_depth() -> None:
    word = docx.Document()
    word.add_heading("Leave", 1)
    word.add_paragraph("You need:")
    for text in ("a form", "a signature"):
        word.add_paragraph(text, style="List Bullet")
    for number, depth, text in ((5, 0, "first"), (5, 1, "inside"), (5, 0, "second"), (0, 0, "off")):
        add_xml(
            word,
            f'<w:p><w:pPr><w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>'
            f"</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>",
        )

    [(_, text)] = sections(word)

    assert text.startswith("You need:\n\n- a form\n- a signature\n")
    assert text.endswith("second\n\noff")
    assert "inside" in text


def test_numbered_lists_count() -> None:
    word = docx.Document()
    word.add_heading("Leave", 1)
    numbering = word.part.numbering_part.element
    decimal = next(
        kind.getparent().getparent().get(qn("w:abstractNumId"))
        for kind in numbering.iter(qn("w:numFmt"))
        if kind.get(qn("w:val")) == "decimal"
    )
    number = numbering.add_num(int(decimal)).numId
    for text in ("first", "second"):
        add_xml(
            word,
            f'<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="{number}"/></w:numPr>'
            f"</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>",
        )

    assert sections(word) == [((), "1. first\n2. second")]


def test_merged_cells_repeat_downwards() -> None:
    word = docx.Document()
    word.add_heading("Days", 1)
    table = word.add_table(rows=3, cols=3)
    texts = ["Kind", "Grade", "Days", "Annual", "A", "30", "", "B", "25"]
    for cell, text in zip(table._cells, texts, strict=True):
        cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0))

    [(_, text)] = sections(word)

    assert text.endswith("| Annual | A | 30 |\n| Annual | B | 25 |")


def test_a_frame_of_one_cell_is_text() -> None:
    word = docx.Document()
    word.add_heading("Note", 1)
    word.add_table(rows=1, cols=1).cell(0, 0).text = "Boxed."

    assert sections(word) == [((), "Boxed.")]


def test_links_insertions_and_content_controls_are_read_deletions_are_not() -> None:
    word = docx.Document()
    word.add_heading("Leave", 1)
    target = word.part.relate_to("https://hr.example", "http://x/hyperlink", is_external=True)
    add_xml(
        word,
        '<w:p><w:r><w:t xml:space="preserve">See </w:t></w:r>'
        f'<w:hyperlink r:id="{target}" {nsdecls("r")}><w:r><w:t>HR</w:t></w:r></w:hyperlink>'
        "<w:ins><w:r><w:t> new</w:t></w:r></w:ins>"
        "<w:del><w:r><w:t> old</w:t></w:r></w:del>"
        "<w:r><w:tab/><w:t>x</w:t><w:br/><w:t>y</w:t><w:noBreakHyphen/><w:t>z</w:t></w:r></w:p>",
    )
    add_xml(
        word,
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>Controlled.</w:t></w:r></w:p></w:sdtContent></w:sdt>",
    )
    add_xml(
        word,
        '<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj>'
        "</w:sdtPr><w:sdtContent><w:p><w:r><w:t>Leave 3</w:t></w:r></w:p></w:sdtContent></w:sdt>",
    )

    assert sections(word) == [((), "See HR (https://hr.example) new x\ny-z\n\nControlled.")]


def test_without_heading_styles_numbers_and_bold_lines_are_headings() -> None:
    word = docx.Document()
    word.add_paragraph("第一章 总则")
    word.add_paragraph("适用于全体员工。")
    word.add_paragraph().add_run("Contact").bold = True
    word.add_paragraph("Ask HR.")
    word.add_paragraph().add_run("Bold at the end").bold = True

    assert sections(word) == [
        (("第一章 总则",), "适用于全体员工。"),
        (("第一章 总则", "Contact"), "Ask HR."),
        (("第一章 总则",), "Bold at the end"),
    ]


def test_a_style_with_an_outline_level_is_a_heading() -> None:
    word = docx.Document()
    style = word.styles.add_style("Kapitel", 1)
    style.element.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="1"/>'))
    word.add_paragraph("Leave", style="Kapitel")
    word.add_paragraph("Thirty days.")

    assert sections(word) == [(("Leave",), "Thirty days.")]


def test_a_file_without_text_is_told() -> None:
    with pytest.raises(DocumentUnreadable, match="there is no text in it"):
        read(docx.Document())
