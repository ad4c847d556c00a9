"""Card → what the page's script draws; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, TypeAlias, assert_never

from adapters.commonmark import plain_quote
from adapters.playground.tree import markdown_tree, safe_link
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

Json: TypeAlias = Mapping[str, object]

_ANY_MARKER: Final = range(1, 100)


def render(card: Card) -> Json:
    """A card as JSON: the page shows strings as text only, so nothing here needs escaping."""
    markers = _markers(card)
    return {
        "language": card.language,
        "title": card.title,
        "summary": card.summary,
        "streaming": card.streaming,
        "blocks": [_block(block, markers) for block in card.blocks],
    }


def _markers(card: Card) -> Collection[int]:
    if card.streaming:
        return _ANY_MARKER  # the sources come with the last card; a chip now saves a jump then
    shown = (block for block in card.blocks if isinstance(block, Sources))
    return frozenset(source.marker for sources in shown for source in sources.items)


def _block(block: Block, markers: Collection[int]) -> Json:  # noqa: PLR0911 -- one a block
    match block:
        case Markdown():
            return {"kind": "markdown", "nodes": markdown_tree(block.text, markers=markers)}
        case Sources():
            return {"kind": "sources", "items": [_source(source) for source in block.items]}
        case Fields():
            return {"kind": "fields", "rows": [list(row) for row in block.rows]}
        case Buttons():
            return {"kind": "buttons", "items": [_button(button) for button in block.items]}
        case Progress():
            return {"kind": "progress", "text": block.text, "fraction": block.fraction}
        case Image():
            return {"kind": "image", "url": safe_link(block.url), "alt": block.alt}
        case Form():
            return {
                "kind": "form",
                "name": block.name,
                "fields": [_field(field) for field in block.fields],
                "submit_label": block.submit_label,
                "values": dict(block.values),
            }
        case _:
            assert_never(block)


def _source(source: Source) -> Json:
    return {
        "marker": source.marker,
        "title": source.title,
        "uri": safe_link(source.uri),
        "place": source.place,
        "quote": plain_quote(source.quote),
        "passage_id": source.passage_id,
    }


def _button(button: Button) -> Json:
    return {
        "name": button.name,
        "label": button.label,
        "values": dict(button.values),
        "style": button.style,
    }


def _field(field: Field) -> Json:
    return {
        "name": field.name,
        "label": field.label,
        "choices": [{"value": choice.value, "label": choice.label} for choice in field.choices],
        "multiline": field.multiline,
        "required": field.required,
    }
