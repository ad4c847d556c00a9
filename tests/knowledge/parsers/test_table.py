"""Spreadsheets: values as people write them, each row with its header."""

from __future__ import annotations

import io
from contextlib import suppress
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from knowledge.errors import DocumentUnreadable
from knowledge.model import Document
from knowledge.parsers import table


def read_csv(content: str | bytes, uri: str = "days.csv") -> Document:
    raw = content if isinstance(content, bytes) else content.encode()
    return table.parse(raw, document_id="leave-days", uri=uri)


def read_book(book: Workbook) -> Document:
    out = io.BytesIO()
    book.save(out)
    return table.parse(out.getvalue(), document_id="leave-days", uri="days.xlsx")


def sheet_text(*rows: list[object]) -> str:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    [section] = read_book(book).sections
    return section.text


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", "，"])
def test_the_separator_is_found(separator: str) -> None:
    document = read_csv(f"类别{separator}天数\n年假{separator}15\n病假{separator}10\n")

    assert (document.title, document.language) == ("Leave days", "zh")
    assert (
        document.sections[0].text == "| 类别 | 天数 |\n| --- | --- |\n| 年假 | 15 |\n| 病假 | 10 |"
    )


def test_excels_own_marks_are_understood() -> None:
    document = read_csv('\ufeffsep=;\nKind;Note\nAnnual;"a, b\nc"\n'.encode())

    assert document.sections[0].text == "| Kind | Note |\n| --- | --- |\n| Annual | a, b c |"


def test_chinese_csv_of_excel_is_read() -> None:
    assert "年假" in read_csv("类别,天数\n年假,15\n".encode("gbk")).sections[0].text


def test_a_list_of_one_column_is_read() -> None:
    assert "| Annual |" in read_csv("Kind\nAnnual\nSick\n").sections[0].text


def test_broken_quotes_are_told_with_their_line() -> None:
    with pytest.raises(DocumentUnreadable, match=r"line \d+: field larger than field limit"):
        read_csv('a,b\n"' + "x" * 200_000)


def test_every_sheet_is_a_section_and_hidden_ones_are_not() -> None:
    book = Workbook()
    book.active.title = "年假"
    book.active.append(["级别", "天数"])
    book.active.append(["A", 15])
    contacts = book.create_sheet("联系人")
    contacts.append(["姓名"])
    book.create_sheet("secret").append(["x"])
    book["secret"].sheet_state = "hidden"

    document = read_book(book)

    assert [(each.heading_path, each.page) for each in document.sections] == [
        (("年假",), None),
        (("联系人",), None),
    ]


def test_values_read_as_people_write_them() -> None:
    text = sheet_text(
        ["day", "moment", "clock", "sum", "yes", "length", "none"],
        [date(2026, 1, 2), datetime(2026, 1, 2, 3, 4), time(9, 30), 0.1 + 0.2, True, 3, None],
    )

    assert text.split("\n")[2] == "| 2026-01-02 | 2026-01-02 03:04 | 09:30:00 | 0.3 | TRUE | 3 |  |"


def test_percent_and_durations_keep_their_look() -> None:
    book = Workbook()
    book.active.append(["rate", "length"])
    book.active.append([0.155, timedelta(hours=30, minutes=5)])
    book.active["A2"].number_format = "0.0%"

    assert read_book(book).sections[0].text.endswith("| 15.5% | 30:05 |")


def test_merged_cells_repeat_downwards() -> None:
    book = Workbook()
    for row in (["Kind", "Grade", "Days"], ["Annual", "A", 30], [None, "B", 25], ["Sick", "A", 10]):
        book.active.append(row)
    book.active.merge_cells("A2:A3")

    assert "| Annual | B | 25 |" in read_book(book).sections[0].text


def test_lines_above_the_header_are_text() -> None:
    text = sheet_text(["Leave 2026"], [], ["Kind", "Days"], ["Annual", 30])

    assert text == "Leave 2026\n\n| Kind | Days |\n| --- | --- |\n| Annual | 30 |"


def test_a_stray_cell_far_away_costs_nothing() -> None:
    book = Workbook()
    book.active.append(["Kind", "Days"])
    book.active.append(["Annual", 30])
    book.active["C1048576"] = " "

    assert read_book(book).sections[0].text.endswith("| Annual | 30 |")


def test_too_many_rows_are_refused_with_both_numbers() -> None:
    with pytest.raises(DocumentUnreadable, match=r"50,001 table rows, the limit is 50,000"):
        read_csv("a,b\n" * 50_001)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200) | st.text(',;\t|"\n年a1=', max_size=100))
def test_random_csv_only_ever_is_unreadable(content: str | bytes) -> None:
    with suppress(DocumentUnreadable):
        read_csv(content)
