"""Links in an answer lead to its sources; every other address is words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from knowledge.model import Citation

_DEFINITION: Final = re.compile(r"^[ \t>]*\[[^\]\n]+\]:[^\n]*$", re.MULTILINE)
_PIECE: Final = re.compile(
    r"(?P<code>`+[^`]*`+)"
    r"|(?P<link>!?\[(?P<words>[^\[\]\n]*)\]\(\s*<?(?P<target>[^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)*)>?[^()\n]*\))"
    r"|<?(?P<address>(?<![A-Za-z0-9_/])(?:https?://|www\.|mailto:)"
    r"[^\s<>()`\"'\]\u3000-\u303f\uff00-\uffef]+)>?",
    re.IGNORECASE,
)
_MARKER: Final = re.compile(r"\d{1,3}")
_ENDS: Final = ".,;:!?*_"


def own_links(text: str, citations: Sequence[Citation]) -> str:
    """A text that a model wrote or a page holds, without ways to elsewhere.

    A link to a cited document stays. Of any other the words stay, and where a cited passage has its
    address, that too, to be read before it is followed. An address that no source has becomes code.
    """
    uris = frozenset(citation.uri for citation in citations if citation.uri)
    quoted = "\n".join(citation.quote for citation in citations)

    def shown(piece: re.Match[str]) -> str:
        if piece["code"]:
            return piece[0]
        if piece["link"]:
            return _link(piece, uris, quoted)
        address = piece["address"].rstrip(_ENDS)
        if address in uris or address in quoted:
            return piece[0]
        return f"`{address}`{piece['address'][len(address) :]}"

    return _PIECE.sub(shown, _DEFINITION.sub("", text))


def _link(link: re.Match[str], uris: frozenset[str], quoted: str) -> str:
    words, target = link["words"], link["target"]
    if target in uris and not link[0].startswith("!"):
        return link[0]
    if _MARKER.fullmatch(words):
        return f"[{words}]"
    return f"{words} ({target})" if target and target in quoted else words
