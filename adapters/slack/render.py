"""Card → Block Kit; pure, and inside Slack's limits for any card."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Final, TypeAlias, assert_never

from adapters.commonmark import plain_quote
from adapters.dialect import clean, cut, shorten, without_bidi
from adapters.slack.limits import (
    ACTIONS,
    ALT,
    BLOCKS,
    FIELD,
    FIELDS,
    HEADER,
    ID,
    INPUT_LABEL,
    MARKDOWN,
    NOTHING,
    OPTION_VALUE,
    OPTIONS,
    SECTION,
    URL,
    WEIGHT,
    as_value,
    cut_escaped,
    fits,
    is_web,
    label,
    one_line,
    size,
)
from adapters.slack.words import escape, safe_markdown
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
from bot.core.texts import TEXTS

Json: TypeAlias = Mapping[str, object]

OPEN_SOURCE: Final = "open_source"

# A link or entity whose end is still to come would be read differently once it is there.
_UNFINISHED: Final = re.compile(r"(?:!?\[[^\[\]\n]*(?:\](?:\([^()\n]*)?)?|<[^<>\s]*|&\w*)\Z")

_LINK: Final = 1_000
_TITLE: Final = 150
_SUMMARY: Final = 300
_READ_AT_MOST: Final = 4 * MARKDOWN
_WORTH_SHOWING: Final = 200
_NAME: Final = 200
_BAR: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """A message's content.

    text: what notifications and screen readers say.
    """

    text: str
    blocks: tuple[Json, ...]


def render(card: Card) -> Payload:
    """A card as a message."""
    drawn = _Drawn(card)
    blocks = (*_header(card.title), *(one for block in card.blocks for one in drawn.block(block)))
    if not blocks:
        blocks = (_section(cut_escaped(card.summary.strip(), SECTION) or NOTHING),)
    return Payload(text=summary_of(card), blocks=_at_most(blocks))


def plain(card: Card) -> Payload:
    """A card's words alone, where Slack refuses its blocks."""
    said = "\n\n".join(b.text for b in card.blocks if isinstance(b, Markdown | Progress))
    shown = cut(said.strip() or card.summary or card.title, lambda t: size(escape(t)) <= SECTION)
    return Payload(text=escape(shown) or NOTHING, blocks=())


def summary_of(card: Card) -> str:
    """One line for notifications; never empty."""
    line = " ".join((card.summary or card.title).split())
    return escape(cut(without_bidi(line), fits(_SUMMARY))) or NOTHING


def draft_text(card: Card) -> str:
    """What of a growing card can be streamed: its text, or what is being done."""
    texts = [b.text for b in card.blocks if isinstance(b, Markdown) and b.text.strip()]
    if texts:
        so_far = "\n\n".join(texts)[:_READ_AT_MOST]
        return safe_markdown(_finished(so_far))
    doing = [b.text for b in card.blocks if isinstance(b, Progress)]
    return safe_markdown("\n\n".join(f"_{text}_" for text in doing if text.strip()))


def _finished(draft: str) -> str:
    """A draft up to what is not whole yet, so that later drafts only add to what is shown."""
    line_at = draft.rfind("\n") + 1
    if draft.count("`", line_at) % 2:
        draft = draft[: draft.rindex("`")].rstrip("`")
    return _UNFINISHED.sub("", draft)


# ── blocks ────────────────────────────────────────────────────────────────────────────────────


