"""What Feishu takes as a card: JSON 2.0 in which an unknown property is an error."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

MOST_BYTES = 30 * 1024
MOST_ELEMENTS = 200
MOST_TABLES = 5

_TEXT = {"tag", "content", "element_id"}
_PROPERTIES: Mapping[str, set[str]] = {
    "plain_text": _TEXT,
    "markdown": _TEXT | {"text_align", "text_size", "margin"},
    "column_set": {"tag", "element_id", "flex_mode", "horizontal_spacing", "columns", "margin"},
    "column": {"tag", "element_id", "width", "weight", "elements", "vertical_align"},
    "button": {
        "tag",
        "element_id",
        "name",
        "text",
        "type",
        "size",
        "behaviors",
        "form_action_type",
        "disabled",
    },
    "collapsible_panel": {"tag", "element_id", "expanded", "header", "elements", "border"},
    "form": {"tag", "element_id", "name", "elements", "direction"},
    "input": {
        "tag",
        "element_id",
        "name",
        "label",
        "label_position",
        "placeholder",
        "input_type",
        "required",
        "max_length",
        "default_value",
    },
    "select_static": {"tag", "element_id", "name", "placeholder", "required", "options"},
    "hr": {"tag", "element_id", "margin"},
}
_REQUIRED: Mapping[str, set[str]] = {
    "plain_text": {"content"},
    "markdown": {"content"},
    "column_set": {"columns"},
    "column": {"elements"},
    "button": {"text", "type"},
    "collapsible_panel": {"header", "elements"},
    "form": {"name", "elements"},
    "input": {"name"},
    "select_static": {"name", "options"},
}
_CONFIG = {"update_multi", "streaming_mode", "streaming_config", "summary", "width_mode"}
_HEADER = {"title", "subtitle", "template", "icon"}
_BUTTON_TYPES = {"default", "primary", "danger", "text", "primary_text", "danger_text"}
_ELEMENT_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,19}")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CALLING_TAG = re.compile(r"</?(?:at|person)\b", re.IGNORECASE)
_LINK = re.compile(r"\]\(\s*([A-Za-z][A-Za-z0-9+.-]*):")
_DELIMITER_ROW = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
_FENCE = re.compile(r"[ >]*(`{3,}|~{3,})(.*)")


def problems(card: Any) -> list[str]:
    """Everything Feishu would refuse, or that must never reach people; empty for a good card."""
    return list(_problems(card))


def _problems(card: Any) -> Iterator[str]:
    if not isinstance(card, dict):
        yield "no object"
        return
    yield from _unknown("card", card, {"schema", "config", "header", "body", "card_link"})
    if card.get("schema") != "2.0":
        yield "schema is not 2.0"
    config = card.get("config", {})
    yield from _unknown("config", config, _CONFIG)
    if config.get("update_multi") is not True:
        yield "the card could not be updated: update_multi"
    yield from _header(card.get("header"))
    elements = card.get("body", {}).get("elements")
    if not isinstance(elements, list):
        yield "no body.elements"
        return
    if not elements:
        yield "nothing to show"
    for element in elements:
        yield from _element(element, at_root=True)
    yield from _whole(card)


def _whole(card: dict[str, Any]) -> Iterator[str]:
    text = json.dumps(card, ensure_ascii=False)
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        yield "a lone surrogate"
        return
    if size > MOST_BYTES:
        yield f"{size} bytes"
    if _CALLING_TAG.search(text.split('"body"')[0]):
        yield "a head that calls people"
    every = list(_walk(card))
    if len(every) > MOST_ELEMENTS:
        yield f"{len(every)} elements"
    for name in ("element_id", "name"):
        named = [one[name] for one in every if name in one]
        if len(named) != len(set(named)):
            yield f"two components share one {name}"
    markdown = [one["content"] for one in every if one["tag"] == "markdown"]
    if sum(_tables(content) for content in markdown) > MOST_TABLES:
        yield "card table number over limit"


def _header(header: Any) -> Iterator[str]:
    if header is None:
        return
    yield from _unknown("header", header, _HEADER)
    yield from _element(header.get("title"), at_root=False)


def _element(element: Any, *, at_root: bool) -> Iterator[str]:
    if not isinstance(element, dict) or element.get("tag") not in _PROPERTIES:
        yield f"unknown element {str(element)[:60]}"
        return
    tag = element["tag"]
    yield from _unknown(tag, element, _PROPERTIES[tag])
    if missing := _REQUIRED.get(tag, set()) - element.keys():
        yield f"{tag} without {sorted(missing)}"
        return
    identity = element.get("element_id")
    if identity is not None and not _ELEMENT_ID.fullmatch(identity):
        yield f"element_id {identity!r}"
    yield from _special(tag, element, at_root=at_root)
    for inner in element.get("elements", ()):
        yield from _element(inner, at_root=False)
    for inner in element.get("columns", ()):
        yield from _element(inner, at_root=False)


def _special(tag: str, element: dict[str, Any], *, at_root: bool) -> Iterator[str]:  # noqa: C901, PLR0912 -- a table of rules, one a tag
    match tag:
        case "plain_text":
            if _BIDI.search(element["content"]):
                yield "a plain text turns its direction"
            if _CALLING_TAG.search(element["content"]):
                yield "a plain text calls people"
        case "markdown":
            yield from _markdown(element["content"])
        case "button":
            yield from _element(element["text"], at_root=False)
            if element["type"] not in _BUTTON_TYPES:
                yield f"button type {element['type']!r}"
            for behavior in element.get("behaviors", ()):
                if behavior.get("type") != "callback" or not isinstance(behavior["value"], dict):
                    yield "a button that does nothing we know"
        case "collapsible_panel":
            yield from _unknown("panel header", element["header"], {"title", "icon"})
            yield from _element(element["header"]["title"], at_root=False)
        case "form":
            if not at_root:
                yield "a form inside something"
            submits = [one for one in element["elements"] if one.get("form_action_type")]
            if len(submits) != 1 or submits[0].get("form_action_type") != "submit":
                yield "a form that cannot be sent"
            for one in element["elements"]:
                if one["tag"] in ("input", "select_static", "button") and not one.get("name"):
                    yield "a nameless field in a form"
        case "input":
            if "label" in element:
                yield from _element(element["label"], at_root=False)
            if element.get("input_type", "text") not in ("text", "multiline_text"):
                yield f"input_type {element['input_type']!r}"
            if not 1 <= element.get("max_length", 1000) <= 1000:
                yield "max_length"
        case "select_static":
            values = [option["value"] for option in element["options"]]
            if not values or len(values) != len(set(values)):
                yield "options that cannot be told apart"
            for option in element["options"]:
                yield from _unknown("option", option, {"text", "value"})
                yield from _element(option["text"], at_root=False)
        case "column":
            if element.get("width", "auto") not in ("auto", "weighted", "stretch"):
                yield f"width {element['width']!r}"
        case "column_set":
            if element.get("flex_mode", "none") not in ("none", "stretch", "flow", "bisect"):
                yield f"flex_mode {element['flex_mode']!r}"
            if not element["columns"]:
                yield "no columns"


def _markdown(content: str) -> Iterator[str]:
    if _CALLING_TAG.search(content):
        yield "a tag that calls people"
    words = _without_code(content)
    if words is None:
        yield "an unclosed code fence"
        return
    if "![" in words:
        yield "a picture that was never uploaded"
    if re.search(r"<[A-Za-z/]", words):
        yield "HTML"
    for scheme in _LINK.findall(words):
        if scheme.lower() not in ("http", "https", "mailto"):
            yield f"a link to {scheme}:"


def _without_code(content: str) -> str | None:
    """The words outside code; None where a fence stays open."""
    out: list[str] = []
    fence = ""
    for line in content.split("\n"):
        found = _FENCE.fullmatch(line)
        if fence:
            if found and found[1].startswith(fence) and not found[2].strip():
                fence = ""
        elif found and not (found[1][0] == "`" and "`" in found[2]):
            fence = found[1]
        else:
            out.append(re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", line))
    return None if fence else "\n".join(out)


def _tables(content: str) -> int:
    """How many tables start: a row of dashes under a row, in no table yet."""
    found, inside = 0, False
    for before, line in pairwise((_without_code(content) or "").split("\n")):
        under = "|" in before and "|" in line and bool(_DELIMITER_ROW.fullmatch(line.strip(" >")))
        found += under and not inside
        inside = bool(line.strip(" >")) and (inside or under)
    return found


def _walk(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get("tag"), str):
            yield value
        for name, inner in value.items():
            if name != "value":  # what a button brings back is nothing Feishu looks into
                yield from _walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner)


def _unknown(what: str, value: Mapping[str, Any], known: set[str]) -> Iterator[str]:
    if strange := value.keys() - known:
        yield f"{what} has unknown properties {sorted(strange)}"
