"""A unigram vocabulary that stays in its file: the likeliest cut of a text into known pieces.

Libraries read a quarter of a million pieces into memory of their own, 281 MB in one and 44 MB in
another. Here they are a tree in two tables that the system maps: a start reads nothing, and only
the pages that texts touch ever become memory.

Which cut is the likeliest is decided as the library `tokenizers` does: sums of 64-bit floats from
the left, and of two equal ones the first that is found. Vectors that are stored came from its cuts.
"""

from __future__ import annotations

import math
import mmap
from array import array
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from knowledge.atomic import room

SPACE: Final = "\u2581"
"""What stands for a space, before each word."""

_BRANCHES, _ENDS, _SCORES = "branches.bin", "ends.bin", "scores.bin"
_EMPTY, _NO_PIECE = -1, -1
_CHARACTER_BITS = 21
_BY_NODE, _BY_CHARACTER = 40_503, 10_007
"""Where the branch from a node by a character is looked for first; then come the next slots. A
node is known by its own slot."""
_UNKNOWN_PENALTY = 10.0
"""An unknown character is so much less likely than the rarest piece."""
_LONGEST_KEPT = 24
_WORDS_KEPT = 4_096
"""Words come again within a text and from text to text: a megabyte for those cut last."""


class Unigram:
    """Cuts words into the ids of pieces."""

    def __init__(self, folder: Path, *, unknown: int) -> None:
        """Map what `write_unigram` wrote into the folder.

        Raises:
            OSError: a file is missing.
            ValueError, TypeError: a file is empty or cut off.
        """
        self._branches = _mapped(folder / _BRANCHES).cast("q")
        self._ends = _mapped(folder / _ENDS).cast("i")
        self._scores = _mapped(folder / _SCORES).cast("d")
        if len(self._branches) != len(self._ends) or len(self._ends).bit_count() != 1:
            raise ValueError(f"{folder}: the vocabulary is damaged")
        self._unknown = unknown
        self._unknown_score = min(self._scores) - _UNKNOWN_PENALTY
        self._kept = lru_cache(_WORDS_KEPT)(self._cut)

    def ids(self, text: str) -> list[int]:
        """The ids of a text that was normalised; unknown characters in a row are one piece."""
        if not text:
            return []
        marked = text.replace(" ", SPACE)
        words = (marked if marked[0] == SPACE else SPACE + marked).split(SPACE)[1:]
        return [piece for word in words for piece in self._of_word(SPACE + word)]

    def _of_word(self, word: str) -> tuple[int, ...]:
        return self._kept(word) if len(word) <= _LONGEST_KEPT else self._cut(word)

    def _cut(self, word: str) -> tuple[int, ...]:
        """The likeliest path from the left (Viterbi), read from its end."""
        starts, pieces = self._best_paths(word)
        found: list[int] = []
        end, after = len(word), _NO_PIECE
        while end:
            piece = pieces[end]
            if piece != self._unknown or after != self._unknown:
                found.append(piece)
            end, after = starts[end], piece
        return tuple(reversed(found))

    def _best_paths(self, word: str) -> tuple[list[int], list[int]]:
        """For each end, where the last piece of the best path to it starts, and which it is.

        One loop in another, for speed: this runs for every character of every document.
        """
        branches, ends, piece_scores = self._branches, self._ends, self._scores
        root, mask = len(branches), len(branches) - 1
        characters = [ord(character) for character in word]
        size = len(characters)
        scores = [0.0] + [-math.inf] * size
        starts, pieces = [0] * (size + 1), [_NO_PIECE] * (size + 1)
        for start in range(size):
            node, here, alone = root, scores[start], False
            for end in range(start + 1, size + 1):
                character = characters[end - 1]
                branch = node << _CHARACTER_BITS | character
                node = node * _BY_NODE + character * _BY_CHARACTER & mask
                while (found := branches[node]) != branch and found != _EMPTY:
                    node = node + 1 & mask
                if found == _EMPTY:
                    break
                if (piece := ends[node]) != _NO_PIECE:
                    alone = alone or end == start + 1
                    if (score := here + piece_scores[piece]) > scores[end]:
                        scores[end], starts[end], pieces[end] = score, start, piece
            if not alone and (score := here + self._unknown_score) > scores[start + 1]:
                scores[start + 1], starts[start + 1] = score, start
                pieces[start + 1] = self._unknown
        return starts, pieces


def write_unigram(folder: Path, pieces: Sequence[str], scores: Sequence[float]) -> None:
    """Write the vocabulary for `Unigram`; of pieces that are the same the last counts.

    Raises:
        StorageFull: no room.
    """
    slots = 1 << (2 * _branch_count(pieces)).bit_length()
    branches, ends = array("q", [_EMPTY]) * slots, array("i", [_NO_PIECE]) * slots
    for identity, piece in enumerate(pieces):
        if piece:
            ends[_grown(branches, piece)] = identity
    with room(folder):
        (folder / _BRANCHES).write_bytes(branches)
        (folder / _ENDS).write_bytes(ends)
        (folder / _SCORES).write_bytes(array("d", scores))


def _grown(branches: array[int], piece: str) -> int:
    """The slot of the piece's last character, after adding what is not in the tree yet."""
    mask = len(branches) - 1
    node = mask + 1
    for character in map(ord, piece):
        branch = node << _CHARACTER_BITS | character
        node = node * _BY_NODE + character * _BY_CHARACTER & mask
        while branches[node] not in (branch, _EMPTY):
            node = node + 1 & mask
        branches[node] = branch
    return node


def _branch_count(pieces: Sequence[str]) -> int:
    neighbours = pairwise(["", *sorted(pieces)])
    return sum(len(piece) - _common(before, piece) for before, piece in neighbours)


def _common(one: str, other: str) -> int:
    """How many characters they have in common at the beginning."""
    length = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        length += 1
    return length


def _mapped(path: Path) -> memoryview:
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
