"""Markdown → a tree of plain nodes the page turns into elements one by one.

No HTML text ever reaches the browser, so there is nothing to escape and nothing to inject: a node
is a string, or `[tag, attributes, children]` with a tag and attributes from the short lists here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final, TypeAlias

from markdown_it.token import Token

from adapters.commonmark import commonmark, parse

Node: TypeAlias = "str | list[object]"

MAX_CHARS: Final = 40_000
"""Longer text is cut: a card is something to read, not a document."""

_TAGS: Final = frozenset(
    "p ul ol li blockquote hr br strong em s code table thead tbody tr th td a".split()
)
_HEADINGS: Final = {"h1": "h3", "h2": "h3", "h3": "h4", "h4": "h4", "h5": "h5", "h6": "h5"}
_SAFE_LINK: Final = re.compile(r"(?:https?://|mailto:)[^\s]+", re.IGNORECASE)
_MARKER: Final = re.compile(r"\[(\d{1,3})\]")


def safe_link(address: str) -> str:
    """The address if a reader may be sent there, else nothing."""
    return address if _SAFE_LINK.fullmatch(address) else ""


def markdown_tree(text: str, *, markers: Collection[int] = ()) -> list[Node]:
    """Parse CommonMark with tables; HTML stays text and `[n]` becomes a chip for known markers."""
    parser = commonmark()
    # What is no safe link stays the text it was written as.
    parser.validateLink = lambda url: bool(safe_link(url))  # type: ignore[method-assign] # the library's documented hook
    shown = text if len(text) <= MAX_CHARS else text[:MAX_CHARS] + "…"
    return _tree(parse(parser, shown), markers)


def _tree(tokens: Sequence[Token], markers: Collection[int]) -> list[Node]:
    root: list[Node] = []
    open_children = [root]
    for token in tokens:
        if token.hidden:
            continue
        if token.nesting == 1:
            children: list[Node] = []
            open_children[-1].append([_tag(token), _attributes(token), children])
            open_children.append(children)
        elif token.nesting == -1:
            open_children.pop()
        else:
            open_children[-1].extend(_leaf(token, markers))
    return root


def _leaf(token: Token, markers: Collection[int]) -> list[Node]:  # noqa: PLR0911 -- one a token
    match token.type:
        case "inline":
            return _tree(token.children or (), markers)
        case "text":
            return _with_chips(token.content, markers)
        case "softbreak" | "hardbreak":
            return [["br", {}, []]]
        case "hr":
            return [["hr", {}, []]]
        case "code_inline":
            return [["code", {}, [token.content]]]
        case "fence" | "code_block":
            return [["pre", {}, [["code", {}, [token.content.removesuffix("\n")]]]]]
        case "image":
            return [_picture_link(token)]
        case _:
            return [token.content] if token.content else []


def _with_chips(text: str, markers: Collection[int]) -> list[Node]:
    nodes: list[Node] = []
    start = 0
    for found in _MARKER.finditer(text):
        if int(found[1]) not in markers:
            continue
        # The chip is raised; a space before it would leave it alone on the next line.
        nodes.extend((text[start : found.start()].rstrip(" "), ["cite", {"n": found[1]}, []]))
        start = found.end()
    return [node for node in (*nodes, text[start:]) if node]


def _picture_link(token: Token) -> Node:
    # A picture would be fetched unasked, and its address could carry words of the answer away.
    address = safe_link(str(token.attrs.get("src", "")))
    words = token.content or address
    return ["a", {"href": address}, [words]] if address else words


def _tag(token: Token) -> str:
    tag = _HEADINGS.get(token.tag, token.tag)
    return tag if tag in _TAGS or token.tag in _HEADINGS else "p"


def _attributes(token: Token) -> dict[str, str]:
    match token.type:
        case "link_open":
            return {"href": safe_link(str(token.attrs.get("href", "")))}
        case "ordered_list_open" if "start" in token.attrs:
            return {"start": str(token.attrs["start"])}
        case "th_open" | "td_open":
            style = str(token.attrs.get("style", ""))
            return {"align": style.removeprefix("text-align:")} if style else {}
        case _:
            return {}