class _Drawn:
    """A card while it is drawn: what is left for text, and numbers for what must be unique."""

    def __init__(self, card: Card) -> None:
        self._texts = TEXTS[card.language]
        self._left = MARKDOWN
        self._numbers = count()

    def block(self, block: Block) -> Sequence[Json]:  # noqa: PLR0911 -- one a block
        match block:
            case Markdown():
                return self._markdown(block.text)
            case Sources():
                return [self._source(source) for source in block.items]
            case Fields():
                return _fields(block.rows)
            case Buttons():
                return list(self._buttons(block.items))
            case Progress():
                return _progress(block)
            case Image():
                return self._image(block)
            case Form():
                return self._form(block)
            case _:
                assert_never(block)

    def _markdown(self, text: str) -> Sequence[Json]:
        if not text.strip() or self._left < _WORTH_SHOWING:
            return ()
        whole = safe_markdown(text[:_READ_AT_MOST])
        shown = shorten(whole, fits(self._left), self._texts.shortened)
        self._left -= size(shown)
        return ({"type": "markdown", "text": shown},) if shown.strip() else ()

    def _source(self, source: Source) -> Json:
        title = one_line(source.title, _TITLE) or NOTHING
        linked = _link(source.uri, title)
        place = one_line(source.place, _TITLE)
        head = f"*[{source.marker}]* {linked or escape(title)}"
        head += f" · {escape(place)}" if place else ""
        quote = " ".join(plain_quote(clean(source.quote)).split())
        shown = cut(quote, lambda text: size(f"{head}\n> {escape(text)}") <= SECTION)
        text = f"{head}\n> {escape(shown)}" if shown else head
        if linked:
            return _section(text)
        button = Button(
            name=OPEN_SOURCE,
            label=self._texts.open_source,
            values={"passage_id": source.passage_id},
        )
        spoken = {"accessibility_label": label(f"{self._texts.open_source}: {title}")}
        return {**_section(text), "accessory": {**self._button(button), **spoken}}

    def _buttons(self, items: Sequence[Button]) -> Iterator[Json]:
        waiting = iter(items)
        while row := list(islice(waiting, ACTIONS)):
            yield {"type": "actions", "elements": [self._button(button) for button in row]}

    def _button(self, button: Button) -> Json:
        style = {} if button.style == "default" else {"style": button.style}
        return {
            "type": "button",
            "action_id": self._number(button.name),
            "text": _plain(label(button.label)),
            "value": as_value(button.values),
            **style,
        }

    def _image(self, image: Image) -> Sequence[Json]:
        alt = one_line(image.alt, ALT)
        url = clean(image.url)
        if not is_web(url) or size(url) > URL:
            return (_section(cut_escaped(alt, SECTION)),) if alt else ()
        return ({"type": "image", "image_url": url, "alt_text": alt or NOTHING},)

    def _form(self, form: Form) -> Sequence[Json]:
        # The inputs' blocks are named after the button's, which is how the codec finds them.
        block_id = self._number(form.name)
        button = Button(name=form.name, label=form.submit_label, values=form.values)
        send: Json = {
            "type": "actions",
            "block_id": block_id,
            "elements": [{**self._button(button), "style": "primary"}],
        }
        # Two fields of one name are one input: Slack would refuse the second.
        fields = {field.name: field for field in form.fields}.values()
        return (*(_input(field, block_id, self._number(field.name)) for field in fields), send)

    def _number(self, name: str) -> str:
        """An id that stands once in this card, see `_name` in the codec."""
        return f"{cut(clean(name), fits(_NAME))}:{next(self._numbers)}"


def _header(title: str) -> Sequence[Json]:
    line = one_line(title, HEADER)
    return ({"type": "header", "text": _plain(line)},) if line else ()


def _section(text: str) -> Json:
    # verbatim: Slack must not make links and mentions out of plain words.
    return {"type": "section", "text": _mrkdwn(text)}


def _fields(rows: Sequence[tuple[str, str]]) -> Sequence[Json]:
    texts = [text for label, value in rows if (text := _row(label, value))]
    return [
        {"type": "section", "fields": [_mrkdwn(text) for text in texts[start : start + FIELDS]]}
        for start in range(0, len(texts), FIELDS)
    ]


def _row(label: str, value: str) -> str:
    name = one_line(label, _TITLE)
    head = f"*{escape(name)}*\n" if name else ""
    return f"{head}{cut_escaped(clean(value).strip(), FIELD - size(head))}".strip()


def _progress(progress: Progress) -> Sequence[Json]:
    text = one_line(progress.text, SECTION - 2 * _BAR)
    if progress.fraction is not None:
        done = round(min(max(progress.fraction, 0.0), 1.0) * _BAR)
        text = f"{'▓' * done}{'░' * (_BAR - done)} {text}".strip()
    return ({"type": "context", "elements": [_plain(text)]},) if text else ()


def _input(field: Field, block_id: str, action_id: str) -> Json:
    element: dict[str, object] = {"action_id": action_id}
    options = _options(field.choices)
    if options:
        element |= {"type": "static_select", "options": options}
    else:
        element |= {"type": "plain_text_input", "multiline": field.multiline}
    return {
        "type": "input",
        "block_id": cut(f"{block_id}:{clean(field.name)}", fits(ID)),
        "label": _plain(one_line(field.label, INPUT_LABEL) or NOTHING),
        "element": element,
        "optional": not field.required,
    }


def _options(choices: Sequence[Choice]) -> list[Json]:
    distinct = {clean(choice.value): choice for choice in choices}
    return [
        {"text": _plain(label(choice.label)), "value": value}
        for value, choice in islice(distinct.items(), OPTIONS)
        if value and size(value) <= OPTION_VALUE
    ]


def _at_most(blocks: Sequence[Json]) -> tuple[Json, ...]:
    """Where there is too much, what can be pressed stays and the last of the rest goes."""
    weights = [size(json.dumps(block, ensure_ascii=False)) for block in blocks]
    if len(blocks) <= BLOCKS and sum(weights) <= WEIGHT:
        return tuple(blocks)
    gone: set[int] = set()
    still = [n for n, block in enumerate(blocks) if block["type"] not in ("actions", "input")]
    left = sum(weights)
    while still and (len(blocks) - len(gone) >= BLOCKS or left > WEIGHT):
        last = still.pop()
        gone.add(last)
        left -= weights[last]
    kept = [block for n, block in enumerate(blocks) if n not in gone][: BLOCKS - 1]
    return (*kept, {"type": "context", "elements": [_plain(NOTHING)]})


def _link(uri: str, title: str) -> str:
    url = clean(uri).strip()
    if not is_web(url) or size(url) > _LINK or any(sign in url for sign in "<>|\n\t "):
        return ""
    return f"<{url.replace('&', '&amp;')}|{escape(title)}>"


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": True}


def _mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text, "verbatim": True}
