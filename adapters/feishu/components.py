"""The parts of a Feishu card that have a fixed form: sources and buttons; pure.

Each takes its measure, so that a card can be drawn again with less in it until it fits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from adapters.commonmark import plain_quote
from adapters.dialect import clean, cut, without_bidi
from adapters.feishu.markdown import plain_markdown, without_calls
from bot.core.model import Button, Source
from bot.core.texts import Texts

Element: TypeAlias = Mapping[str, Any]

_OPEN_SOURCE: Final = "open_source"
_MARKDOWN_SIGN: Final = re.compile(r"[\s()<>\[\]\\\"'`*_|~]")
_BUTTONS_IN_ROW: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How much of everything a card may hold.

    quote, title, label: characters. value, address: bytes.
    lines: pictures and signs of progress.
    """

    sources: int
    quote: int
    title: int
    address: int
    buttons: int
    label: int
    value: int
    forms: int
    fields: int
    choices: int
    lines: int


ROOMY: Final = Measure(
    sources=10,
    quote=300,
    title=120,
    address=900,
    buttons=12,
    label=40,
    value=2_000,
    forms=3,
    fields=8,
    choices=40,
    lines=12,
)
TIGHT: Final = Measure(
    sources=6,
    quote=100,
    title=60,
    address=400,
    buttons=8,
    label=24,
    value=800,
    forms=2,
    fields=6,
    choices=15,
    lines=6,
)
TIGHTEST: Final = Measure(
    sources=3,
    quote=0,
    title=40,
    address=200,
    buttons=5,
    label=16,
    value=300,
    forms=1,
    fields=5,
    choices=10,
    lines=2,
)
MEASURES: Final = (ROOMY, TIGHT, TIGHTEST)


# ── words ─────────────────────────────────────────────────────────────────────────────────────


def plain_text(text: str, length: int) -> Element:
    """One line nobody can format, such as a label."""
    return {"tag": "plain_text", "content": one_line(text, length)}


def one_line(text: str, length: int) -> str:
    """Plain text on one line that calls nobody and cannot turn its direction around."""
    line = " ".join(without_bidi(clean(text)).split())
    return cut(without_calls(line), lambda some: len(some) <= length)


# ── sources ───────────────────────────────────────────────────────────────────────────────────


def source_panels(sources: Sequence[Source], texts: Texts, measure: Measure) -> Iterator[Element]:
    """Sources as panels to be opened: the quote, the way to the document, and to the passage."""
    for source in sources:
        yield {
            "tag": "collapsible_panel",
            "expanded": False,
            "header": {"title": _source_title(source, measure)},
            "elements": list(_source_inside(source, texts, measure)),
        }


def _source_title(source: Source, measure: Measure) -> Element:
    place = f" · {one_line(source.place, measure.title)}" if source.place.strip() else ""
    title = one_line(source.title, measure.title)
    return plain_text(f"[{source.marker}] {title}{place}", 2 * measure.title + 10)


def _source_inside(source: Source, texts: Texts, measure: Measure) -> Iterator[Element]:
    quote = cut(plain_quote(source.quote), lambda some: len(some) <= measure.quote)
    title = plain_markdown(one_line(source.title, measure.title))
    lines = [f"> {plain_markdown(quote)}"] if quote.strip() else []
    if address := safe_address(source.uri, measure.address):
        lines.append(f"[{title or plain_markdown(address)}]({address})")
    if lines:
        yield {"tag": "markdown", "content": "\n\n".join(lines)}
    opening = Button(
        name=_OPEN_SOURCE, label=texts.open_source, values={"passage_id": source.passage_id}
    )
    yield from button_rows((opening,), measure)


def safe_address(uri: str, most_bytes: int) -> str:
    """An address people may be sent to, ready to stand in Markdown; empty for any other."""
    try:
        parts = urlsplit(clean(uri).strip())
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    address = _MARKDOWN_SIGN.sub(lambda sign: f"%{ord(sign[0]):02X}", parts.geturl())
    return address if len(address.encode()) <= most_bytes else ""


# ── buttons ───────────────────────────────────────────────────────────────────────────────────


def button_rows(buttons: Sequence[Button], measure: Measure) -> Iterator[Element]:
    """Buttons side by side; one whose values are too long to come back whole is left out."""
    shown = [one for one in buttons if callback(one, measure)]
    for start in range(0, len(shown), _BUTTONS_IN_ROW):
        yield {
            "tag": "column_set",
            "flex_mode": "flow",
            "columns": [
                {"tag": "column", "width": "auto", "elements": [_button(one, measure)]}
                for one in shown[start : start + _BUTTONS_IN_ROW]
            ],
        }


def _button(button: Button, measure: Measure) -> Element:
    return {
        "tag": "button",
        "text": plain_text(button.label, measure.label),
        "type": button.style,
        "behaviors": callback(button, measure),
    }


def callback(button: Button, measure: Measure) -> list[Element]:
    """What a button does: it brings its name and values back. Nothing where they are too long."""
    value = {
        "name": clean(button.name),
        "values": {clean(key): clean(value) for key, value in button.values.items()},
    }
    return [{"type": "callback", "value": value}] if size_of(value) <= measure.value else []


def size_of(value: object) -> int:
    """The bytes of a value as JSON."""
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
