"""Passages found, read together with what stands around them.

A small passage is found well and read badly: its answer often goes on in the next one. What is
found is therefore small, and what is read is the stretch of its section around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Protocol

from knowledge.model import Hit, Passage
from knowledge.split import count_tokens, is_piece
from knowledge.statements import is_row, is_rule

STRETCH_TOKENS = 320
"""How much is read around a passage: about 1,400 characters of English, 430 of Chinese.

Measured on two English handbooks; 240 finds less, 400 no more.
"""

READ_IN_PLACE = 5
"""So many passages are widened, each for about a millisecond; nobody reads on below."""

OPENING_TOKENS = 60
"""What says less than this before its subsections begin is read together with them.

"Annual leave is for resting." is found first by whoever asks about annual leave, and says nothing.
"""

_REACH = 3


class Surroundings(Protocol):
    """What knows the passages beside a passage: a `PassageStore`."""

    async def neighbours(self, passage: Passage, *, reach: int) -> tuple[Passage, ...]:
        """The passages of the same document at most `reach` positions away, itself included."""
        ...


async def widened(
    hits: Sequence[Hit], store: Surroundings, *, limit: int, most_tokens: int
) -> list[Hit]:
    """The first hits in their order, the best of them with the stretch around them as their text.

    A hit that stands in the stretch of a better one is left out, and a later one takes its place.
    A hit keeps its id, page and signals; passages that came as they are keep their text.

    Raises:
        StoreUnavailable: the neighbours could not be read.
    """
    wide: list[Hit] = []
    told: set[str] = set()
    for hit in hits:
        if len(wide) == limit:
            break
        if hit.passage.id in told:
            continue
        if len(wide) >= READ_IN_PLACE:
            wide.append(hit)
            continue
        stretch = await _stretch(hit.passage, store, most_tokens)
        told.update(passage.id for passage in stretch)
        wide.append(replace(hit, passage=_joined(hit.passage, stretch)))
    return wide


async def in_place(passage: Passage, store: Surroundings, *, most_tokens: int) -> Passage:
    """A passage with the text that hits carry of it: what was quoted from a hit stands in it.

    Raises:
        StoreUnavailable: the neighbours could not be read.
    """
    return _joined(passage, await _stretch(passage, store, most_tokens))


def _joined(passage: Passage, stretch: Sequence[Passage]) -> Passage:
    text = stretch[0].text
    for before, piece in pairwise(stretch):
        if piece.heading_path != before.heading_path:
            text += f"\n\n# {piece.heading_path[-1]}"
        # A long table is torn between its rows; apart from its header a row says nothing.
        text += ("\n" if _goes_on(text, piece.text) else "\n\n") + piece.text
    return replace(passage, text=text)


def _goes_on(before: str, text: str) -> bool:
    """Whether a text begins with further rows of the table that another ends with."""
    *_, last = before.rstrip().splitlines() or ("",)
    first, *others = text.splitlines() or ("",)
    return is_row(last) and is_row(first) and not (others and is_rule(others[0]))


async def _stretch(passage: Passage, store: Surroundings, most_tokens: int) -> tuple[Passage, ...]:
    """The passage and what is read on around it, as much as there is room for."""
    if not is_piece(passage) or count_tokens(passage.text) >= most_tokens:
        return (passage,)
    found = await store.neighbours(passage, reach=_REACH)
    return _grown(passage, [other for other in found if _belongs(other, passage)], most_tokens)


def _grown(passage: Passage, near: Sequence[Passage], most_tokens: int) -> tuple[Passage, ...]:
    """Neighbours are taken in turn, behind and before, as long as they fit and none is skipped."""
    by_place = {other.position: other for other in near}
    stretch = [passage]
    room = most_tokens - count_tokens(passage.text)
    grew = True
    while grew:
        grew = False
        for place in (stretch[-1].position + 1, stretch[0].position - 1):
            other = by_place.get(place)
            if other is not None and (needed := count_tokens(other.text)) <= room:
                room -= needed
                stretch = sorted((*stretch, other), key=lambda one: one.position)
                grew = True
    return tuple(stretch)


def _belongs(other: Passage, passage: Passage) -> bool:
    """Whether another piece is of the same section, or of one that the passage only opens."""
    if not is_piece(other):
        return False
    path = passage.heading_path
    below = len(path) < len(other.heading_path) and other.heading_path[: len(path)] == path
    opening = below and count_tokens(passage.text) < OPENING_TOKENS
    return opening or other.heading_path == path
