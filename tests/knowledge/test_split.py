from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.model import Document, Language, Section
from knowledge.split import (
    MAX_GIVEN_TOKENS,
    MAX_PASSAGE_TOKENS,
    count_tokens,
    indexed_text,
    split,
)


def document(*sections: Section | str, language: Language = "en", title: str = "Leave") -> Document:
    made = tuple(s if isinstance(s, Section) else Section(text=s) for s in sections)
    return Document(id="hr__leave", title=title, uri="leave.md", language=language, sections=made)


def texts(*sections: Section | str) -> list[str]:
    return [passage.text for passage in split(document(*sections))]


def words(text: str) -> list[str]:
    return re.findall(r"\w", text)


def test_a_short_section_is_one_passage_with_its_place() -> None:
    section = Section(text="Five days.", heading_path=("Annual leave", "How much"), page=3)

    (passage,) = split(document(section))

    assert passage.id == "hr__leave#0"
    assert passage.heading_path == ("Annual leave", "How much")
    assert (passage.text, passage.page, passage.position) == ("Five days.", 3, 0)


def test_sections_are_never_joined() -> None:
    assert texts("One.", "Two.") == ["One.", "Two."]


def test_an_empty_document_has_no_passages() -> None:
    assert texts("", " \n ") == []


def test_a_long_chinese_paragraph_is_cut_at_a_sentence_end() -> None:
    sentence = "员工连续工作满一年不满十年的，每年享受五天带薪年休假！"

    found = texts(sentence * 40)

    assert len(found) > 1
    assert all(text.endswith("！") for text in found)


def test_abbreviations_and_decimals_do_not_end_a_sentence() -> None:
    sentence = "Ask Dr. Li, e.g. by mail, for ver. 3.5 of the form (No. 12) by 5 p.m. on Friday. "

    found = texts(sentence * 40)

    assert len(found) > 1
    assert all(text.startswith("Ask Dr. Li") and text.endswith("Friday.") for text in found)


def test_every_part_of_a_long_table_has_its_header() -> None:
    rows = "\n".join(f"| city {n} | {n} days of leave for everybody |" for n in range(80))

    found = texts(f"| Place | Allowance |\n|-------|:---:|\n{rows}")

    assert len(found) > 1
    assert all(text.startswith("| Place | Allowance |\n| --- | --- |\n| city") for text in found)


def test_every_part_of_a_long_list_has_the_sentence_that_announces_it() -> None:
    items = "\n".join(f"- bring document number {n} and a copy of it" for n in range(80))

    found = texts(f"On your first day:\n\n{items}")

    assert len(found) > 1
    assert all(text.startswith("On your first day:\n- bring document") for text in found)


def test_an_item_keeps_what_is_nested_below_it() -> None:
    items = "\n".join(f"1. step {n}\n   - a detail of it\n   - another" for n in range(60))

    found = texts(items)

    assert len(found) > 1
    assert all(text.startswith("1. step") and text.endswith("- another") for text in found)


def test_torn_code_is_fenced_in_every_part() -> None:
    body = "\n".join(f"run --step {n} --verbose" for n in range(120))

    found = texts(f"```sh\n{body}\n```")

    assert len(found) > 1
    assert all(text.startswith("```sh\nrun") and text.endswith("\n```") for text in found)


def test_headings_and_tables_inside_code_are_code() -> None:
    code = "```\n# comment\n| a | b |\n|---|---|\n- item\n```"

    assert texts(code) == [code]


def test_a_list_is_not_separated_from_its_announcement() -> None:
    filler = "This sentence fills the passage up to its end. " * 20
    items = "\n".join(f"- item {n}" for n in range(20))

    found = texts(f"{filler}\n\nYou need:\n\n{items}")

    assert any("You need:\n- item 0" in text for text in found)


def test_a_word_without_end_is_cut_all_the_same() -> None:
    found = texts("x" * 5000)

    assert "".join("".join(found).split()) == "x" * 5000
    assert all(count_tokens(text) <= MAX_PASSAGE_TOKENS for text in found)


