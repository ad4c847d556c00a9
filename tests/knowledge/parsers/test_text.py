"""Plain text: any encoding, and headings that show by their numbers."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.errors import DocumentUnreadable
from knowledge.model import Document
from knowledge.parsers import text

CHINESE = "员工手册\n\n第一章 总则\n\n本手册适用于全体员工，包括试用期员工。\n"


def read(content: str | bytes) -> Document:
    raw = content if isinstance(content, bytes) else content.encode()
    return text.parse(raw, document_id="rules", uri="rules.txt")


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be", "utf-32"],
)
def test_chinese_is_read_in_every_usual_encoding(encoding: str) -> None:
    document = read(CHINESE.encode(encoding))

    assert (document.title, document.language) == ("员工手册", "zh")
    assert document.sections[0].heading_path == ("第一章 总则",)
    assert document.sections[0].text == "本手册适用于全体员工，包括试用期员工。"


@pytest.mark.parametrize(
    ("encoding", "word"), [("latin-1", "Résumé für Köche"), ("cp1252", "café")]
)
def test_western_encodings_are_not_taken_for_chinese(encoding: str, word: str) -> None:
    sentence = f"The {word} is what we ask of every applicant before the first interview. " * 8

    document = read(sentence.encode(encoding))

    assert document.language == "en"
    assert "ask of every applicant" in document.sections[0].text


def test_traditional_chinese_in_big5_is_read() -> None:
    sentence = (
        "員工每年享有十五天特別休假，未休完的日數可以遞延至次年度。請假須事先提出申請並經主管核准。"
    )

    document = read((sentence * 5).encode("big5"))

    assert "特別休假" in document.sections[0].text


def test_chinese_numbering_makes_levels() -> None:
    document = read(
        "第一章 休假\n\n一、年假\n年假十五天。\n\n（一）申请\n提前三天申请。\n\n"
        "第二章 差旅\n\n报销须有发票。\n"
    )

    assert [section.heading_path for section in document.sections] == [
        ("第一章 休假", "一、年假"),
        ("第一章 休假", "一、年假", "（一）申请"),
        ("第二章 差旅",),
    ]


def test_items_of_a_list_are_no_headings() -> None:
    [section] = read(
        "有下列情形之一的：\n（一）患病的；\n（二）出差的。\n第八条 企业应当依法办理。"
    ).sections

    assert (
        section.text
        == "有下列情形之一的：\n（一）患病的；\n（二）出差的。\n第八条 企业应当依法办理。"
    )


def test_a_heading_with_nothing_below_it_is_text_after_all() -> None:
    [section] = read("规定如下\n\n一、按时上班\n二、按时下班\n").sections

    assert section.text == "一、按时上班\n\n二、按时下班"


def test_underlines_and_decimals_make_english_headings() -> None:
    document = read("Travel\n======\n\n1.1 Trains\nBy train.\n\nFlights\n-------\nBy plane.\n")

    assert document.title == "Travel"
    assert [section.heading_path for section in document.sections] == [
        ("1.1 Trains",),
        ("Flights",),
    ]


def test_lines_wrapped_by_hand_become_one() -> None:
    [section] = read(
        "Every employee may take thirty days of paid leave in every calen-\n"
        "dar year. The days that are left over at the end of the year are\nlost.\n\n"
        "- the first item of this list is also long enough to be wrapped\n  by hand\n- second"
    ).sections

    assert section.text == (
        "Every employee may take thirty days of paid leave in every calendar year. "
        "The days that are left over at the end of the year are lost.\n\n"
        "- the first item of this list is also long enough to be wrapped by hand\n- second"
    )


def test_a_file_whose_first_line_is_a_sentence_is_called_by_its_name() -> None:
    assert read("Thirty days for everybody.\n\nReally.").title == "Rules"


@pytest.mark.parametrize(
    "content", [b"\x00\x01\x02\x03" * 50, b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4]
)
def test_binary_files_are_told(content: bytes) -> None:
    with pytest.raises(DocumentUnreadable, match="not text"):
        read(content)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_only_ever_are_unreadable(content: bytes) -> None:
    with suppress(DocumentUnreadable):
        read(content)
