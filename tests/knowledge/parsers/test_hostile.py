"""Broken and hostile files: one clear reason, whatever the format."""

from __future__ import annotations

import io
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import docx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from pptx import Presentation

from knowledge.errors import DocumentUnreadable
from knowledge.parsers import SUFFIXES, parser_for
from knowledge.parsers.markup import joined
from knowledge.parsers.pdf import outline_of
from knowledge.parsers.pdf_pages import Line, PdfPage, PdfPages

OFFICE = {".docx": "word/document.xml", ".pptx": "ppt/presentation.xml", ".xlsx": "xl/workbook.xml"}


def parse(suffix: str, content: bytes) -> None:
    parser = parser_for(suffix)
    assert parser is not None
    parser(content, document_id="x", uri=f"x{suffix}")


def office_file(suffix: str) -> bytes:
    """A small healthy file."""
    out = io.BytesIO()
    if suffix == ".docx":
        word = docx.Document()
        word.add_heading("Leave", 1)
        word.add_paragraph("Thirty days.")
        word.save(out)
    elif suffix == ".pptx":
        slides = Presentation()
        slide = slides.slides.add_slide(slides.slide_layouts[1])
        slide.shapes.title.text, slide.placeholders[1].text = "Leave", "Thirty days."
        slides.save(out)
    else:
        book = Workbook()
        book.active.append(["Kind", "Days"])
        book.save(out)
    return out.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """The archive with one part replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for member in old.namelist():
            if member != name:
                new.writestr(member, old.read(member))
        new.writestr(name, part)
    return out.getvalue()


def test_every_suffix_has_a_parser_and_others_have_none() -> None:
    assert all(parser_for(suffix) for suffix in SUFFIXES)
    assert parser_for(".PDF") is parser_for(".pdf")
    assert parser_for(".exe") is None


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_an_empty_file_is_told(suffix: str) -> None:
    with pytest.raises(DocumentUnreadable, match="the file is empty"):
        parse(suffix, b"\n")


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_a_file_beyond_the_limit_is_told_with_both_numbers(suffix: str) -> None:
    with pytest.raises(DocumentUnreadable, match=r"50,000,001 bytes, the limit is 50,000,000"):
        parse(suffix, b"x" * 50_000_001)


@pytest.mark.parametrize("suffix", OFFICE)
def test_a_healthy_file_is_read(suffix: str) -> None:
    parse(suffix, office_file(suffix))


@pytest.mark.parametrize("suffix", OFFICE)
def test_a_truncated_file_is_told(suffix: str) -> None:
    content = office_file(suffix)

    for length in (30, len(content) // 2, len(content) - 30):
        with pytest.raises(DocumentUnreadable, match="it may be damaged"):
            parse(suffix, content[:length])


@pytest.mark.parametrize("suffix", OFFICE)
def test_another_office_file_under_this_name_is_told(suffix: str) -> None:
    other = next(name for name in OFFICE if name != suffix)

    with pytest.raises(DocumentUnreadable, match="though its name says so"):
        parse(suffix, office_file(other))


@pytest.mark.parametrize("suffix", OFFICE)
def test_a_protected_or_old_file_is_told(suffix: str) -> None:
    with pytest.raises(DocumentUnreadable, match="without a password"):
        parse(suffix, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = with_part(office_file(".docx"), "media/big.bin", bytes(250_000_001))
    assert len(bomb) < 1_000_000

    with pytest.raises(DocumentUnreadable, match=r"bytes unpacked, the limit is 250,000,000"):
        parse(".docx", bomb)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(("suffix", "part"), OFFICE.items())
def test_nested_entities_are_refused(suffix: str, part: str, encoding: str) -> None:
    laughs = '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol">' + "".join(
        f'<!ENTITY {new} "{f"&{old};" * 10}">'
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    content = with_part(office_file(suffix), part, f"{laughs}]><x>&i;</x>".encode(encoding))

    with pytest.raises(DocumentUnreadable, match="declares entities"):
        parse(suffix, content)


@pytest.mark.parametrize(("suffix", "part"), OFFICE.items())
@pytest.mark.parametrize("xml", [b"", b"<broken", b"<x/>", b"\xff\xfe\x00"])
def test_a_broken_part_is_told(suffix: str, part: str, xml: bytes) -> None:
    with pytest.raises(DocumentUnreadable):
        parse(suffix, with_part(office_file(suffix), part, xml))


@pytest.mark.parametrize("suffix", OFFICE)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_part_with_random_bytes_only_ever_is_unreadable(suffix: str, data: st.DataObject) -> None:
    content = office_file(suffix)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        name = data.draw(st.sampled_from(sorted(archive.namelist())))
        part = archive.read(name)
    at = data.draw(st.integers(0, max(len(part) - 1, 0)))
    patch = data.draw(st.binary(max_size=30) | st.sampled_from([b"", b"<w:p>", b'val="x"', b"-1"]))

    with suppress(DocumentUnreadable):
        parse(suffix, with_part(content, name, part[:at] + patch + part[at + len(patch) :]))


@pytest.mark.parametrize("suffix", [*OFFICE, ".pdf"])
@settings(max_examples=40, deadline=None)
@given(content=st.binary(max_size=300))
def test_random_bytes_only_ever_are_unreadable(suffix: str, content: bytes) -> None:
    with pytest.raises(DocumentUnreadable):
        parse(suffix, content)


def test_a_sheet_that_claims_a_merge_of_everything_is_survived() -> None:
    content = office_file(".xlsx")
    name = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read(name)
    merged = b'</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'

    parse(".xlsx", with_part(content, name, sheet.replace(b"</sheetData>", merged)))


# ── files that are larger than they say ────────────────────────────────────────────────────────


def lying(content: bytes, name: str) -> bytes:
    """The archive, telling that the part of this name is of hardly any size when unpacked."""
    told = bytearray(content)
    at = content.rindex(name.encode()) - 46  # where the central directory begins to tell of it
    assert told[at : at + 4] == b"PK\x01\x02"
    told[at + 24 : at + 28] = (100).to_bytes(4, "little")
    return bytes(told)


@pytest.mark.parametrize("name", ["word/document.xml", "word/media/image1.png"])
def test_a_part_that_unpacks_to_more_than_it_says_is_refused_before_it_fills_the_memory(
    name: str,
) -> None:
    bomb = lying(with_part(office_file(".docx"), name, b" " * 200_000_000), name)
    assert len(bomb) < 1_000_000

    tracemalloc.start()
    try:
        with pytest.raises(DocumentUnreadable, match="unpacks to more than it says"):
            parse(".docx", bomb)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_part_that_is_packed_as_no_office_program_does_is_refused() -> None:
    out = io.BytesIO(office_file(".xlsx"))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr("xl/media/image1.png", bytes(1_000))

    with pytest.raises(DocumentUnreadable, match="packed"):
        parse(".xlsx", out.getvalue())


def test_a_row_with_an_endless_number_is_refused_in_seconds() -> None:
    content = office_file(".xlsx")
    name = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read(name)
    far = with_part(content, name, sheet.replace(b'<row r="1"', b'<row r="9999999"'))

    with pytest.raises(DocumentUnreadable, match=r"rows, the limit is 1,048,576"):
        parse(".xlsx", far)


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        (".csv", b"x," * 40_000 + b"x\n" + b"y\n" * 5_000),
        (
            ".html",
            b"<table><tr>" + b"<td colspan=100>x" * 400 + b"</tr>" + b"<tr><td>y</tr>" * 5_000,
        ),
    ],
)
def test_a_table_with_one_wide_row_is_refused_before_all_rows_are_made_as_wide(
    suffix: str, content: bytes
) -> None:
    with pytest.raises(DocumentUnreadable, match="table cells, the limit is 1,000,000"):
        parse(suffix, content)


def test_columns_without_a_word_count_for_nothing() -> None:
    parse(".csv", b"Kind,Days\n" + b"," * 40_000 + b"x\n" + b"y,1\n" * 5_000)


# ── files that keep their reader busy ─────────────────────────────────────────────────────────
# While a pattern is matched nothing else of the process runs: not even an acknowledgement.


def seconds_for(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    with suppress(DocumentUnreadable):
        work()
    return time.perf_counter() - began


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        (".md", b"<table\n" * 40_000),
        (".md", b"<p>x</p></table>" + b"<table\n" * 40_000),
        (".md", b"~~~\n" + b"`" * 300_000 + b"\n~~~\n"),
        (".html", b"<p>x</p>" + b"<?xml" * 100_000),
    ],
)
def test_a_file_of_beginnings_without_ends_is_read_in_seconds(suffix: str, content: bytes) -> None:
    assert seconds_for(lambda: parse(suffix, content)) < 10


def test_merged_cells_that_never_end_are_looked_through_in_seconds() -> None:
    content = office_file(".xlsx")
    name = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read(name)
    merged = sheet.replace(b"</sheetData>", b"</sheetData>" + b"<mergeCell " * 60_000)

    assert seconds_for(lambda: parse(".xlsx", with_part(content, name, merged))) < 10


def test_lines_of_one_paragraph_are_joined_without_copying_what_is_there_for_each() -> None:
    lines = ["word"] * 500_000

    assert seconds_for(lambda: joined(lines)) < 5
    assert joined(["年假", "天数", "is", "ten", ""]) == "年假天数 is ten"


def test_a_line_of_dots_in_a_pdf_is_told_from_a_contents_line_in_seconds() -> None:
    line = Line(text=". " * 30_000 + "x", left=0, right=9, top=400, bottom=410, size=10, bold=False)
    page = PdfPage(number=1, width=600, height=800, lines=(line,), grids=(), unmapped=0)
    pdf = PdfPages(title="", pages=(replace(page, lines=(line, replace(line, text="a" * 20))),))

    assert seconds_for(lambda: outline_of(pdf, uri="x.pdf")) < 10
