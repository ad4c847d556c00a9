"""Which of many texts are alike: found by the runs of characters they share, without comparing all.

Work and memory grow with the length of the texts, not with the number of pairs: a run of characters
that many texts share brings each of them together with a few others only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from knowledge.model import Language
from knowledge.quantities import fold, in_digits

RUN: Mapping[Language, int] = {"zh": 4, "en": 12}
"""Characters: about two words of each language."""

_REACH = 8
"""Texts that a shared run brings each text together with."""

_AT_ONCE = 100_000
"""Characters hashed at once, and runs: more would keep the interpreter from other threads."""

_OTHER_SIGNS = re.compile(r"[\W\d_]+")
_MIX = np.uint64(0x9E3779B97F4A7C15)
_STEP = np.uint64(0x100000001B3)
_TEXT_BITS = np.uint64(24)
_TEXTS = np.uint64(2**24 - 1)

_Numbers: TypeAlias = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Two texts by their place in the sequence, the earlier first.

    share: of the runs of the shorter one, how many the other has, in [0, 1].
    """

    one: int
    other: int
    share: float


def bare(text: str) -> str:
    """A text as it is compared: its words without numbers and signs."""
    return _OTHER_SIGNS.sub(" ", in_digits(fold(text))).strip()


def alike(
    texts: Sequence[str], groups: Sequence[int], *, run: int, least: float
) -> tuple[Alike, ...]:
    """The pairs of texts of different groups that share at least so much.

    texts: bare ones. groups: one a text, as the document it is from.
    run: how many characters make a run; texts of fewer are alike to nothing.
    """
    keys = np.concatenate([*_keys(texts, run), np.empty(0, dtype=np.uint64)])
    keys.sort()
    hashes, owners = keys >> _TEXT_BITS, (keys & _TEXTS).astype(np.int64)
    sizes = np.bincount(owners, minlength=len(texts))
    of_group = np.asarray(groups, dtype=np.int64)
    together = [
        _together(hashes[at : at + _AT_ONCE + by], owners[at : at + _AT_ONCE + by], of_group, by)
        for by in range(1, _REACH + 1)
        for at in range(0, len(keys) or 1, _AT_ONCE)
    ]
    pairs, counts = np.unique(np.concatenate(together), return_counts=True)
    one, other = pairs >> 32, pairs & 0xFFFFFFFF
    shares = counts / np.maximum(np.minimum(sizes[one], sizes[other]), 1)
    return tuple(
        Alike(one=int(one[at]), other=int(other[at]), share=min(1.0, float(shares[at])))
        for at in np.flatnonzero(shares >= least)
    )


def _keys(texts: Sequence[str], run: int) -> Iterator[_Numbers]:
    """Each different run of each text: its hash, and in the lower bits whose it is."""
    for first, last in _batches(texts):
        joined = "".join(texts[first:last])
        if len(joined) < run:
            continue
        codes = np.frombuffer(joined.encode("utf-32-le", "replace"), dtype=np.uint32)
        lengths = [len(text) for text in texts[first:last]]
        owners = np.repeat(np.arange(first, last, dtype=np.uint64), lengths)
        count = len(codes) - run + 1
        hashes = np.zeros(count, dtype=np.uint64)
        for at in range(run):
            hashes = hashes * _STEP + codes[at : at + count]
        whole = owners[:count] == owners[run - 1 :]
        mixed = (hashes * _MIX) >> _TEXT_BITS
        keys = (mixed[whole] << _TEXT_BITS) | owners[:count][whole]
        keys.sort()
        yield keys[np.flatnonzero(np.diff(keys, prepend=~keys[:1]))]


def _batches(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    first = length = 0
    for at, text in enumerate(texts):
        length += len(text)
        if length >= _AT_ONCE:
            yield first, at + 1
            first, length = at + 1, 0
    if first < len(texts):
        yield first, len(texts)


def _together(
    hashes: _Numbers, owners: npt.NDArray[np.int64], groups: npt.NDArray[np.int64], by: int
) -> npt.NDArray[np.int64]:
    """The pairs of texts that have a run in common and lie so far from each other in its list."""
    if len(hashes) <= by:
        return np.empty(0, dtype=np.int64)
    one, other = owners[:-by], owners[by:]
    same = (hashes[:-by] == hashes[by:]) & (groups[one] != groups[other])
    return np.asarray((one[same] << 32) | other[same], dtype=np.int64)


def clusters(pairs: Sequence[tuple[int, int]]) -> tuple[tuple[int, ...], ...]:
    """What hangs together by pairs, each part in ascending order."""
    leader: dict[int, int] = {}

    def find(at: int) -> int:
        while leader.setdefault(at, at) != at:
            leader[at] = at = leader[leader[at]]
        return at

    for one, other in pairs:
        low, high = sorted((find(one), find(other)))
        leader[high] = low
    parts: dict[int, list[int]] = {}
    for at in sorted(leader):
        parts.setdefault(find(at), []).append(at)
    return tuple(tuple(part) for part in parts.values())
