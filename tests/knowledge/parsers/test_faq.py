"""Question–answer files: columns by their headings, every row taken in or told."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from knowledge.errors import DocumentUnreadable
from knowledge.model import EVERYONE, Citation
from knowledge.parsers.faq import MAX_ROWS, Faq, FaqReader
from knowledge.parsers.pairs import Pair

STAFF = frozenset({"staff"})
READER = FaqReader(audience=STAFF, longest_answer=100)


def read_csv(text: str | bytes, path: str = "faq.csv") -> Faq:
    return READER.read(text if isinstance(text, bytes) else text.encode(), path=path)


def read_lines(*entries: object) -> Faq:
    text = "\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
    return READER.read(text.encode(), path="faq.jsonl")


def read_book(book: Workbook) -> Faq:
    out = io.BytesIO()
    book.save(out)
    return READER.read(out.getvalue(), path="faq.xlsx")


def book_of(*rows: list[object]) -> Workbook:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    return book


def only(faq: Faq) -> Pair:
    assert faq.faults == ()
    [pair] = faq.pairs
    return pair


def told(faq: Faq) -> list[tuple[int, str]]:
    return [(fault.line, fault.reason) for fault in faq.faults]


# ── headings ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "headings",
    [
        "question,answer",
        "Question *,ANSWER",
        "问题,答案",
        "标准问,回答",
        "\ufeff标准问题（必填）,标准答案",
        "Q,A",
    ],
)
def test_columns_are_known_by_their_headings(headings: str) -> None:
    pair = only(read_csv(f"{headings}\n年假有几天,十天\n"))

    assert (pair.question, pair.text, pair.line) == ("年假有几天", "十天", 2)


def test_columns_may_stand_in_any_order_and_unknown_ones_are_named() -> None:
    faq = read_csv("序号,答案,备注,问题\n1,十天,新,年假有几天\n")

    assert only(faq).question == "年假有几天"
    assert faq.unread == ("序号", "备注")


def test_a_title_above_the_headings_is_left_out() -> None:
    assert only(read_csv("人事问答 2026,\n,\n问题,答案\n年假有几天,十天\n")).line == 4


def test_a_file_without_the_headings_is_refused() -> None:
    with pytest.raises(DocumentUnreadable, match="no row has headings such as question and answer"):
        read_csv("subject,body\na,b\n")


def test_two_answer_columns_are_refused_because_one_would_be_lost() -> None:
    with pytest.raises(DocumentUnreadable, match="two columns hold the answer, 答案 and answer"):
        read_csv("问题,答案,answer\na,b,c\n")


def test_a_second_question_column_is_another_wording() -> None:
    assert only(read_csv("问题,question,答案\n年假有几天,How long is leave?,十天\n")).wordings == (
        "How long is leave?",
    )


def test_a_file_of_another_kind_is_refused() -> None:
    with pytest.raises(DocumentUnreadable, match=r"which are \.csv, \.jsonl, \.tsv, \.xlsx"):
        read_csv("x", path="faq.docx")


# ── cells ─────────────────────────────────────────────────────────────────────────────────────


def test_chinese_csv_of_excel_is_read() -> None:
    text = "问题,答案,可见范围\n年假有几天,十天,人事；财务\n"

    assert only(read_csv(text.encode("gb18030"))).audience == {"人事", "财务"}


@pytest.mark.parametrize(
    "cell",
    ["几天年假；年假多少", "几天年假;年假多少", "几天年假|年假多少", '"1、几天年假\n2、年假多少"'],
)
def test_similar_questions_of_one_cell_are_taken_apart(cell: str) -> None:
    pair = only(read_csv(f"问题,答案,相似问法\n年假有几天,十天,{cell}\n"))

    assert pair.wordings == ("几天年假", "年假多少")


def test_similar_questions_of_several_columns_are_put_together() -> None:
    faq = read_csv("问题,答案,相似问1,相似问2,相似问3\n年假有几天,十天,几天年假,,年假多少\n")

    assert only(faq).wordings == ("几天年假", "年假多少")


def test_a_wording_that_says_nothing_new_is_not_kept() -> None:
    pair = only(read_csv("question,answer,similar\nHow long?,Ten,how  long; HOW LONG?; Days?\n"))

    assert pair.wordings == ("Days?",)


@pytest.mark.parametrize(
    ("cell", "audience"),
    [("", STAFF), ("hr, finance", {"hr", "finance"}), ("所有人", {EVERYONE}), ("All", {EVERYONE})],
)
def test_readers_are_those_of_the_row_or_else_of_the_command(
    cell: str, audience: frozenset[str]
) -> None:
    assert only(read_csv(f'question,answer,audience\nHow?,So,"{cell}"\n')).audience == audience


@pytest.mark.parametrize(
    "cell", ["2027-03-01", "2027/3/1", "2027年3月1日", "2027.03.01", "20270301", "2027-03-01 00:00"]
)
def test_owner_and_review_date_are_read(cell: str) -> None:
    pair = only(read_csv(f"问题,答案,负责人,复核日期\n年假有几天,十天,slack:U1,{cell}\n"))

    assert (pair.owner, pair.review_on) == ("slack:U1", date(2027, 3, 1))


def test_lines_count_from_the_top_of_the_file() -> None:
    assert only(read_csv('sep=;\n"问题\n（必填）";答案\n年假有几天;十天\n')).line == 4


# ── what is wrong is told ─────────────────────────────────────────────────────────────────────


def test_rows_without_question_or_answer_are_told_and_the_others_are_kept() -> None:
    faq = read_csv(
        'question,answer,owner\nHow?,"So,\nand so",\n,Lost,\nWhy?,,\n,,me\n,,\nWhen?,Now,\n'
    )

    assert [(pair.question, pair.line) for pair in faq.pairs] == [("How?", 2), ("When?", 8)]
    assert told(faq) == [(4, "no question"), (5, "no answer"), (6, "no question, no answer")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"How?,{'x' * 101},", "the answer has 101 characters, the limit is 100"),
        (f"{'x' * 501},So,", "the question has 501 characters, the limit is 500"),
        ("How?,So,soon", "review date 'soon' is no date such as 2026-12-31"),
        ("How?,So,2027-02-30", "review date '2027-02-30' is no date such as 2026-12-31"),
        ("How?,So,,and so", "4 cells under 3 headings; text that holds the separator stands in"),
    ],
)
def test_a_row_that_says_too_much_or_nonsense_is_told(row: str, reason: str) -> None:
    [(line, said)] = told(read_csv(f"question,answer,review date\n{row}\n"))

    assert line == 2
    assert said.startswith(reason)


def test_too_many_similar_questions_are_told() -> None:
    many = ";".join(f"way {number}" for number in range(101))

    assert told(read_csv(f'question,answer,similar\nHow?,So,"{many}"\n')) == [
        (2, "101 similar questions, the limit is 100")
    ]


def test_too_many_rows_are_refused_with_both_numbers() -> None:
    with pytest.raises(DocumentUnreadable, match=r"10,001 rows, the limit is 10,000"):
        read_csv("question,answer\n" + "How?,So\n" * (MAX_ROWS + 1))


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(DocumentUnreadable, match="empty"):
        read_csv("")


# ── XLSX ──────────────────────────────────────────────────────────────────────────────────────


def test_a_workbook_is_read_with_its_dates_and_merged_answers() -> None:
    book = book_of(
        ["问题", "答案", "复核日期"],
        ["年假有几天", "十天", date(2027, 3, 1)],
        ["年假多少", None, None],
    )
    book.active.merge_cells("B2:B3")

    faq = read_book(book)

    assert [(pair.question, pair.text, pair.review_on, pair.line) for pair in faq.pairs] == [
        ("年假有几天", "十天", date(2027, 3, 1), 2),
        ("年假多少", "十天", None, 3),
    ]


def test_a_note_beside_the_table_of_a_workbook_does_no_harm() -> None:
    assert only(read_book(book_of(["Q", "A"], ["How?", "So", None, "see me"]))).text == "So"


def test_formulas_are_not_evaluated() -> None:
    faq = read_book(book_of(["question", "answer"], ["How?", "=1+1"], ["When?", "Now"]))

    assert [pair.question for pair in faq.pairs] == ["When?"]
    assert told(faq) == [(2, "no answer")]


def test_every_visible_sheet_is_read_and_one_without_headings_is_told() -> None:
    book = book_of(["问题", "答案"], ["年假有几天", "十天"], ["病假有几天", None])
    book.active.title = "假期"
    book.create_sheet("说明").append(["请按模板填写"])
    book.create_sheet("空白")
    book.create_sheet("旧").append(["问题", "答案"])
    book["旧"].append(["过期", "过期"])
    book["旧"].sheet_state = "hidden"

    faq = read_book(book)

    assert [pair.question for pair in faq.pairs] == ["年假有几天"]
    assert told(faq) == [
        (0, "sheet '说明': no row has headings such as question and answer, or 问题 and 答案"),
        (3, "sheet '假期': no answer"),
    ]


def test_a_workbook_without_any_headings_is_refused_with_the_reason() -> None:
    with pytest.raises(DocumentUnreadable, match="no row has headings"):
        read_book(book_of(["subject"], ["leave"]))
    with pytest.raises(DocumentUnreadable, match="the file is empty"):
        read_book(Workbook())


# ── JSON Lines ────────────────────────────────────────────────────────────────────────────────


def test_lines_hold_lists_whose_members_stay_whole() -> None:
    pair = only(
        read_lines(
            {
                "question": "How?",
                "answer": "So",
                "wordings": ["this; or | that?", "1. How come\nso?"],
                "audience": ["hr, Berlin"],
                "review_on": "2027-03-01",
                "owner": None,
            }
        )
    )

    assert pair.wordings == ("this; or | that?", "1. How come\nso?")
    assert (pair.audience, pair.owner) == ({"hr, Berlin"}, "")


def test_lines_may_have_sources() -> None:
    source = {
        "passage_id": "leave#1",
        "document_id": "leave",
        "title": "Leave",
        "uri": "leave.md",
        "quote": "Ten days.",
        "heading_path": ["Annual"],
        "page": 3,
    }

    [citation] = only(
        read_lines({"question": "How?", "answer": "So [1]", "sources": [source]})
    ).citations

    assert citation == Citation(
        marker=1,
        passage_id="leave#1",
        document_id="leave",
        title="Leave",
        uri="leave.md",
        quote="Ten days.",
        heading_path=("Annual",),
        page=3,
    )


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ([], "not a JSON object"),
        ({"question": "How?", "answer": ["So"]}, "answer must be text"),
        ({"question": "How?", "answer": "So", "答案": "Or so"}, "answer is given twice"),
        ({"question": "How?", "answer": "So", "audience": []}, "audience is empty: nobody could"),
        ({"question": "How?", "answer": "So", "audience": [1.5, True]}, "audience must be text"),
        ({"question": "How?", "answer": "So", "sources": "Leave"}, "sources must be a list"),
        ({"question": "How?", "answer": "So", "sources": ["Leave"]}, "sources must be objects"),
        (
            {"question": "How?", "answer": "So", "sources": [{"title": "Leave"}]},
            "sources: passage_id, document_id and quote are needed",
        ),
        (
            {"question": "How?", "answer": "So", "sources": [{"title": 1}]},
            "sources: passage_id, document_id, title, uri, quote and heading_path hold text",
        ),
        (
            {"question": "How?", "answer": "So", "sources": [{"page": "1"}]},
            "sources: marker and page are numbers",
        ),
    ],
)
def test_a_line_of_another_form_is_told(entry: object, reason: str) -> None:
    [(line, said)] = told(read_lines(entry))

    assert line == 1
    assert said.startswith(reason)


def test_a_broken_line_is_told_and_the_others_are_kept() -> None:
    faq = READER.read(b'\xef\xbb\xbf{"question": "How?"\n\n{"q": 1, "a": 2}\r\n', path="faq.jsonl")

    assert [(pair.question, pair.text, pair.line) for pair in faq.pairs] == [("1", "2", 3)]
    [(line, said)] = told(faq)
    assert (line, said.startswith("not JSON")) == (1, True)


# ── anything at all ───────────────────────────────────────────────────────────────────────────


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | st.text('问题答案QA,;|"\n相似{}[]:', max_size=120))
@pytest.mark.parametrize("path", ["faq.csv", "faq.jsonl", "faq.xlsx"])
def test_anything_is_read_or_refused(path: str, content: bytes | str) -> None:
    with suppress(DocumentUnreadable):
        read_csv(content, path=path)
