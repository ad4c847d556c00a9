from __future__ import annotations

import json

import pytest

from adapters.commonmark import plain_quote
from adapters.playground.render import render
from adapters.playground.tree import MAX_CHARS, markdown_tree, safe_link
from bot.core.model import (
    Block,
    Button,
    Buttons,
    Card,
    Choice,
    Field,
    Fields,
    Form,
    Image,
    Markdown,
    Progress,
    Source,
    Sources,
)

SOURCE = Source(
    marker=1,
    title="员工手册",
    uri="https://intranet.example/handbook",
    place="休假 › 年假 · 第 3 页",
    quote="- **年假**为 5 天",
    passage_id="handbook#3",
)


def blocks(*given: Block, streaming: bool = False) -> object:
    return render(Card(language="zh", blocks=given, streaming=streaming))["blocks"]


def test_an_answer_card_as_the_page_gets_it():
    card = Card(
        language="zh",
        title="年假",
        summary="5 天",
        blocks=(
            Markdown(text="每年 **5 天** [1]。"),
            Sources(items=(SOURCE,)),
            Buttons(items=(Button(name="verdict", label="👍", values={"vote": "up"}),)),
        ),
    )

    assert render(card) == {
        "language": "zh",
        "title": "年假",
        "summary": "5 天",
        "streaming": False,
        "blocks": [
            {
                "kind": "markdown",
                "nodes": [
                    ["p", {}, ["每年 ", ["strong", {}, ["5 天"]], ["cite", {"n": "1"}, []], "。"]]
                ],
            },
            {
                "kind": "sources",
                "items": [
                    {
                        "marker": 1,
                        "title": "员工手册",
                        "uri": "https://intranet.example/handbook",
                        "place": "休假 › 年假 · 第 3 页",
                        "quote": "年假为 5 天",
                        "passage_id": "handbook#3",
                    }
                ],
            },
            {
                "kind": "buttons",
                "items": [
                    {
                        "name": "verdict",
                        "label": "👍",
                        "values": {"vote": "up"},
                        "style": "default",
                    }
                ],
            },
        ],
    }


def test_fields_progress_image_and_form_as_the_page_gets_them():
    form = Form(
        name="verdict_reason",
        fields=(
            Field(name="reason", label="原因", choices=(Choice(value="wrong", label="有误"),)),
            Field(name="correction", label="更正", multiline=True, required=True),
        ),
        submit_label="提交",
        values={"answer": "ref"},
    )

    shown = blocks(
        Fields(rows=(("人数", "3"),)),
        Progress(text="正在查找", fraction=0.5),
        Image(url="https://example.com/map.png", alt="地图"),
        form,
    )

    assert shown == [
        {"kind": "fields", "rows": [["人数", "3"]]},
        {"kind": "progress", "text": "正在查找", "fraction": 0.5},
        {"kind": "image", "url": "https://example.com/map.png", "alt": "地图"},
        {
            "kind": "form",
            "name": "verdict_reason",
            "fields": [
                {
                    "name": "reason",
                    "label": "原因",
                    "choices": [{"value": "wrong", "label": "有误"}],
                    "multiline": False,
                    "required": False,
                },
                {
                    "name": "correction",
                    "label": "更正",
                    "choices": [],
                    "multiline": True,
                    "required": True,
                },
            ],
            "submit_label": "提交",
            "values": {"answer": "ref"},
        },
    ]
    assert json.dumps(shown)


def test_a_number_in_brackets_is_a_chip_only_where_there_is_such_a_source():
    shown = blocks(Markdown(text="a[1], list[7]"), Sources(items=(SOURCE,)))

    assert shown[0]["nodes"] == [["p", {}, ["a", ["cite", {"n": "1"}, []], ", list[7]"]]]


