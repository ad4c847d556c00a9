from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.dingtalk.actions import decode_action
from adapters.dingtalk.codec import Ours
from adapters.dingtalk.render import (
    STANDARD_TEMPLATE,
    content_key,
    content_of,
    render_card,
    render_draft,
    render_message,
    title_of,
)
from bot.core.cards import feedback_buttons, progress_card, reason_card
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
    MessageRef,
    Progress,
    Source,
    Sources,
)
from tests.adapters.dingtalk.recorded import payload, recorded
from tests.adapters.dingtalk.test_codec import NOW
from tests.golden.gallery import GALLERY
from tests.simulators.dingtalk import MAX_CONTENT_BYTES, MAX_MESSAGE_BYTES, TEMPLATE, text_failures

TEMPLATES = (TEMPLATE, STANDARD_TEMPLATE)


def shown(card: Card, *, template_id: str = TEMPLATE) -> Mapping[str, str]:
    return render_card(card, template_id=template_id, max_bytes=MAX_CONTENT_BYTES)


def message(card: Card) -> str:
    return render_message(card, max_bytes=MAX_MESSAGE_BYTES).text


def failures(variables: Mapping[str, str]) -> list[str]:
    """What is wrong with a card: its size in all, and what people read of it."""
    read = ("content", "sources", "msgContent", "staticMsgContent", "text")
    texts = (variables[name] for name in read if name in variables)
    found = [one for text in texts for one in text_failures(text, MAX_CONTENT_BYTES)]
    size = sum(len(value.encode()) for value in variables.values())
    return [*found, *([f"{size} bytes"] if size > MAX_CONTENT_BYTES else [])]


def card(*blocks: Block, **changes: Any) -> Card:
    return Card(**{"language": "en", "blocks": blocks, "summary": "summary", **changes})


@pytest.mark.parametrize("name", GALLERY)
def test_each_card_looks_as_recorded(name: str) -> None:
    one = GALLERY[name]
    said = render_message(one, max_bytes=MAX_MESSAGE_BYTES)
    found = {
        "card": dict(shown(one)),
        "standard": dict(shown(one, template_id=STANDARD_TEMPLATE)),
        "message": {"title": said.title, "text": said.text},
    }

    assert found == recorded("cards", name, found)
    for variables in (found["card"], found["standard"], {"text": said.text}):
        assert failures(variables) == []


def test_an_answer_shows_text_sources_and_buttons_apart() -> None:
    source = Source(
        marker=1,
        title="Leave (2026)",
        uri="https://wiki.example/leave_(new)",
        place="Leave › Annual",
        quote="Employees have *25* days.",
        passage_id="p1",
    )

    variables = shown(
        card(Markdown(text="25 days [1]."), Sources(items=(source,)), feedback_buttons("en"))
    )

    assert variables["content"] == "25 days [1]."
    assert variables["sources"] == (
        "[1] [Leave (2026)](https://wiki.example/leave_%28new%29) · Leave › Annual\n\n"
        "> Employees have \\*25\\* days."
    )
    labels = [button["text"] for button in json.loads(variables["buttons"])]
    assert labels == ["👍 Helpful", "👎 Not helpful", "Ask a person"]
    assert variables["flowStatus"] == "3"


@pytest.mark.parametrize("template_id", TEMPLATES)
def test_a_growing_card_says_so(template_id: str) -> None:
    variables = shown(progress_card("zh"), template_id=template_id)

    assert variables["flowStatus"] == "2"
    assert variables[content_key(template_id)] == "*正在查找资料……*"


