from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from adapters.slack.render import draft_text, plain, render
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
from tests.adapters.slack.payloads import GOLDEN, action, payload
from tests.golden.gallery import GALLERY
from tests.simulators.slack_blocks import faults


def card(*blocks: Block, **fields: Any) -> Card:
    return Card(language="en", blocks=blocks, **fields)


def blocks(*shown: Block) -> list[dict[str, Any]]:
    return [dict(block) for block in render(card(*shown)).blocks]


# ── the gallery ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", sorted(GALLERY))
def test_each_card_of_the_gallery_is_drawn_as_recorded(name: str) -> None:
    recorded = json.loads((GOLDEN / "cards" / f"{name}.json").read_text(encoding="utf-8"))

    drawn = render(GALLERY[name])

    assert {"text": drawn.text, "blocks": list(drawn.blocks)} == recorded


@pytest.mark.parametrize("name", sorted(GALLERY))
def test_slack_takes_each_card_of_the_gallery(name: str) -> None:
    assert faults(render(GALLERY[name]).blocks) == []


# ── limits ────────────────────────────────────────────────────────────────────────────────────


class Many(str):
    """A text repeated, which does not fill the screen when it is shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{self[:8]!r}… of {len(self)}"


_LONG = [
    Many(part * times)
    for part, times in (("x", 4_000), ("&<>", 1_500), ("👩‍👩‍👧‍👦", 900), ("年", 13_000))
]
_TEXT = st.text(max_size=60) | st.sampled_from(
    ["", " ", "\ud800\x00", "<!channel> &amp; <@U1>", *_LONG]
)
_MARKDOWN = _TEXT | st.sampled_from(
    [
        Many("```\n" + "code\n" * 4_000),
        Many("| a | b |\n|---|---|\n" + "| 1 | <2> |\n" * 2_000),
        Many("`" * 500),
    ]
)
_VALUES = st.dictionaries(_TEXT, _TEXT, max_size=3)
_BUTTON = st.builds(
    Button,
    name=_TEXT,
    label=_TEXT,
    values=_VALUES,
    style=st.sampled_from(["default", "primary", "danger"]),
)
_FIELD = st.builds(
    Field,
    name=_TEXT,
    label=_TEXT,
    choices=st.lists(st.builds(Choice, value=_TEXT, label=_TEXT), max_size=4).map(tuple),
    multiline=st.booleans(),
    required=st.booleans(),
)
_URI = _TEXT | st.sampled_from(
    [
        "https://x.test/a?b=1&c=2",
        "javascript:alert(1)",
        "http://[",
        Many("https://x.test/" + "a" * 4_000),
    ]
)
_SOURCE = st.builds(
    Source, marker=st.integers(), title=_TEXT, uri=_URI, place=_TEXT, quote=_TEXT, passage_id=_TEXT
)
_BLOCK = st.one_of(
    st.builds(Markdown, text=_MARKDOWN),
    st.builds(Sources, items=st.lists(_SOURCE, max_size=12).map(tuple)),
    st.builds(Fields, rows=st.lists(st.tuples(_TEXT, _TEXT), max_size=12).map(tuple)),
    st.builds(Buttons, items=st.lists(_BUTTON, max_size=27).map(tuple)),
    st.builds(Progress, text=_TEXT, fraction=st.none() | st.floats(-1, 2)),
    st.builds(Image, url=_URI, alt=_TEXT),
    st.builds(
        Form,
        name=_TEXT,
        fields=st.lists(_FIELD, max_size=4).map(tuple),
        submit_label=_TEXT,
        values=_VALUES,
    ),
)
_CARD = st.builds(
    Card,
    language=st.sampled_from(["zh", "en"]),
    title=_TEXT,
    summary=_TEXT,
    blocks=st.lists(_BLOCK, max_size=12).map(tuple),
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    # Cards are large: to explain or to shrink one takes longer than to read what is wrong.
    phases=[Phase.explicit, Phase.generate],
)
@given(_CARD)
def test_slack_takes_any_card(shown: Card) -> None:
    drawn = render(shown)

    assert drawn.blocks
    assert drawn.text.strip()
    assert faults(drawn.blocks) == []
    assert len(plain(shown).text) <= 3_000


def test_a_long_answer_is_shortened_and_says_so() -> None:
    (block,) = blocks(Markdown(text="A sentence about leave. " * 3_000))

    assert len(block["text"]) <= 12_000
    assert block["text"].endswith("(This is long; the rest is not shown.)")


def test_two_long_texts_share_what_slack_takes() -> None:
    drawn = blocks(Markdown(text="one " * 2_900), Markdown(text="two " * 2_900))

    assert sum(len(block["text"]) for block in drawn) <= 12_000
    assert "two" in drawn[1]["text"]


def test_code_that_is_cut_is_closed() -> None:
    (block,) = blocks(Markdown(text="```\n" + "line of code\n" * 3_000 + "```"))

    assert block["text"].count("```") == 2


def test_where_there_are_too_many_blocks_the_buttons_stay() -> None:
    many = [Markdown(text=f"part {number}") for number in range(80)]

    drawn = blocks(*many, Buttons(items=(Button(name="verdict", label="👍"),)))

    assert len(drawn) == 50
    assert [block for block in drawn if block["type"] == "actions"]


def test_a_card_that_is_too_heavy_loses_its_last_sources() -> None:
    heavy = Source(marker=1, title="A", uri="", place="", quote="q" * 2_900, passage_id="p")

    drawn = blocks(Markdown(text="Ten days"), Sources(items=(heavy,) * 30))

    assert drawn[0]["text"] == "Ten days"
    assert len(json.dumps(drawn)) <= 41_000


def test_values_that_are_too_long_go_and_the_others_stay() -> None:
    values = {"answer": "C1:1.1", "essay": "x" * 3_000}

    (row,) = blocks(Buttons(items=(Button(name="a", label="b", values=values),)))

    assert json.loads(row["elements"][0]["value"]) == {"answer": "C1:1.1"}


# ── meaning ───────────────────────────────────────────────────────────────────────────────────


def test_a_button_keeps_its_values_through_render_and_decode() -> None:
    values = {"vote": "up", "weird": 'a "b" <c> & 年'}
    other = Button(name="ask_person", label="?")
    (row,) = blocks(Buttons(items=(other, Button(name="verdict", label="👍", values=values))))

    pressed = action({**payload("block_actions_feedback"), "actions": [row["elements"][1]]})

    assert pressed.name == "verdict"
    assert pressed.values == values


def test_a_form_keeps_its_values_and_what_was_typed_through_render_and_decode() -> None:
    form = Form(
        name="verdict_reason",
        fields=(
            Field(name="reason", label="Why", choices=(Choice(value="wrong", label="Wrong"),)),
            Field(name="correction", label="Right", multiline=True),
        ),
        submit_label="Send",
        values={"answer": "C1:1.1"},
    )
    reason, correction, send = blocks(form)
    typed = {
        reason["block_id"]: {
            reason["element"]["action_id"]: {"selected_option": {"value": "wrong"}}
        },
        correction["block_id"]: {correction["element"]["action_id"]: {"value": "Twelve"}},
    }
    button = {**send["elements"][0], "block_id": send["block_id"]}

    sent = action(
        {**payload("block_actions_feedback"), "actions": [button], "state": {"values": typed}}
    )

    assert sent.name == "verdict_reason"
    assert sent.values == {"reason": "wrong", "correction": "Twelve", "answer": "C1:1.1"}


def source(uri: str, title: str = "Leave") -> Source:
    return Source(
        marker=1, title=title, uri=uri, place="Annual › p. 3", quote="**Ten** days", passage_id="p1"
    )


def test_a_source_on_the_web_is_a_link() -> None:
    (block,) = blocks(Sources(items=(source("https://x.test/a?b=1&c=2", "A & <B>"),)))

    first, quote = block["text"]["text"].split("\n")
    assert first == "*[1]* <https://x.test/a?b=1&amp;c=2|A &amp; &lt;B&gt;> · Annual › p. 3"
    assert quote == "> Ten days"
    assert "accessory" not in block


@pytest.mark.parametrize("uri", ["leave.md", "", "javascript:alert(1)", "https://x.test/|a"])
def test_any_other_source_is_a_button(uri: str) -> None:
    (block,) = blocks(Sources(items=(source(uri),)))

    assert "<" not in block["text"]["text"]
    assert block["accessory"]["action_id"].startswith("open_source:")
    assert json.loads(block["accessory"]["value"]) == {"passage_id": "p1"}


def test_titles_and_buttons_cannot_turn_the_text_around_them() -> None:
    turned = card(
        Buttons(items=(Button(name="a", label="\u202egnp.exe"),)), title="Leave\u202e 2026"
    )

    drawn = json.dumps(render(turned).blocks, ensure_ascii=False)

    assert "\u202e" not in drawn


def test_a_picture_that_is_not_on_the_web_is_its_words() -> None:
    (shown,) = blocks(Image(url="file:///etc/passwd", alt="A plan"))

    assert shown["text"]["text"] == "A plan"
    assert blocks(Image(url="https://x.test/a.png", alt=""))[0]["alt_text"] == "…"


def test_progress_with_an_end_is_a_bar() -> None:
    (shown,) = blocks(Progress(text="Reading", fraction=0.5))

    assert shown["elements"][0]["text"] == "▓▓▓▓▓░░░░░ Reading"


# ── drafts ────────────────────────────────────────────────────────────────────────────────────


def test_a_draft_is_its_text_and_before_that_what_is_being_done() -> None:
    assert draft_text(card(Progress(text="Looking it up…"))) == "_Looking it up…_"
    assert draft_text(card(Markdown(text="Ten"), Progress(text="Writing…"))) == "Ten"
    assert draft_text(card()) == ""


@pytest.mark.parametrize(
    "whole",
    [
        "Use `a <b>` and [the page](https://x.test/a_(b)) or `c`, then 1 < 2 &amp; so on [1]. ",
        "```\nif a < b:\n    `x`\n```\nand <https://x.test> after",
        "年假**十天**（见[手册](https://x.test/年假)）。",
    ],
)
def test_each_draft_only_adds_to_the_one_before(whole: str) -> None:
    drafts = [draft_text(card(Markdown(text=whole[:end]))) for end in range(1, len(whole) + 1)]

    shown = ""
    for draft in drafts:
        assert draft.startswith(shown) or shown.startswith(draft)
        shown = max(shown, draft, key=len)