def test_a_growing_answer_has_its_chips_before_its_sources_come():
    shown = blocks(Markdown(text="年假 5 天 [1]"), streaming=True)

    assert shown[0]["nodes"] == [["p", {}, ["年假 5 天", ["cite", {"n": "1"}, []]]]]


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "//evil.example",
        "/relative",
        "https://a b",
    ],
)
def test_an_unsafe_address_is_never_a_link(address: str):
    assert safe_link(address) == ""
    assert '"a"' not in json.dumps(markdown_tree(f"[press]({address})"))
    assert '"a"' not in json.dumps(markdown_tree(f"<{address}>"))


def test_web_and_mail_addresses_are_links():
    assert markdown_tree("[a](https://x.example/?q=1) <mailto:hr@x.example>") == [
        [
            "p",
            {},
            [
                ["a", {"href": "https://x.example/?q=1"}, ["a"]],
                " ",
                ["a", {"href": "mailto:hr@x.example"}, ["mailto:hr@x.example"]],
            ],
        ]
    ]


def test_html_stays_text():
    text = "<img src=x onerror=alert(1)><script>alert(1)</script>"

    assert markdown_tree(text) == [["p", {}, [text]]]


def test_a_picture_in_text_is_a_link_so_that_nothing_is_fetched_unasked():
    assert markdown_tree("![chart](https://x.example/leak.png)") == [
        ["p", {}, [["a", {"href": "https://x.example/leak.png"}, ["chart"]]]]
    ]


def test_bold_chinese_that_ends_in_punctuation_is_bold():
    assert markdown_tree("**注意：**请（见**《手册》**）") == [
        ["p", {}, [["strong", {}, ["注意："]], "请（见", ["strong", {}, ["《手册》"]], "）"]]
    ]


def test_tables_lists_code_and_headings_have_their_elements():
    tree = markdown_tree(
        "# T\n\n3. a\n   - b\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n`c` ~~d~~\n\n```\ne\n```\n\n---"
    )

    assert tree == [
        ["h3", {}, ["T"]],
        ["ol", {"start": "3"}, [["li", {}, ["a", ["ul", {}, [["li", {}, ["b"]]]]]]]],
        [
            "table",
            {},
            [
                ["thead", {}, [["tr", {}, [["th", {}, ["a"]], ["th", {"align": "right"}, ["b"]]]]]],
                ["tbody", {}, [["tr", {}, [["td", {}, ["1"]], ["td", {"align": "right"}, ["2"]]]]]],
            ],
        ],
        ["p", {}, [["code", {}, ["c"]], " ", ["s", {}, ["d"]]]],
        ["pre", {}, [["code", {}, ["e"]]]],
        ["hr", {}, []],
    ]


def test_line_ends_and_quotes_are_kept():
    assert markdown_tree("> a\nb") == [["blockquote", {}, [["p", {}, ["a", ["br", {}, []], "b"]]]]]


def test_endless_text_is_cut():
    (paragraph,) = markdown_tree("x" * (MAX_CHARS + 10))

    assert paragraph[2] == ["x" * MAX_CHARS + "…"]


def test_a_link_or_picture_to_nowhere_is_only_its_words():
    assert markdown_tree("![alt]()") == [["p", {}, ["alt"]]]
    assert markdown_tree("[word]()") == [["p", {}, [["a", {"href": ""}, ["word"]]]]]


def test_an_image_that_is_no_web_address_has_none():
    assert blocks(Image(url="data:image/png;base64,AA", alt="x")) == [
        {"kind": "image", "url": "", "alt": "x"}
    ]


def test_deep_nesting_ends_somewhere():
    assert json.dumps(markdown_tree("> " * 5_000 + "x"))


@pytest.mark.parametrize(
    ("quote", "shown"),
    [
        ("| April | 10 | | 24 |", "April · 10 · 24"),
        ("| April | 10 | 27 | 2…", "April · 10 · 27 · 2…"),
        ("a | b", "a | b"),
        ("**12** days", "12 days"),
    ],
)
def test_a_quoted_row_of_a_table_reads_like_words(quote: str, shown: str) -> None:
    assert plain_quote(quote) == shown
