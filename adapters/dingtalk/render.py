"""Card → the variables of an AI card, or one Markdown message; pure.

An AI card is a template with variables, all of them strings. Two templates are known: ours, whose
variables are listed in docs/how-to/connect-dingtalk.md, and the one DingTalk's own SDK uses, which
every organisation has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, assert_never

from adapters.commonmark import plain_quote
from adapters.dialect import clean, cut, shorten, without_bidi
from adapters.dingtalk.actions import button_token
from adapters.dingtalk.markdown import dingtalk_markdown, no_calls, plain
from bot.core.model import (
    Block,
    Button,
    Buttons,
    Card,
    Field,
    Fields,
    Form,
    Image,
    Markdown,
    Progress,
    Source,
    Sources,
)
from bot.core.texts import TEXTS

STANDARD_TEMPLATE: Final = "382e4302-551d-4880-bf29-a30acfab2e71.schema"

_GROWING: Final = "2"
_FINISHED: Final = "3"
_MOST_BUTTONS: Final = 10
_TOKEN_BYTES: Final = 2_000
_LABEL_BYTES: Final = 120
_TITLE_BYTES: Final = 200
_COLOURS: Final = {"default": "gray", "primary": "blue", "danger": "red"}
_ORDER: Final = ("msgTitle", "msgContent", "staticMsgContent", "msgButtons")
_WEB: Final = re.compile(r"https?://[^\s]+", re.IGNORECASE)
_LINK: Final = re.compile(r"(?:https?://|mailto:)[^\s]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A Markdown message. title: what notifications and lists of conversations show."""

    title: str
    text: str


def content_key(template_id: str) -> str:
    """The variable a template shows its growing text in."""
    return "msgContent" if template_id == STANDARD_TEMPLATE else "content"


