"""Markdown and its dialects become sections."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.errors import DocumentUnreadable
from knowledge.model import Document
from knowledge.parsers import markdown

CORPORA = Path("../shared/eval/corpora")


def read(text: str, document_id: str = "hr__paid-leave") -> Document:
    return markdown.parse(text.encode(), document_id=document_id, uri="paid-leave.md")


def only_text(text: str) -> str:
    [section] = read(text).sections
    return section.text


def test_headings_make_sections_below_the_title() -> None:
    document = read(
        "# Leave\nIntro.\n\n## Annual\nThirty days.\n\n### Form\nHere.\n\n## Sick\nTen."
    )

    assert document.title == "Leave"
    assert [(section.heading_path, section.text) for section in document.sections] == [
        ((), "Intro."),
        (("Annual",), "Thirty days."),
        (("Annual", "Form"), "Here."),
        (("Sick",), "Ten."),
    ]


def test_underlined_headings_count_like_the_others() -> None:
    document = read("Leave\n=====\n\nAnnual\n------\nThirty days.")

    assert document.title == "Leave"
    assert document.sections[0].heading_path == ("Annual",)


def test_a_file_without_heading_is_called_by_its_name() -> None:
    assert read("Thirty days.").title == "Paid leave"
    assert read("Thirty days.", "hr__leave__index").title == "Leave"


def test_front_matter_says_title_readers_owner_review_and_language() -> None:
    document = read(
        "---\ntitle: 休假\naudience: [hr, 经理]\nowner: Ann\nreview: 2026-12-31\nlanguage: zh-CN\n"
        "layout: page\n---\n# 休假\n\nThirty days."
    )

    assert (document.title, document.owner, document.language) == ("休假", "Ann", "zh")
    assert document.audience == frozenset({"hr", "经理"})
    assert document.review_on == date(2026, 12, 31)
    assert document.sections[0].heading_path == ()


@pytest.mark.parametrize(
    ("front", "reason"),
    [
        ("title: [", "front matter, line 3: "),
        ("owner: Ann\nreview: soon", "front matter, line 3: review must be a date"),
        ("audience: []", "front matter, line 2: audience is empty"),
        ("audience: {a: 1}", "front matter, line 2: audience must be a name or a list"),
        ("language: fr", "front matter, line 2: language must be zh or en"),
        ("title: {a: 1}", "front matter, line 2: title must be text"),
        (f"owner: 0x{'f' * 5_000}", "front matter, line 2: owner must be text"),
        ("review: 2026-02-31", "front matter is not valid YAML"),
        ("a: !!python/object:os.system {}", "front matter, line 2: "),
    ],
)
def test_broken_front_matter_is_refused_with_its_line(front: str, reason: str) -> None:
    with pytest.raises(DocumentUnreadable) as error:
        read(f"---\n{front}\n---\nText.")

    assert error.value.reason.startswith(reason)


def test_front_matter_without_an_end_is_refused() -> None:
    with pytest.raises(DocumentUnreadable, match="closing --- is missing"):
        read("---\ntitle: Leave\n\nText.")


def test_a_yaml_bomb_is_not_unfolded() -> None:
    bomb = "a0: &a0 [x, x]\n" + "\n".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)
    )

    with pytest.raises(DocumentUnreadable, match="title must be text"):
        read(f"---\n{bomb}\ntitle: *a29\n---\nText.")


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    assert only_text("---\n\nJust text.\n\n---\n\nMore.") == "Just text.\n\nMore."


def test_lists_keep_their_lines_and_depth() -> None:
    text = only_text("* one\n* two\n  1. first\n  2. second\n\n* three\n\n  more of three")

    assert text == "- one\n- two\n  1. first\n  2. second\n- three\n  more of three"


def test_tables_stay_tables() -> None:
    text = only_text("| Kind | Days |\n|:--|--:|\n| Annual | **30** |\n| a \\| b | |")

    assert text == "| Kind | Days |\n| --- | --- |\n| Annual | 30 |\n| a \\| b |  |"


def test_html_tables_become_pipe_tables_even_with_blank_lines_inside() -> None:
    text = only_text(
        "<table>\n<tr><th>Kind</th><th>Days</th></tr>\n\n<tr><td>Annual</td><td>30</td></tr></table>"
    )

    assert text == "| Kind | Days |\n| --- | --- |\n| Annual | 30 |"


def test_code_keeps_its_fence_and_its_spaces() -> None:
    assert only_text("```sh\nif x\n  y\n```") == "```sh\nif x\n  y\n```"
    assert only_text("    indented\n      code") == "```\nindented\n  code\n```"


def test_links_keep_their_words_and_short_addresses() -> None:
    text = only_text(
        "See [HR](https://hr.example.com), [form](../form.md), <https://a.example>, "
        f"[long](https://example.com/{'x' * 80}), [mail](mailto:hr@example.com), ![a chart](c.png)"
    )

    assert text == (
        "See HR (https://hr.example.com), form, https://a.example, "
        "long, mail (hr@example.com), a chart"
    )


def test_emphasis_disappears_also_where_chinese_punctuation_breaks_it() -> None:
    assert only_text("**重要：**年假*十五*天，**必须**提前。") == "重要：年假十五天，必须提前。"


def test_an_all_bold_line_keeps_its_stars() -> None:
    assert only_text("**Who pays?**\n\nThe company.") == "**Who pays?**\n\nThe company."


def test_wrapped_lines_join_with_a_space_only_between_words() -> None:
    assert only_text("one\ntwo") == "one two"
    assert only_text("年假\n十五天") == "年假十五天"
    assert only_text("line  \nbreak") == "line\nbreak"


def test_quotes_and_their_alerts_are_kept() -> None:
    assert only_text("> [!NOTE]\n> Ask first.") == "> Note: Ask first."


@pytest.mark.parametrize(
    "noise",
    [
        "<!-- a comment -->",
        "<!--\n\nlong\n-->",
        "{:.lead}",
        "{% include nav.html %}",
        "<script>alert(1)</script>",
        "<style>p {}</style>",
        "[[_TOC_]]",
    ],
)
def test_noise_disappears(noise: str) -> None:
    assert only_text(f"Before.\n\n{noise}\n\nAfter.") == "Before.\n\nAfter."


def test_html_around_text_disappears_but_not_the_text() -> None:
    text = only_text(
        "<div class='a'>\n\nInside.\n\n</div>\n\n<details><summary>More</summary>\nHere.</details>"
    )

    assert text == "Inside.\n\nMore\n\nHere."


def test_inline_html_and_wiki_links_become_words() -> None:
    assert only_text("H<sub>2</sub>O<br>[[Page|the page]] [[Other]]") == "H2O\nthe page Other"


def test_headings_inside_lists_are_text() -> None:
    assert only_text("- # Big\n- <div>block</div>") == "- **Big**\n- block"


def test_a_docusaurus_box_keeps_its_title() -> None:
    assert only_text(":::tip Remember\n\nAsk.\n\n:::") == "Remember\n\nAsk."


def test_only_headings_are_better_than_nothing() -> None:
    assert only_text("# Leave\n\n## Ask HR") == "Leave\nAsk HR"


@pytest.mark.parametrize("content", [b"", b" \n\n", b"\xef\xbb\xbf", b"<!-- nothing -->"])
def test_an_empty_file_is_told(content: bytes) -> None:
    with pytest.raises(DocumentUnreadable, match=r"empty|no text"):
        markdown.parse(content, document_id="x", uri="x.md")


def test_too_much_text_is_refused_with_both_numbers() -> None:
    with pytest.raises(DocumentUnreadable, match=r"5,000,004 characters, the limit is 5,000,000"):
        read("word" * 1_250_001)


def test_deep_nesting_is_told() -> None:
    with pytest.raises(DocumentUnreadable, match="no text"):
        read(">" * 5_000 + " deep")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes_only_ever_are_unreadable(content: bytes) -> None:
    with suppress(DocumentUnreadable):
        markdown.parse(content, document_id="x", uri="x.md")


@settings(max_examples=150, deadline=None)
@given(st.text("#-*|>`_[]()<>{}! \n:a年1.\\&", max_size=200))
def test_random_markup_only_ever_is_unreadable(text: str) -> None:
    with suppress(DocumentUnreadable):
        read(text)


@pytest.mark.shared
def test_real_handbooks_are_read_without_a_failure() -> None:
    files = sorted(CORPORA.glob("*/docs/*.md"))[::10]
    if not files:
        pytest.skip("the evaluation sets are not here")

    for file in files:
        document = markdown.parse(file.read_bytes(), document_id=file.stem, uri=file.name)
        assert document.sections
        assert document.title