def test_a_passage_that_came_with_an_id_stays_whole_and_keeps_it() -> None:
    text = "第十条 建立劳动关系，应当订立书面劳动合同。\n" * 30

    (passage,) = split(document(Section(text=text, passage_id="劳动合同法#第十条")))

    assert passage.id == "劳动合同法#第十条"
    assert passage.text == text.strip()


def test_a_given_passage_beyond_all_measure_is_cut_and_its_parts_are_numbered() -> None:
    text = "A sentence of moderate length stands here. " * (MAX_GIVEN_TOKENS // 5)

    found = split(document(Section(text=text, passage_id="p1")))

    assert [passage.id for passage in found[:3]] == ["p1", "p1~2", "p1~3"]


def test_an_id_that_was_given_twice_is_still_unique() -> None:
    found = split(document(*(Section(text=t, passage_id="p") for t in ("One.", "Two."))))

    assert [passage.id for passage in found] == ["p", "p~2"]


def test_the_indexed_text_says_where_the_passage_stands() -> None:
    section = Section(text="Five days.", heading_path=("Leave", "How much"))

    (passage,) = split(document(section, title="Leave"))

    assert indexed_text(passage) == "Leave > How much\nFive days."


def test_a_title_that_is_only_an_id_is_not_indexed_beside_headings() -> None:
    section = Section(text="Five days.", heading_path=("How much",))

    (passage,) = split(document(section, title="hr__leave"))

    assert indexed_text(passage) == "How much\nFive days."


def test_a_title_in_words_is_indexed_even_where_it_is_the_id_too() -> None:
    section = Section(text="五天。", heading_path=("第一条",))
    whole = replace(document(section, title="休假办法"), id="休假办法")

    (passage,) = split(whole)

    assert indexed_text(passage) == "休假办法 > 第一条\n五天。"


def test_text_without_title_and_headings_is_indexed_alone() -> None:
    (passage,) = split(document("Five days.", title=""))

    assert indexed_text(passage) == "Five days."


def test_endless_headings_leave_room_for_the_text() -> None:
    section = Section(text="Five days.", heading_path=("long " * 200, "How much"))

    (passage,) = split(document(section))

    assert len(indexed_text(passage)) < 300
    assert "How much\nFive days." in indexed_text(passage)


LINES = st.sampled_from(
    [
        "",
        "Plain words, a full stop. And another one! Is it?",
        "年假五天；病假十天。婚假呢？有。",
        "- an item",
        "  - nested below it",
        "1. first",
        "（一）其一",
        "You need:",
        "| a | b |",
        "|---|---|",
        "| 1 | 2 |",
        "```",
        "code = 1",
        "word " * 90,
        "汉" * 300,
        "https://example.com/" + "x" * 200,
    ]
)
MARKDOWN = st.lists(LINES | st.text(max_size=60), max_size=40).map("\n".join)


@settings(max_examples=150, deadline=None)
@given(MARKDOWN)
def test_no_word_is_lost_and_no_passage_is_too_large(text: str) -> None:
    found = split(document(text, "Another section."))

    kept = words("".join(passage.text for passage in found))
    assert not set(words(text)) - set(kept)
    assert len(kept) >= len(words(text))
    assert all(count_tokens(p.text) <= MAX_PASSAGE_TOKENS for p in found)
    assert all(p.text.strip() for p in found)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(MARKDOWN, st.sampled_from(["", "a", "b"])), max_size=4))
def test_ids_are_unique_positions_count_up_and_nothing_depends_on_chance(
    sections: list[tuple[str, str]],
) -> None:
    made = document(*(Section(text=text, passage_id=id_) for text, id_ in sections))

    found = split(made)

    assert len({passage.id for passage in found}) == len(found)
    assert [passage.position for passage in found] == list(range(len(found)))
    assert split(made) == found


@pytest.mark.parametrize("text", ["年" * 400_000, "word " * 200_000, "a|b\n" + " " * 50_000 + "x|"])
def test_a_line_as_long_as_a_book_is_cut_in_seconds(text: str) -> None:
    began = time.perf_counter()

    split(document(text))

    assert time.perf_counter() - began < 10
