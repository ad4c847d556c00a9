"""Would Slack take these blocks? Its own models, its schema and its documentation say."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

SCHEMA = Path(__file__).parents[2] / ".." / "shared" / "platforms" / "blockkit.schema.json"

_LONGEST = {"action_id": 255, "block_id": 255, "accessibility_label": 75, "image_url": 3_000}


def faults(blocks: Sequence[Any]) -> list[str]:
    """What Slack would complain of; nothing where it takes the blocks."""
    return [*_counted(blocks), *(fault for block in blocks for fault in _of_block(block))]


def _counted(blocks: Sequence[Any]) -> Iterator[str]:
    if len(blocks) > 50:
        yield f"{len(blocks)} blocks"
    if sum(len(b["text"]) for b in blocks if b.get("type") == "markdown") > 12_000:
        yield "more than 12000 characters of markdown"
    for name in ("block_id", "action_id"):
        twice = [one for one, times in Counter(_all(blocks, name)).items() if times > 1]
        if twice:
            yield f"{name} twice: {twice}"


def _of_block(block: Any) -> Iterator[str]:
    if not isinstance(block, dict):
        yield f"no block: {block!r}"
        return
    yield from _by_model(block)
    validator = _validator()
    if validator is not None:
        yield from (f"{block.get('type')}: {e.message[:200]}" for e in validator.iter_errors(block))
    yield from _by_hand(block)


def _by_model(block: Mapping[str, Any]) -> Iterator[str]:
    try:
        parsed = Block.parse(dict(block))
        if parsed is None:
            yield f"unknown block {block.get('type')}"
        else:
            parsed.to_dict()
    except SlackObjectFormationError as error:
        yield f"{block.get('type')}: {error}"


def _by_hand(block: Mapping[str, Any]) -> Iterator[str]:
    for text in _all([block], "text"):
        if isinstance(text, str) and not text.strip():
            yield f"{block['type']}: empty text"
    for name, limit in _LONGEST.items():
        if any(not 0 < len(one) <= limit for one in _all([block], name)):
            yield f"{block['type']}: {name} is empty or longer than {limit}"
    if any(not 0 < len(value) <= 2_000 for value in _all([block], "value")):
        yield f"{block['type']}: value is empty or too long"
    for field in block.get("fields", ()):
        if len(field["text"]) > 2_000:
            yield "a field of more than 2000 characters"
    for options in _all([block], "options"):
        yield from _of_options(options)
    if any("\x00" in t or _surrogate(t) for t in _all([block], "text") if isinstance(t, str)):
        yield "a character Slack does not take"


def _of_options(options: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not 0 < len(options) <= 100:
        yield f"{len(options)} options"
    for option in options:
        if len(option["text"]["text"]) > 75 or len(option["value"]) > 150:
            yield "an option that is too long"


def _surrogate(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _all(part: Any, name: str) -> Iterator[Any]:
    """Every value under this name, however deep."""
    if isinstance(part, dict):
        if name in part:
            yield part[name]
        part = list(part.values())
    if isinstance(part, list | tuple):
        for inner in part:
            yield from _all(inner, name)


@cache
def _validator() -> Draft7Validator | None:
    """The schema made from Slack's type definitions, where it lies beside the project."""
    if not SCHEMA.exists():
        return None
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return Draft7Validator({**schema, "$ref": "#/definitions/KnownBlock"})
