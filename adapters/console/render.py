"""Card → what a terminal shows, in colour or as plain text; pure.

What can only be pressed (buttons, forms) is left out: a terminal that prints an answer and ends
cannot take it back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from rich.console import Group, RenderableType
from rich.markdown import Markdown as RichMarkdown
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from adapters.commonmark import commonmark, parse, plain_quote
from adapters.console.codec import harmless
from bot.core.model import (
    Block,
    Buttons,
    Card,
    Fields,
    Form,
    Image,
    Markdown,
    Progress,
    Source,
    Sources,
)

_BAR_CELLS = 24


def render(card: Card) -> RenderableType:
    """A card for a terminal with colours."""
    title = [Text(_line(card.title), style="bold")] if card.title else []
    parts = [part for block in card.blocks for part in _block(block)]
    return Group(*_spaced([*title, *parts]))


def render_text(card: Card) -> str:
    """A card as plain text, for files and pipes; Markdown stays as it was written."""
    title = [_line(card.title)] if card.title else []
    parts = [text for block in card.blocks if (text := _plain(block))]
    return "\n\n".join([*title, *parts])


def draft_line(card: Card) -> Text:
    """What a growing card says last, on one line."""
    texts = [block.text for block in card.blocks if isinstance(block, Markdown | Progress)]
    written = _line(texts[0]) if texts else ""
    return Text(f"… {written[-400:]}", style="dim", no_wrap=True, overflow="ellipsis")


# ── in colour ─────────────────────────────────────────────────────────────────────────────────


def _block(block: Block) -> Iterator[RenderableType]:
    match block:
        case Markdown():
            yield _markdown(block.text)
        case Sources():
            if block.items:
                yield Group(*(_source(source) for source in block.items))
        case Fields():
            yield _fields(block)
        case Progress():
            yield Text(_progress(block), style="dim italic")
        case Image():
            yield Text(_image(block), style="dim")
        case Buttons() | Form():
            return
        case _:
            assert_never(block)


def _markdown(text: str) -> RenderableType:
    shown = RichMarkdown("", hyperlinks=False, code_theme="ansi_dark")
    # rich's own parser drops what looks like HTML, `<name>` in a handbook as well; ours keeps it.
    shown.parsed = parse(commonmark(), harmless(text))
    return shown


def _source(source: Source) -> RenderableType:
    head = Text.assemble(
        (f"[{source.marker}] ", "bold cyan"),
        (_line(source.title), "bold"),
        (f"  {_line(source.place)}" if source.place else "", "dim"),
    )
    lines: list[RenderableType] = [head]
    if source.quote:
        lines.append(
            Padding(
                Text(plain_quote(_line(source.quote)), style="italic dim"),
                (0, 0, 0, 4),
                expand=False,
            )
        )
    if source.uri:
        lines.append(Padding(Text(_line(source.uri), style="dim cyan"), (0, 0, 0, 4), expand=False))
    return Group(*lines)


def _fields(fields: Fields) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for label, value in fields.rows:
        table.add_row(Text(_line(label)), Text(harmless(value)))
    return table


def _spaced(parts: list[RenderableType]) -> Iterator[RenderableType]:
    for place, part in enumerate(parts):
        if place:
            yield Text("")
        yield part


# ── plain ─────────────────────────────────────────────────────────────────────────────────────


def _plain(block: Block) -> str:
    match block:
        case Markdown():
            return harmless(block.text).strip()
        case Sources():
            return "\n".join(_plain_source(source) for source in block.items)
        case Fields():
            return "\n".join(f"{_line(label)}: {harmless(value)}" for label, value in block.rows)
        case Progress():
            return _progress(block)
        case Image():
            return _image(block)
        case Buttons() | Form():
            return ""
        case _:
            assert_never(block)


def _plain_source(source: Source) -> str:
    head = "  ".join(part for part in (_line(source.title), _line(source.place)) if part)
    rest = (_line(part) for part in (plain_quote(source.quote), source.uri) if part)
    return "\n".join([f"[{source.marker}] {head}", *(f"    {line}" for line in rest)])


# ── both ──────────────────────────────────────────────────────────────────────────────────────


def _progress(progress: Progress) -> str:
    if progress.fraction is None:
        return _line(progress.text)
    done = round(min(1.0, max(0.0, progress.fraction)) * _BAR_CELLS)
    return f"{_line(progress.text)} {'━' * done}{'─' * (_BAR_CELLS - done)}"


def _image(image: Image) -> str:
    return f"{_line(image.alt)} ({_line(image.url)})"


def _line(text: str) -> str:
    return " ".join(harmless(text).split())