@pytest.mark.parametrize("template_id", TEMPLATES)
def test_a_button_keeps_its_values_through_render_and_decode(template_id: str) -> None:
    values = {"vote": "up", "weird": 'a&b=c? "é" 假'}
    button = Button(name="verdict", label="👍", values=values)

    variables = shown(card(Buttons(items=(button,))), template_id=template_id)

    rendered = (
        json.loads(variables.get("buttons", "[]"))
        or (json.loads(variables["sys_full_json_obj"])["msgButtons"])
    )
    content = json.dumps({"cardPrivateData": {"actionIds": [rendered[0]["id"]], "params": {}}})
    action = decode_action(
        {**payload("card_callback_http"), "content": content},
        ours=Ours(),
        received_at=NOW,
        clicked_at_ms="1",
    )
    assert action is not None
    assert (action.name, action.values) == ("verdict", values)


def test_a_form_is_described_to_our_template() -> None:
    variables = shown(reason_card(MessageRef(platform="dingtalk", id="dm1"), "en"))

    reason, correction = json.loads(variables["form"])["fields"]
    assert (reason["name"], reason["type"], reason["required"]) == ("reason", "SELECT", True)
    assert reason["options"][0] == {"value": "wrong", "text": "It is wrong"}
    assert (correction["name"], correction["type"]) == ("correction", "TEXT")
    assert variables["form_button"] == "Send"
    assert variables["form_action"] == "verdict_reason?answer=dm1"


def test_where_nothing_can_be_typed_each_choice_is_a_button() -> None:
    variables = shown(
        reason_card(MessageRef(platform="dingtalk", id="dm1"), "en"), template_id=STANDARD_TEMPLATE
    )

    buttons = json.loads(variables["sys_full_json_obj"])["msgButtons"]
    assert [button["text"] for button in buttons][:2] == ["It is wrong", "It is out of date"]
    assert buttons[0]["id"] == "verdict_reason?answer=dm1&reason=wrong"
    assert all(button["request"] is True for button in buttons)


@pytest.mark.parametrize(("required", "count"), [(False, 1), (True, 0)])
def test_a_form_of_text_alone_can_be_sent_only_if_nothing_must_be_written(
    required: bool, count: int
) -> None:
    field = Field(name="note", label="Note", required=required)
    form = Form(name="note", fields=(field,), submit_label="Send")

    variables = shown(card(form), template_id=STANDARD_TEMPLATE)

    assert len(json.loads(variables["sys_full_json_obj"])["msgButtons"]) == count


def test_a_message_holds_everything_that_can_be_read() -> None:
    text = message(
        card(
            Markdown(text="Hello"),
            Fields(rows=(("/deskmate help", "show *this*"),)),
            Progress(text="half", fraction=0.5),
            Image(url="https://a.example/p.png", alt="a plan"),
            Image(url="file:///etc/passwd", alt="a secret"),
            feedback_buttons("en"),
            title="T_itle",
        )
    )

    assert text == (
        "### T\\_itle\n\nHello\n\n- **/deskmate help**: show \\*this\\*\n\n*half 50%*\n\n"
        "![a plan](https://a.example/p.png)\n\na secret"
    )


def test_labels_are_separated_as_the_language_does() -> None:
    fields = Fields(rows=(("姓名", "小王"),))

    assert content_of(card(fields, language="zh")) == "- **姓名**：小王"


def test_an_empty_card_still_says_something() -> None:
    assert content_of(card()) == "summary"
    assert title_of(card(summary="")) == "Deskmate"


def test_a_draft_shows_the_beginning() -> None:
    text = "\n\n".join(f"Sentence number {number}." for number in range(500))

    draft = render_draft(card(Markdown(text=text), streaming=True), max_bytes=1_000)

    assert draft.startswith("Sentence number 0.")
    assert draft.endswith("…")
    assert len(draft.encode()) <= 1_000


def test_a_long_answer_says_that_there_is_more() -> None:
    long = card(Markdown(text="很长的一段话。\n\n" * 5_000), language="zh")

    for text in (message(long), shown(long)["content"]):
        assert text.endswith("（内容较长，其余部分没有显示。）")


