"""JSON Lines: passages that somebody else cut."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.errors import CorpusInvalid
from knowledge.model import Document, Section
from knowledge.parsers.jsonl import parse_jsonl


def read(*entries: object) -> tuple[Document, ...]:
    lines = [each if isinstance(each, str) else json.dumps(each) for each in entries]
    return parse_jsonl("\n".join(lines).encode(), uri="corpus.jsonl")


def test_lines_of_one_id_make_one_document() -> None:
    leave, travel = read(
        {"doc_id": "leave", "title": "休假", "passage_id": "leave#1", "text": "年假十五天。"},
        "",
        {"doc_id": "travel", "text": "By train."},
        {"doc_id": "leave", "heading_path": ["病假"], "text": "病假十天。"},
    )

    assert (leave.id, leave.title, leave.language) == ("leave", "休假", "zh")
    assert leave.sections == (
        Section(text="年假十五天。", passage_id="leave#1"),
        Section(text="病假十天。", heading_path=("病假",)),
    )
    assert (travel.title, travel.language) == ("Travel", "en")


def test_a_heading_that_all_lines_share_is_the_title() -> None:
    [document] = read(
        {"doc_id": "a", "heading_path": ["Leave", "Annual"], "text": "Thirty."},
        {"doc_id": "a", "heading_path": ["Leave"], "text": "Ask."},
    )

    assert document.title == "Leave"
    assert [section.heading_path for section in document.sections] == [("Annual",), ()]


def test_ids_may_be_numbers() -> None:
    [document] = read({"doc_id": 7, "passage_id": 70, "text": "Seven."})

    assert (document.id, document.sections[0].passage_id) == ("7", "70")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not a JSON object"),
        ({"doc_id": "a"}, "text is missing or empty"),
        ({"doc_id": "a", "text": "  "}, "text is missing or empty"),
        ({"text": "a"}, "doc_id is missing or empty"),
        ({"doc_id": "a", "text": 1}, "text must be text"),
        ({"doc_id": True, "text": "a"}, "doc_id must be text"),
        ({"doc_id": "a", "text": "a", "heading_path": "x"}, "heading_path must be a list"),
        ({"doc_id": "a" * 501, "text": "a"}, "doc_id has 501 characters, the limit is 500"),
        ({"doc_id": "b", "passage_id": "p", "text": "b"}, "passage_id 'p' appears twice"),
    ],
)
def test_a_bad_line_is_named(line: object, reason: str) -> None:
    with pytest.raises(CorpusInvalid) as error:
        read({"doc_id": "a", "passage_id": "p", "text": "Fine."}, line)

    assert error.value.line == 2
    assert error.value.reason.startswith(reason)


def test_other_encodings_and_emptiness_are_told() -> None:
    with pytest.raises(CorpusInvalid, match="not UTF-8"):
        parse_jsonl('{"text": "年"}'.encode("gbk"), uri="x.jsonl")
    with pytest.raises(CorpusInvalid, match="empty"):
        parse_jsonl(b"\xef\xbb\xbf\n \n", uri="x.jsonl")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_only_ever_are_invalid(content: bytes) -> None:
    with suppress(CorpusInvalid):
        parse_jsonl(content, uri="x.jsonl")
