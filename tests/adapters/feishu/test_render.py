"""Cards as Feishu takes them: nothing refused, nobody called, nothing lost that fits."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.feishu.markdown import feishu_markdown, plain_markdown
from adapters.feishu.render import MOST_BYTES, byte_count, element_count, render, streamed
from bot.core.cards import draft_card, progress_card, reason_card
from bot.core.model import (
    Button,
    Buttons,
    Card,
    Choice,
    Field,
    Fields,
    Form,
    Image,
    Markdown,
    MessageRef,
    Progress,
    Source,
    Sources,
)
from tests.simulators.feishu_card import MOST_ELEMENTS, problems


def card(*blocks: Any, **more: Any) -> Card:
    return replace(Card(language="en", blocks=tuple(blocks)), **more)


def contents(drawn: Any) -> str:
    """Every text of a card, in order."""
    if isinstance(drawn, dict):
        own = drawn["content"] if isinstance(drawn.get("content"), str) else ""
        return "\n".join(filter(None, [own, *(contents(one) for one in drawn.values())]))
    if isinstance(drawn, list | tuple):
        return "\n".join(filter(None, (contents(one) for one in drawn)))
    return ""


def find(drawn: Any, tag: str) -> list[dict[str, Any]]:
    if isinstance(drawn, dict):
        own = [drawn] if drawn.get("tag") == tag else []
        return own + [found for one in drawn.values() for found in find(one, tag)]
    if isinstance(drawn, list | tuple):
        return [found for one in drawn for found in find(one, tag)]
    return []


# ── what a card looks like ────────────────────────────────────────────────────────────────────


def test_a_growing_card_is_one_element_that_can_be_written_to() -> None:
    first = render(progress_card("zh"))

    assert first["config"]["streaming_mode"] is True
    assert [one["element_id"] for one in first["body"]["elements"]] == ["answer"]
    assert problems(first) == []


def test_a_draft_is_the_text_of_that_element() -> None:
    draft = draft_card("年假有 **5** 天 [1]。", "zh")

    assert streamed(draft) == "年假有 **5** 天 [1]。"
    assert render(draft)["body"]["elements"][0]["content"] == streamed(draft)


def test_a_growing_card_of_more_parts_is_no_stream() -> None:
    growing = card(Markdown(text="a"), Fields(rows=(("b", "c"),)), streaming=True)

    assert streamed(growing) is None
    assert problems(render(growing)) == []


def test_a_finished_card_is_no_stream() -> None:
    assert streamed(card(Markdown(text="a"))) is None
    assert render(card(Markdown(text="a")))["config"]["streaming_mode"] is False


def test_sources_fold_away_with_their_quote_their_address_and_their_button() -> None:
    source = Source(
        marker=1,
        title="Handbook",
        uri="https://wiki.example/leave (new)",
        place="Leave › Annual",
        quote="Five **days** a year.",
        passage_id="p1",
    )

    (panel,) = find(render(card(Sources(items=(source,)))), "collapsible_panel")

    assert panel["header"]["title"]["content"] == "[1] Handbook · Leave › Annual"
    assert "> Five days a year." in contents(panel)
    assert "[Handbook](https://wiki.example/leave%20%28new%29)" in contents(panel)
    (button,) = find(panel, "button")
    value = {"name": "open_source", "values": {"passage_id": "p1"}}
    assert button["behaviors"] == [{"type": "callback", "value": value}]


@pytest.mark.parametrize("uri", ["", "javascript:alert(1)", "file:///etc/passwd", "http://[", "a"])
def test_a_source_without_a_safe_address_has_no_link(uri: str) -> None:
    source = Source(marker=1, title="T", uri=uri, place="", quote="", passage_id="p")

    assert "](" not in contents(render(card(Sources(items=(source,)))))


def test_a_form_has_its_fields_and_one_button_that_sends_it() -> None:
    asked = reason_card(MessageRef(platform="feishu", id="om_ans"), "en")

    drawn = render(asked)

    (form,) = find(drawn, "form")
    assert [one.get("name") for one in form["elements"]][1:3] == ["reason", "correction"]
    assert problems(drawn) == []


def test_two_forms_in_a_card_have_names_of_their_own() -> None:
    fields = (Field(name="a", label="A"), Field(name="a", label="A"), Field(name="", label=""))
    form = Form(name="a", fields=fields, submit_label="Send")

    assert problems(render(card(form, form))) == []


def test_progress_says_how_far_it_is() -> None:
    assert "Reading 40 %" in contents(render(card(Progress(text="Reading", fraction=0.4))))


def test_a_picture_is_a_link_with_its_words() -> None:
    shown = contents(render(card(Image(url="https://e.com/a b.png", alt="A plan"))))

    assert shown == "[A plan](https://e.com/a%20b.png)"
    assert contents(render(card(Image(url="data:x", alt="A *plan*")))) == "A &#42;plan&#42;"


def test_a_card_without_anything_still_shows_something() -> None:
    assert contents(render(card(Markdown(text=""), summary="Done"))) == "Done\nDone"
    assert problems(render(card())) == []


def test_titles_and_labels_cannot_turn_their_direction() -> None:
    buttons = Buttons(items=(Button(name="b", label="go\u202eog"),))

    drawn = render(card(buttons, title="a\u202eb\nc", summary="s\u2066"))

    assert drawn["header"]["title"]["content"] == "ab c"
    assert problems(drawn) == []


# ── Markdown ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<at id=all></at>", "&#60;at id=all&#62;&#60;/at&#62;"),
        ("`<at id=all>`", "`<\u200bat id=all>`"),
        ("1 < 2 & 3 > 2", "1 &#60; 2 & 3 &#62; 2"),
        ("> quoted > here", "> quoted &#62; here"),
        (r"\*not bold\*", "&#42;not bold&#42;"),
        ("![plan](https://e.com/p.png)", "[plan](https://e.com/p.png)"),
        ("<https://e.com/x>", "[https://e.com/x](https://e.com/x)"),
        ("[x](<https://e.com/x>)", "[x](https://e.com/x)"),
        ("👩‍👩‍👧 :OK: [赞]", "👩‍👩‍👧 :OK: [赞]"),
        ("``a ` <b>`` <c>", "``a ` <b>`` &#60;c&#62;"),
    ],
)
def test_markdown_means_in_feishu_what_it_meant_before(written: str, shown: str) -> None:
    assert feishu_markdown(written, most_tables=3).text == shown


@pytest.mark.parametrize(
    "text", ["```\ncode", "```py\n<b>", "~~~\n```\n", "- a\n  ```\n  b", "```"]
)
def test_an_open_fence_is_closed(text: str) -> None:
    assert problems(render(card(Markdown(text=text), Markdown(text="after")))) == []


def test_tables_past_the_limit_are_shown_as_code() -> None:
    tables = "\n\n".join(["| a | b |\n| - | - |\n| 1 | 2 |"] * 6)

    drawn = render(card(Markdown(text=tables), Markdown(text=tables)))

    assert problems(drawn) == []
    assert contents(drawn).count("| 1 | 2 |") == 12
    assert contents(drawn).count("```") == 2 * 9


def test_plain_text_shows_as_it_is() -> None:
    assert plain_markdown("1. a\n<b> *c*") == "&#49;. a &#60;b&#62; &#42;c&#42;"


# ── limits ────────────────────────────────────────────────────────────────────────────────────

LONG = {
    "60 KB of words": "word " * 12_000,
    "60 KB of Chinese": "年假有五天。" * 4_000,
    "one word": "x" * 50_000,
    "a table of 200 rows": "\n".join(
        "|" + "单元格|" * 20 if row != 1 else "|" + "-|" * 20 for row in range(200)
    ),
    "30 pieces of code": "\n\n".join("```py\nprint('<at>')\n```" for _ in range(30)) * 40,
    "families": "👩‍👩‍👧‍👦" * 3_000,
    "signs": '<>\\"`*' * 8_000,
    "line ends": "\n" * 40_000,
    "surrogates": "\ud83d" * 20_000,
    "addresses": "<https://e.com/aaaaaaaaaaaaaaaaaaaa>\n" * 1_500,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG.keys())
def test_a_long_answer_fits_and_says_that_it_was_cut(text: str) -> None:
    drawn = render(card(Markdown(text=text), Buttons(items=(Button(name="verdict", label="👍"),))))

    assert problems(drawn) == []
    assert byte_count(drawn) <= MOST_BYTES
    assert "the rest is not shown" in contents(drawn)
    assert len(find(drawn, "button")) == 1


@pytest.mark.parametrize("name", ["60 KB of Chinese", "30 pieces of code", "signs"])
def test_a_long_draft_fits_too(name: str) -> None:
    growing = draft_card(LONG[name], "en")

    assert problems(render(growing)) == []
    assert byte_count(render(growing)) <= MOST_BYTES


def test_a_short_text_beside_a_long_one_stays_whole() -> None:
    drawn = render(card(Markdown(text="Mind this."), Markdown(text="word " * 12_000)))

    assert "Mind this." in contents(drawn)


def test_a_card_can_be_asked_to_be_smaller() -> None:
    drawn = render(card(Markdown(text="word " * 12_000)), most_bytes=10_000)

    assert byte_count(drawn) <= 10_000


def test_a_button_whose_values_would_not_come_back_whole_is_left_out() -> None:
    buttons = Buttons(items=(Button(name="a", label="A", values={"v": "x" * 5_000}),))

    assert find(render(card(Markdown(text="t"), buttons)), "button") == []


words = st.text(max_size=40) | st.sampled_from(
    [
        "<at id=all></at>",
        "```",
        "| a | b |\n|-|-|\n",
        "[x](javascript:a)",
        "\ud800",
        "年假",
        "\u202e",
    ]
)
long_words = words | st.builds(lambda one, times: one * times, words, st.integers(1, 2_000))
names = st.text(max_size=12) | st.text("ab_", min_size=1, max_size=300)
values = st.dictionaries(names, long_words, max_size=4)
buttons = st.builds(
    Button,
    name=names,
    label=long_words,
    values=values,
    style=st.sampled_from(["default", "primary", "danger"]),
)
fields = st.builds(
    Field,
    name=st.text("abc", max_size=2),
    label=long_words,
    choices=st.lists(
        st.builds(Choice, value=st.text(min_size=1), label=long_words),
        max_size=60,
    ).map(tuple),
    multiline=st.booleans(),
)
forms = st.builds(
    Form,
    name=st.text("abc", min_size=1, max_size=150),
    fields=st.lists(fields, max_size=12).map(tuple),
    submit_label=long_words,
    values=values,
)
sources = st.builds(
    Source,
    marker=st.integers(1, 99),
    title=long_words,
    uri=st.builds("https://e.com/{}".format, long_words) | long_words,
    place=long_words,
    quote=long_words,
    passage_id=words,
)
blocks = st.one_of(
    st.builds(Markdown, text=long_words),
    st.builds(Progress, text=long_words, fraction=st.none() | st.floats(0, 1)),
    st.builds(Image, url=long_words, alt=long_words),
    st.builds(Fields, rows=st.lists(st.tuples(long_words, long_words), max_size=20).map(tuple)),
    st.builds(Buttons, items=st.lists(buttons, max_size=20).map(tuple)),
    st.builds(Sources, items=st.lists(sources, max_size=20).map(tuple)),
    forms,
)
cards = st.builds(
    Card,
    language=st.sampled_from(["zh", "en"]),
    blocks=st.lists(blocks, max_size=12).map(tuple),
    title=long_words,
    summary=long_words,
    streaming=st.booleans(),
)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(cards)
def test_any_card_stays_inside_the_limits(drawn_from: Card) -> None:
    drawn = render(drawn_from)

    assert problems(drawn) == []
    assert byte_count(drawn) <= MOST_BYTES
    assert element_count(drawn) <= MOST_ELEMENTS
    json.dumps(drawn).encode()