def test_long_sources_leave_room_for_the_answer() -> None:
    sources = tuple(
        Source(marker=n, title="T" * 300, uri="", place="", quote="q" * 300, passage_id="")
        for n in range(1, 200)
    )

    variables = shown(card(Markdown(text="word " * 10_000), Sources(items=sources)))

    assert len(variables["content"].encode()) > MAX_CONTENT_BYTES / 2
    assert "".join(variables.values()).count("(This is long") == 2


def test_what_can_be_pressed_never_takes_the_place_of_the_answer() -> None:
    fields = tuple(
        Field(
            name=f"f{number}",
            label="L" * 200,
            choices=tuple(Choice(value="v" * 50, label="c" * 200) for _ in range(50)),
        )
        for number in range(50)
    )
    form = Form(name="f", fields=fields, submit_label="Send")
    huge = Button(name="verdict", label="x", values={"vote": "v" * 5_000})

    variables = shown(card(Markdown(text="answer"), Buttons(items=(huge,)), form))

    assert variables["content"] == "answer"
    assert json.loads(variables["form"]) == {"fields": []}
    assert json.loads(variables["buttons"]) == []


WORDS = st.text(max_size=200) | st.sampled_from(
    [
        "@所有人 " * 50,
        "```\ncode\n",
        "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 60,
        "[x](javascript:alert(1))",
        "👩‍👩‍👧‍👦🇨🇳" * 80,
        "长" * 9_000,
        "word " * 9_000,
        "`" * 400,
        "\ud800\x00\u202e",
    ]
)
SHORT = st.text(max_size=40) | st.just("标" * 400)
VALUES = st.dictionaries(st.sampled_from(["a", "b"]), SHORT, max_size=2)
BUTTONS = st.lists(st.builds(Button, name=SHORT, label=SHORT, values=VALUES), max_size=14).map(
    lambda items: Buttons(items=tuple(items))
)
SOURCES = st.lists(
    st.builds(
        Source,
        marker=st.integers(1, 99),
        title=SHORT,
        uri=SHORT | st.just("https://a.example/x"),
        place=SHORT,
        quote=WORDS,
        passage_id=st.just("p"),
    ),
    max_size=6,
).map(lambda items: Sources(items=tuple(items)))
CHOICES = st.lists(st.builds(Choice, value=SHORT, label=SHORT), max_size=3).map(tuple)
FORMS = st.lists(
    st.builds(Field, name=SHORT, label=SHORT, choices=CHOICES, required=st.booleans()), max_size=3
).map(lambda fields: Form(name="form", fields=tuple(fields), submit_label="Send"))
BLOCKS = st.one_of(
    st.builds(Markdown, text=WORDS),
    st.builds(Progress, text=WORDS, fraction=st.none() | st.floats(allow_nan=False)),
    st.builds(Image, url=SHORT, alt=WORDS),
    st.lists(st.tuples(SHORT, WORDS), max_size=4).map(lambda rows: Fields(rows=tuple(rows))),
    BUTTONS,
    SOURCES,
    FORMS,
)
CARDS = st.builds(
    Card,
    language=st.sampled_from(["zh", "en"]),
    blocks=st.lists(BLOCKS, max_size=6).map(tuple),
    title=SHORT,
    summary=SHORT,
    streaming=st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(one=CARDS)
def test_every_card_stays_inside_the_limits(one: Card) -> None:
    for template_id in TEMPLATES:
        variables = shown(one, template_id=template_id)
        assert failures(variables) == []
        assert variables[content_key(template_id)]
    draft = render_draft(one, max_bytes=1_000)
    assert draft
    assert text_failures(draft, 1_000) == []
    said = render_message(one, max_bytes=MAX_MESSAGE_BYTES)
    param = {"title": said.title, "text": said.text}
    size = len(json.dumps(param, ensure_ascii=False, separators=(",", ":")).encode())
    assert text_failures(said.text, MAX_MESSAGE_BYTES) == []
    assert size <= MAX_MESSAGE_BYTES
