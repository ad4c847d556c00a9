"""Card → Feishu card JSON 2.0, inside the platform's limits for any input; pure.

A picture is shown as a link with its words: Feishu shows only pictures that were uploaded to it,
and none of our cards has one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, assert_never

from adapters.dialect import clean, shorten
from adapters.feishu.components import (
    MEASURES,
    TIGHTEST,
    Element,
    Measure,
    button_rows,
    one_line,
    plain_text,
    safe_address,
    source_panels,
)
from adapters.feishu.forms import Names, form
from adapters.feishu.markdown import Shown, feishu_markdown, longest, plain_markdown
from bot.core.model import (
    Block,
    Buttons,
    Card,
    Fields,
    Form,
    Image,
    Markdown,
    Progress,
    Sources,
)
from bot.core.texts import TEXTS

Json: TypeAlias = Mapping[str, Any]

MOST_BYTES: Final = 29_000
"""Feishu takes 30 KB; what it adds for styles is not told."""

MOST_ELEMENTS: Final = 200
STREAMED: Final = "answer"
"""The element that grows while an answer is written."""

_MOST_TABLES: Final = 3  # Feishu's pages name four and five; operators saw cards with four refused
_MOST_BLOCKS: Final = 40
_MOST_CHARACTERS: Final = 32_000  # more than any card takes; the rest need not be looked at
_TEXT_KEEPS: Final = 6_000
"""Bytes that texts are given before sources and buttons are shown in full."""

_LONGEST_TITLE: Final = 100
_LONGEST_SUMMARY: Final = 120
_LONGEST_PROGRESS: Final = 200


def render(card: Card, *, most_bytes: int = MOST_BYTES) -> Json:
    """A card as JSON 2.0: at most so many bytes as it travels, and 200 elements."""
    growing = streamed(card, most_bytes=most_bytes)
    if growing is not None:
        return _framed(card, [_markdown(growing, STREAMED)])
    for measure in MEASURES:
        drawn = _Drawn.of(card, measure)
        room = most_bytes - drawn.fixed_bytes
        enough = min(_TEXT_KEEPS, drawn.wanted_bytes, most_bytes // 3)
        if measure is TIGHTEST or (room >= enough and drawn.elements <= MOST_ELEMENTS):
            break
    return _framed(card, [*drawn.within(max(room, 0), TEXTS[card.language].shortened)])


def streamed(card: Card, *, most_bytes: int = MOST_BYTES) -> str | None:
    """The one text of a growing card, as its element shows it; None for a card of more parts."""
    growing = all(isinstance(block, Markdown | Progress) for block in card.blocks)
    if not card.streaming or not growing:
        return None
    written = "\n\n".join(one.text for one in card.blocks if isinstance(one, Markdown)).strip()
    if not written:
        return "\n".join(_progress(one) for one in card.blocks if isinstance(one, Progress))
    room = most_bytes - byte_count(_framed(card, [_markdown("", STREAMED)]))
    notice = TEXTS[card.language].shortened
    return _shortened(written, room, notice, most_tables=_MOST_TABLES).text


def byte_count(value: object) -> int:
    """How many bytes a card takes on its way: it travels as a string inside JSON."""
    as_text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return len(json.dumps(as_text, ensure_ascii=False).encode("utf-8", "replace"))


def element_count(value: object) -> int:
    """How many elements a card has, whatever they are in."""
    if isinstance(value, Mapping):
        return ("tag" in value) + sum(element_count(inner) for inner in value.values())
    if isinstance(value, list | tuple):
        return sum(element_count(inner) for inner in value)
    return 0


def _framed(card: Card, elements: Sequence[Element]) -> Json:
    title = plain_text(card.title, _LONGEST_TITLE)
    return {
        "schema": "2.0",
        "config": {
            # A card that may be changed for everybody must say so from its first version on.
            "update_multi": True,
            "streaming_mode": card.streaming,
            "summary": {"content": one_line(card.summary, _LONGEST_SUMMARY)},
        },
        **({"header": {"template": "blue", "title": title}} if title["content"] else {}),
        "body": {"elements": list(elements) or [_nothing(card)]},
    }


def _nothing(card: Card) -> Element:
    """A card without anything in it is refused."""
    return _markdown(plain_markdown(one_line(card.summary, _LONGEST_SUMMARY)) or "…")


def _markdown(content: str, element_id: str = "") -> Element:
    named = {"element_id": element_id} if element_id else {}
    return {"tag": "markdown", **named, "content": content}


# ── fitting ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """A card's elements; where a text belongs, the Markdown it will be made of.

    fixed_bytes: what the card takes with all its texts empty.
    wanted_bytes: what the texts would take in full.
    """

    elements_: tuple[Element | str, ...]
    fixed_bytes: int
    wanted_bytes: int
    elements: int

    @staticmethod
    def of(card: Card, measure: Measure) -> _Drawn:
        """Draw a card with so much of everything."""
        drawn = tuple(_Blocks(card, measure).draw())
        frame = _framed(card, [_markdown("") if isinstance(one, str) else one for one in drawn])
        texts = [one for one in drawn if isinstance(one, str)]
        return _Drawn(
            elements_=drawn,
            fixed_bytes=byte_count(frame),
            wanted_bytes=sum(_bytes_at_most(clean(text)) for text in texts),
            elements=element_count(frame),
        )

    def within(self, room: int, notice: str) -> Iterator[Element]:
        """The elements, with texts that take so many bytes together."""
        tables = _MOST_TABLES
        texts = [one for one in self.elements_ if isinstance(one, str)]
        shares = iter(_shares([_bytes_at_most(clean(text)) for text in texts], room))
        for one in self.elements_:
            if not isinstance(one, str):
                yield one
                continue
            shown = _shortened(one, next(shares), notice, most_tables=tables)
            tables -= shown.tables
            if shown.text:
                yield _markdown(shown.text)


def _shares(sizes: Sequence[int], room: int) -> Sequence[int]:
    """Room for each: small ones get all they want, the others share what is left."""
    shares = [0] * len(sizes)
    left = len(sizes)
    for index in sorted(range(len(sizes)), key=lambda index: sizes[index]):
        shares[index] = min(sizes[index], room // left) if left > 1 else room
        room -= shares[index]
        left -= 1
    return shares


def _shortened(text: str, room: int, notice: str, *, most_tables: int) -> Shown:
    text = clean(text[: _MOST_CHARACTERS + 1])
    if len(text) <= _MOST_CHARACTERS:
        whole = feishu_markdown(text, most_tables=most_tables)
        if _plain_bytes(whole.text) <= room:
            return whole
    for goal in (room, room * 3 // 4, room // 2):
        shown = feishu_markdown(_cut(text, goal, notice), most_tables=most_tables)
        if _plain_bytes(shown.text) <= room:
            return shown
    return Shown(text="", tables=0)


def _cut(text: str, goal: int, notice: str) -> str:
    """While a text is cut it is only counted: reading it again for each try would take too long."""
    return shorten(text, lambda some: _bytes_at_most(some) <= goal, notice)


def _bytes_at_most(text: str) -> int:
    return _plain_bytes(longest(text))


def _plain_bytes(text: str) -> int:
    """What a text adds to a card: its bytes without the quotes around it."""
    return byte_count(text) - byte_count("")


# ── blocks ────────────────────────────────────────────────────────────────────────────────────


class _Blocks:
    """Draws the blocks of one card; what is left of buttons and sources is known to all."""

    def __init__(self, card: Card, measure: Measure) -> None:
        self._card = card
        self._measure = measure
        self._texts = TEXTS[card.language]
        self._sources = 0
        self._buttons = 0
        self._forms = 0
        self._names = Names()
        self._lines = 0

    def draw(self) -> Iterator[Element | str]:
        """Elements in order; a string is Markdown that will become one."""
        for block in self._card.blocks[:_MOST_BLOCKS]:
            yield from self._block(block)

    def _block(self, block: Block) -> Iterator[Element | str]:
        match block:
            case Markdown():
                yield block.text[: _MOST_CHARACTERS + 1]
            case Fields():
                yield _rows(block)[: _MOST_CHARACTERS + 1]
            case Sources():
                shown = block.items[: self._measure.sources - self._sources]
                self._sources += len(shown)
                yield from source_panels(shown, self._texts, self._measure)
            case Buttons():
                buttons = block.items[: self._measure.buttons - self._buttons]
                self._buttons += len(buttons)
                yield from button_rows(buttons, self._measure)
            case Form() if self._forms < self._measure.forms:
                yield form(block, self._measure, self._names)
                self._forms += 1
            case Progress() | Image() if self._lines < self._measure.lines:
                self._lines += 1
                yield _markdown(self._line(block))
            case Form() | Progress() | Image():
                pass
            case _:
                assert_never(block)

    def _line(self, block: Progress | Image) -> str:
        if isinstance(block, Progress):
            return _progress(block)
        alt = plain_markdown(one_line(block.alt, _LONGEST_SUMMARY))
        address = safe_address(block.url, self._measure.address)
        return f"[{alt or '🖼'}]({address})" if address else alt


def _rows(fields: Fields) -> str:
    return "\n".join(
        f"**{plain_markdown(label)}** {plain_markdown(value)}" for label, value in fields.rows
    )


def _progress(progress: Progress) -> str:
    words = plain_markdown(one_line(progress.text, _LONGEST_PROGRESS))
    if progress.fraction is None:
        return words
    return f"{words} {round(100 * min(1.0, max(0.0, progress.fraction)))} %"
