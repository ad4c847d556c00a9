"""PowerPoint: a slide is a section."""

from __future__ import annotations

import io

import pytest
from pptx import Presentation
from pptx.presentation import Presentation as Slides
from pptx.util import Inches

from knowledge.errors import DocumentUnreadable
from knowledge.model import Document, Section
from knowledge.parsers import pptx

TITLE, BULLETS, TITLE_ONLY, BLANK = 0, 1, 5, 6


def read(slides: Slides) -> Document:
    out = io.BytesIO()
    slides.save(out)
    return pptx.parse(out.getvalue(), document_id="onboarding", uri="onboarding.pptx")


def test_titles_bullets_tables_and_notes_survive() -> None:
    slides = Presentation()
    cover = slides.slides.add_slide(slides.slide_layouts[TITLE])
    cover.shapes.title.text = "新员工培训"
    cover.placeholders[1].text = "人力资源部"
    bullets = slides.slides.add_slide(slides.slide_layouts[BULLETS])
    bullets.shapes.title.text = "第一周"
    frame = bullets.placeholders[1].text_frame
    frame.text = "领取电脑"
    for text, level in (("开通账号", 0), ("邮箱", 1)):
        paragraph = frame.add_paragraph()
        paragraph.text, paragraph.level = text, level
    bullets.notes_slide.notes_text_frame.text = "提前联系IT。"
    table = slides.slides.add_slide(slides.slide_layouts[TITLE_ONLY])
    table.shapes.title.text = "联系人"
    cells = table.shapes.add_table(2, 2, 0, Inches(2), Inches(5), Inches(1)).table
    for at, text in enumerate(["部门", "电话", "IT", "1000"]):
        cells.cell(at // 2, at % 2).text = text

    document = read(slides)

    assert (document.title, document.language) == ("新员工培训", "zh")
    assert document.sections == (
        Section(text="人力资源部", page=1),
        Section(
            heading_path=("第一周",),
            text="- 领取电脑\n- 开通账号\n  - 邮箱\n\n备注：提前联系IT。",
            page=2,
        ),
        Section(
            heading_path=("联系人",), text="| 部门 | 电话 |\n| --- | --- |\n| IT | 1000 |", page=3
        ),
    )


def test_shapes_are_read_from_top_to_bottom_also_in_groups() -> None:
    slides = Presentation()
    slide = slides.slides.add_slide(slides.slide_layouts[BLANK])
    group = slide.shapes.add_group_shape()
    for text, top, place in (("third", 5, slide), ("first", 1, slide), ("second", 3, group)):
        shapes = place if place is group else slide
        box = shapes.shapes.add_textbox(Inches(1), Inches(top), Inches(2), Inches(1))
        box.text_frame.text = text

    document = read(slides)

    assert document.title == "Slide 1"
    assert document.sections[0].text == "first\n\nsecond\n\nthird"


def test_a_slide_of_a_title_and_a_picture_says_its_title() -> None:
    slides = Presentation()
    for title in ("Welcome", "Where to park"):
        slide = slides.slides.add_slide(slides.slide_layouts[TITLE_ONLY])
        slide.shapes.title.text = title

    assert read(slides).sections == (Section(text="Where to park", page=2),)


def test_hidden_slides_and_empty_files_are_left_out() -> None:
    slides = Presentation()
    slide = slides.slides.add_slide(slides.slide_layouts[TITLE])
    slide.shapes.title.text = "Old"
    slide.element.set("show", "0")
    slides.slides.add_slide(slides.slide_layouts[BLANK])

    with pytest.raises(DocumentUnreadable, match="there is no text in it"):
        read(slides)
