"""Web pages: their content, and nothing around it."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.errors import DocumentUnreadable
from knowledge.model import Document
from knowledge.parsers import html


def read(markup: str | bytes) -> Document:
    content = markup if isinstance(markup, bytes) else markup.encode()
    return html.parse(content, document_id="paid-leave", uri="paid-leave.html")


def only_text(markup: str) -> str:
    [section] = read(markup).sections
    return section.text


def test_only_the_main_content_is_read() -> None:
    document = read(
        "<html><head><title>Leave | Acme</title></head><body><nav>Menu</nav><header>Acme</header>"
        "<main><h1>Leave</h1><p>Thirty days.</p><h2>Form</h2><p>Here.</p>"
        "<aside role='complementary'>Ad</aside></main><footer>©</footer></body></html>"
    )

    assert document.title == "Leave"
    assert [(s.heading_path, s.text) for s in document.sections] == [
        ((), "Thirty days."),
        (("Form",), "Here."),
    ]


def test_without_main_the_articles_count_else_the_body_without_its_frame() -> None:
    articles = read("<body>Menu<article><p>One.</p></article><article><p>Two.</p></article>")
    body = read("<body><header>Acme</header><div><p>One.</p></div><footer>©</footer></body>")

    assert articles.sections[0].text == "One.\n\nTwo."
    assert body.sections[0].text == "One."


def test_a_page_without_heading_is_called_by_its_title_without_the_site() -> None:
    assert read("<title>Paid leave | Acme Wiki</title><p>Text.").title == "Paid leave"
    assert read("<p>Text.").title == "Paid leave"


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>x</script>",
        "<style>x</style>",
        "<template>x</template>",
        "<p hidden>x</p>",
        "<p style='display: none'>x</p>",
        "<span aria-hidden=true>x</span>",
        "<!-- x -->",
        "<button>x</button>",
        "<svg><text>x</text></svg>",
        "<div role=navigation>x</div>",
    ],
)
def test_what_is_hidden_is_left_out(hidden: str) -> None:
    assert only_text(f"<p>Before.</p>{hidden}<p>After.</p>") == "Before.\n\nAfter."


def test_tables_with_spans_become_full_rows() -> None:
    text = only_text(
        "<table><caption>Days</caption><tr><th>Kind</th><th>Grade</th><th>Days</th></tr>"
        "<tr><td rowspan=2>Annual</td><td>A</td><td>30</td></tr><tr><td>B</td><td>25</td></tr>"
        "<tr><td colspan=2>Sick</td><td>10 | 12</td></tr></table>"
    )

    assert text == (
        "Days\n\n| Kind | Grade | Days |\n| --- | --- | --- |\n| Annual | A | 30 |\n"
        "| Annual | B | 25 |\n| Sick |  | 10 \\| 12 |"
    )


def test_a_table_for_layout_is_read_as_text() -> None:
    text = only_text(
        "<table><tr><td><p>Left.</p><table><tr><td>a</td></tr></table></td></tr></table>"
    )

    assert text == "Left.\n\n| a |\n| --- |"


def test_lists_keep_their_depth_and_numbers() -> None:
    text = only_text(
        "<ul><li>one<ol start=3><li>three</li><li>four</li></ol></li><li><p>two</p><p>more</p></li>"
        "<ul><li>loose</li></ul><li hidden>x</li><li></li></ul>"
    )

    assert text == "- one\n  3. three\n  4. four\n- two\n  more\n  - loose"


def test_definitions_quotes_code_and_breaks() -> None:
    text = only_text(
        "<dl><dt>VPN</dt><dd>A tunnel.</dd></dl><blockquote><p>Said.</p></blockquote>"
        "<pre>a\n  b</pre><p>one<br>two <code>x</code> <a href='https://a.example'>A</a> "
        "<img alt='a chart' src=x></p>"
    )

    assert text == (
        "- VPN: A tunnel.\n\n> Said.\n\n```\na\n  b\n```\n\n"
        "one\ntwo `x` A (https://a.example) a chart"
    )


def test_xhtml_and_bare_names_are_read_without_a_warning() -> None:
    page = "<?xml version='1.0'?><?xml-stylesheet href='a'?><x><p>Text.</p></x>"

    assert only_text(page) == "Text."
    assert only_text("paid-leave.html") == "paid-leave.html"


def test_meta_names_the_readers() -> None:
    document = read(
        "<meta name=audience content='hr, managers'><meta name=owner content=Ann>"
        "<meta name=review content=2026-12-31><p>Text.</p>"
    )

    assert document.audience == frozenset({"hr", "managers"})
    assert (document.owner, document.review_on) == ("Ann", date(2026, 12, 31))


def test_broken_meta_is_refused() -> None:
    with pytest.raises(DocumentUnreadable, match="its metadata: review must be a date"):
        read("<meta name=review content=soon><p>Text.</p>")


def test_the_declared_encoding_is_believed_and_widened() -> None:
    document = read("<meta charset=gb2312><p>年假十五天，含“調休”。</p>".encode("gb18030"))

    assert document.sections[0].text == "年假十五天，含“調休”。"
    assert document.language == "zh"


def test_deep_nesting_breaks_nothing() -> None:
    with suppress(DocumentUnreadable):
        read("<div>" * 20_000 + "deep")


def test_a_giant_table_is_refused() -> None:
    row = "<tr>" + "<td colspan=1000>x</td>" * 4 + "</tr>"
    with pytest.raises(DocumentUnreadable, match="table cells"):
        read(f"<table>{row * 300}</table>")


@settings(max_examples=100, deadline=None)
@given(st.text("<>/=\"' abdiptrlhv!-年\n", max_size=200) | st.binary(max_size=200))
def test_random_pages_only_ever_are_unreadable(markup: str | bytes) -> None:
    with suppress(DocumentUnreadable):
        read(markup)