def render_card(card: Card, *, template_id: str, max_bytes: int) -> Mapping[str, str]:
    """The variables of a template; all values together have at most `max_bytes` bytes of UTF-8."""
    fixed = _fixed(card, template_id, max_bytes // 2)
    left = max_bytes - _size("".join(fixed.values()))
    sources = _shortened(_sources_of(card), card, left // 4)
    content = _shortened(content_of(card), card, left - _size(sources))
    where = "staticMsgContent" if template_id == STANDARD_TEMPLATE else "sources"
    return {content_key(template_id): content, where: sources, **fixed}


def render_draft(card: Card, *, max_bytes: int) -> str:
    """What a growing card shows: the beginning of its text, so that a reader can follow it."""
    return shorten(content_of(card), lambda text: _size(text) <= max_bytes, "…")


def render_message(card: Card, *, max_bytes: int) -> Message:
    """A whole card as one Markdown message; buttons and forms need a card and are left out."""
    title = title_of(card)
    heading = plain(_line(card.title, _TITLE_BYTES))
    head = f"### {heading}" if heading else ""
    parts = (head, content_of(card), _sources_of(card))
    text = _shorten("\n\n".join(part for part in parts if part), card, _within(title, max_bytes))
    return Message(title=title, text=text)


def title_of(card: Card) -> str:
    """One plain line for notifications."""
    line = plain_quote(card.title or card.summary).replace("](", "] (")
    return _line(line, _TITLE_BYTES) or "Deskmate"


def content_of(card: Card) -> str:
    """The blocks people read, without sources; never empty, since DingTalk refuses that."""
    parts = [text for block in card.blocks if (text := _block(block, card))]
    return "\n\n".join(parts) or plain(title_of(card))


# ── blocks ────────────────────────────────────────────────────────────────────────────────────


def _block(block: Block, card: Card) -> str:
    match block:
        case Markdown():
            return dingtalk_markdown(block.text)
        case Fields():
            return "\n".join(_row(label, value, card) for label, value in block.rows)
        case Progress():
            return _progress(block)
        case Image():
            return _image(block)
        case Sources() | Buttons() | Form():
            return ""
        case _:
            assert_never(block)


def _row(label: str, value: str, card: Card) -> str:
    colon = "：" if card.language == "zh" else ": "
    return f"- **{plain(label)}**{colon}{plain(value)}"


def _progress(progress: Progress) -> str:
    if progress.fraction is None:
        return f"*{plain(progress.text)}*"
    return f"*{plain(progress.text)} {round(100 * min(1.0, max(0.0, progress.fraction)))}%*"


def _image(image: Image) -> str:
    alt = plain(image.alt)
    return f"![{alt}]({_address(image.url)})" if _WEB.fullmatch(image.url) else alt


def _sources_of(card: Card) -> str:
    blocks = (block for block in card.blocks if isinstance(block, Sources))
    return "\n\n".join(_source(source) for block in blocks for source in block.items)


def _source(source: Source) -> str:
    title = plain(without_bidi(source.title))
    if _LINK.fullmatch(source.uri):
        title = f"[{title}]({_address(source.uri)})"
    place = f" · {plain(source.place)}" if source.place else ""
    quote = f"\n\n> {plain(plain_quote(source.quote))}" if source.quote else ""
    return f"[{source.marker}] {title}{place}{quote}"


def _address(url: str) -> str:
    for sign, code in (("(", "%28"), (")", "%29"), ("<", "%3C"), (">", "%3E"), ("\\", "%5C")):
        url = url.replace(sign, code)
    return url


# ── templates ─────────────────────────────────────────────────────────────────────────────────


def _fixed(card: Card, template_id: str, max_bytes: int) -> Mapping[str, str]:
    """All but the texts; what can be pressed is left out where it would take their place."""
    variables = _standard if template_id == STANDARD_TEMPLATE else _ours
    for left_out in ((), (Form,), (Form, Buttons)):
        blocks = tuple(block for block in card.blocks if not isinstance(block, left_out))
        fixed = variables(replace(card, blocks=blocks))
        if _size("".join(fixed.values())) <= max_bytes:
            break
    return fixed


def _ours(card: Card) -> Mapping[str, str]:
    form = _form_of(card)
    return {
        "title": _line(card.title, _TITLE_BYTES),
        "flowStatus": _status(card),
        "buttons": _json(_buttons_of(card)),
        "form": _json({"fields": [_field(field) for field in form.fields] if form else []}),
        "form_button": _label(form.submit_label) if form else "",
        "form_action": button_token(form.name, form.values) if form else "",
    }


def _standard(card: Card) -> Mapping[str, str]:
    form = _form_of(card)
    buttons = [*_buttons_of(card), *(_choices(form) if form else ())]
    pressed = [{**button, "request": True} for button in buttons[:_MOST_BUTTONS]]
    return {
        "msgTitle": _line(card.title, _TITLE_BYTES),
        "flowStatus": _status(card),
        "sys_full_json_obj": _json({"order": list(_ORDER), "msgButtons": pressed}),
    }


def _status(card: Card) -> str:
    return _GROWING if card.streaming else _FINISHED


def _buttons_of(card: Card) -> list[Mapping[str, str]]:
    rows = (block.items for block in card.blocks if isinstance(block, Buttons))
    shown = [_button(button) for row in rows for button in row]
    return [button for button in shown if _size(button["id"]) <= _TOKEN_BYTES][:_MOST_BUTTONS]


def _button(button: Button) -> Mapping[str, str]:
    return {
        "text": _label(button.label),
        "color": _COLOURS[button.style],
        "id": button_token(button.name, button.values),
    }


def _form_of(card: Card) -> Form | None:
    forms = (block for block in card.blocks if isinstance(block, Form))
    return next((f for f in forms if _size(button_token(f.name, f.values)) <= _TOKEN_BYTES), None)


def _field(field: Field) -> Mapping[str, object]:
    shown: dict[str, object] = {
        "name": field.name,
        "label": _label(field.label),
        "type": "SELECT" if field.choices else "TEXT",
        "required": field.required,
    }
    if field.choices:
        options = [{"value": one.value, "text": _label(one.label)} for one in field.choices]
        shown["options"] = options
    return shown


def _choices(form: Form) -> Iterator[Mapping[str, str]]:
    """A form where nothing can be typed: a button for each choice of its first select."""
    select = next((field for field in form.fields if field.choices), None)
    if select is None:
        if not any(field.required for field in form.fields):
            yield _button(Button(name=form.name, label=form.submit_label, values=form.values))
        return
    for choice in select.choices:
        values = {**form.values, select.name: choice.value}
        yield _button(Button(name=form.name, label=choice.label, values=values))


def _label(label: str) -> str:
    return _line(label, _LABEL_BYTES)


def _line(text: str, max_bytes: int) -> str:
    return cut(no_calls(" ".join(without_bidi(clean(text)).split())), _fits(max_bytes))


# ── sizes ─────────────────────────────────────────────────────────────────────────────────────


def _shortened(text: str, card: Card, max_bytes: int) -> str:
    return _shorten(text, card, _fits(max_bytes))


def _shorten(text: str, card: Card, fits: Callable[[str], bool]) -> str:
    return shorten(text, fits, TEXTS[card.language].shortened)


def _fits(max_bytes: int) -> Callable[[str], bool]:
    return lambda text: _size(text) <= max_bytes


def _within(title: str, max_bytes: int) -> Callable[[str], bool]:
    return lambda text: _size(_json({"title": title, "text": text})) <= max_bytes


def _size(text: str) -> int:
    return len(text.encode(errors="replace"))


def _json(value: Mapping[str, object] | Sequence[object]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
