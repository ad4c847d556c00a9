"""Questions with the answers that people wrote, before anybody verified them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias

from knowledge.model import Citation

_SPACES = re.compile(r"\s+")
_ENDS = " ?!.。…"

_Key: TypeAlias = tuple[frozenset[str], str]
"""Readers, and words as they are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One question with its answer, and where it stands.

    wordings: other ways to ask the same. owner: who answers for it; empty where nobody is named.
    """

    path: str
    line: int
    question: str
    text: str
    audience: frozenset[str]
    wordings: tuple[str, ...] = ()
    owner: str = ""
    review_on: date | None = None
    citations: tuple[Citation, ...] = ()

    @property
    def asked(self) -> tuple[str, ...]:
        """Every way in which it is asked, the question first."""
        return (self.question, *self.wordings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A line that could not be taken in, and why, for whoever wrote the file.

    line: from 1, in a spreadsheet the row; 0 is the whole file.
    """

    path: str
    line: int
    reason: str


def compared(words: str) -> str:
    """Words as they are compared: without case, width, spacing and what ends a sentence."""
    plain = unicodedata.normalize("NFKC", words).casefold()
    return _SPACES.sub(" ", plain).strip(_ENDS)


def distinct(wordings: Iterable[str], *, besides: str = "") -> tuple[str, ...]:
    """Wordings that differ from each other and from the question, in their order."""
    seen = {compared(besides)}
    kept: list[str] = []
    for words in wordings:
        if compared(words) not in seen:
            seen.add(compared(words))
            kept.append(words)
    return tuple(kept)


def settled(pairs: Sequence[Pair]) -> tuple[tuple[Pair, ...], tuple[Fault, ...]]:
    """Each question once a kind of reader: repeated ones are merged, contradictions are faults.

    Of two answers to the same words neither is taken: which one holds, a person has to say.
    """
    by_words: dict[_Key, dict[str, Pair]] = {}
    for pair in pairs:
        for key in _keys(pair):
            by_words.setdefault(key, {}).setdefault(pair.text, pair)
    faults = {id(pair): _contradicted(pair, by_words) for pair in pairs}
    merged: list[Pair] = []
    place: dict[_Key, int] = {}
    for pair in pairs:
        if faults[id(pair)] is not None:
            continue
        known = [place[key] for key in _keys(pair) if key in place]
        if known:
            merged[known[0]] = _merged(merged[known[0]], pair)
        else:
            merged.append(pair)
        place |= dict.fromkeys(_keys(pair), known[0] if known else len(merged) - 1)
    return tuple(merged), tuple(fault for fault in faults.values() if fault is not None)


def _keys(pair: Pair) -> list[_Key]:
    return [(pair.audience, compared(words)) for words in pair.asked]


def _contradicted(pair: Pair, by_words: Mapping[_Key, Mapping[str, Pair]]) -> Fault | None:
    """What is wrong where the same words have another answer, too."""
    for words, key in zip(pair.asked, _keys(pair), strict=True):
        other = next((one for text, one in by_words[key].items() if text != pair.text), None)
        if other is not None:
            where = "line" if other.path == pair.path else f"{other.path}, line"
            reason = f"{where} {other.line} has another answer to {words!r}; keep one of them"
            return Fault(path=pair.path, line=pair.line, reason=reason)
    return None


def _merged(first: Pair, again: Pair) -> Pair:
    return replace(
        first,
        wordings=distinct((*first.wordings, *again.asked), besides=first.question),
        owner=first.owner or again.owner,
        review_on=min(filter(None, (first.review_on, again.review_on)), default=None),
        citations=first.citations or again.citations,
    )
