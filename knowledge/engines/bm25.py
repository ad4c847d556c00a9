"""BM25 as a sparse vector, for Chinese and English text side by side.

The store knows how rare a term is (IDF); this engine supplies the rest of Okapi BM25 (Robertson,
Walker, Jones, Hancock-Beaulieu, Gatford, TREC-3 1994): how often a term stands in a passage,
saturated, and damped by the passage's length.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import mmh3
from py_rust_stemmers import SnowballStemmer  # type: ignore[import-untyped]  # ships no types

from knowledge.engines.stop_words import CHINESE_STOP_WORDS, ENGLISH_STOP_WORDS
from knowledge.model import SparseVector
from knowledge.quantities import fold, in_digits

SATURATION = 1.2
"""k1: how soon more occurrences of a term stop counting."""

LENGTH_DAMPING = 0.6
"""b: how much a long passage's terms count less."""

USUAL_TERMS = 240
"""The passage length that is neither damped nor raised; fixed, so that a passage's vector does not
depend on what else is stored."""

SINGLE_CHARACTER_WEIGHT = 0.3
"""A lone Chinese character in a question: it finds words that were cut differently, and no more."""

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_PIECE = re.compile(
    rf"(?P<han>[{_HAN}]+)"
    rf"|(?P<code>[^\W_{_HAN}]+(?:[-_.:/@'’&+#][^\W_{_HAN}]+)+[+#]*|[^\W_{_HAN}]+[+#]+)"
    rf"|(?P<word>[^\W_{_HAN}]+)"
)
_INNER = re.compile(r"[-_.:/@&+#]+")
_POSSESSIVE = re.compile(r"['’](?:s|t|re|ve|ll|d|m)?\b")


class Bm25:
    """Weighs terms: Chinese words and characters, English stems, numbers and codes as they are.

    dictionary: company words, one an entry, that are terms of their own wherever they stand. An
        entry may name synonyms behind an equals sign, separated by commas: `PTO = 年假, vacation`.
    """

    def __init__(self, dictionary: Sequence[str] = ()) -> None:
        import rjieba  # loads its word list, 0.2 s

        self._cut_chinese = rjieba.cut_for_search
        self._canonical = _canonical_words(dictionary)
        longest_first = sorted(self._canonical, key=lambda word: (-len(word), word))
        self._stemmer = SnowballStemmer("english")
        self._company_word = _alternatives(longest_first)

    @property
    def name(self) -> str:
        """`bm25`."""
        return "bm25"

    def encode_passage(self, text: str) -> SparseVector:
        """Saturated term frequencies, each below `SATURATION + 1`."""
        counts = Counter(map(term_id, self.terms(text)))
        length = counts.total()
        floor = SATURATION * (1 - LENGTH_DAMPING + LENGTH_DAMPING * length / USUAL_TERMS)
        return _sparse({term: n * (SATURATION + 1) / (n + floor) for term, n in counts.items()})

    def encode_question(self, text: str) -> SparseVector:
        """Each term once: 1, or less for a lone Chinese character."""
        weights: dict[int, float] = {}
        for term in self.terms(text):
            weight = SINGLE_CHARACTER_WEIGHT if _is_single_character(term) else 1.0
            weights[term_id(term)] = max(weight, weights.get(term_id(term), 0.0))
        return _sparse(weights)

    def terms(self, text: str) -> Iterator[str]:
        """The terms of a text in their order, stop words left out, repeated as they repeat."""
        folded = in_digits(fold(text))
        start = 0
        for match in self._company_word.finditer(folded):
            yield from self._common_terms(folded[start : match.start()])
            yield self._canonical[match.group()]
            # What the word is made of stays findable, as in search-mode segmentation.
            yield from self._common_terms(match.group(), whole=match.group())
            start = match.end()
        yield from self._common_terms(folded[start:])

    def _common_terms(self, text: str, *, whole: str = "") -> Iterator[str]:
        for match in _PIECE.finditer(text):
            if match.lastgroup == "han":
                found = self._chinese(match.group())
            elif match.lastgroup == "code":
                found = self._code(match.group())
            else:
                found = self._word(match.group())
            yield from (term for term in found if term != whole)

    def _chinese(self, run: str) -> Iterator[str]:
        """Words, pairs of neighbouring characters, and single characters.

        The pairs find the words that the segmenter does not know (年假 is one) or cut differently.
        """
        words = [word for word in self._cut_chinese(run) if len(word) > 1]
        yield from (word for word in words if word not in CHINESE_STOP_WORDS)
        known = set(words)
        for pair in map("".join, pairwise(run)):
            if pair not in known and CHINESE_STOP_WORDS.isdisjoint((pair, *pair)):
                yield pair
        yield from (character for character in run if character not in CHINESE_STOP_WORDS)

    def _code(self, code: str) -> Iterator[str]:
        """A code as it is, closed up, and its parts: `on-call` is found by oncall and by call."""
        plain = _POSSESSIVE.sub("", code)
        parts = [part for part in _INNER.split(plain) if part]
        if plain != "".join(parts):
            yield plain
        if len(parts) > 1 and "-" in plain:
            yield from self._word("".join(parts))
        for part in parts:
            yield from self._word(part)

    def _word(self, word: str) -> Iterator[str]:
        if word not in ENGLISH_STOP_WORDS:
            yield self._stemmer.stem_word(word) if word.isalpha() else word


def load_dictionary(path: Path) -> tuple[str, ...]:
    """The entries of a dictionary file for `Bm25`: one a line; blank lines and `#` lines are not.

    Raises:
        OSError: the file cannot be read.
    """
    lines = (line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def term_id(term: str) -> int:
    """The term's index in a sparse vector: the number that Qdrant's own BM25 gives it."""
    return abs(mmh3.hash(term))


def _canonical_words(dictionary: Sequence[str]) -> Mapping[str, str]:
    """Every spelling in the dictionary with the word it counts as."""
    canonical: dict[str, str] = {}
    for entry in dictionary:
        word, _, synonyms = fold(entry).partition("=")
        spellings = (word, *re.split(r"[,、;]", synonyms))
        for spelling in filter(None, map(str.strip, spellings)):
            canonical.setdefault(spelling, word.strip() or spelling)
    return canonical


def _alternatives(words: Sequence[str]) -> re.Pattern[str]:
    """Matches any of the words; one in Latin letters only where no letter or digit adjoins."""
    if not words:
        return re.compile(r"(?!)")
    bounded = (
        ("(?<![a-z0-9])" if word[0].isascii() and word[0].isalnum() else "")
        + re.escape(word)
        + ("(?![a-z0-9])" if word[-1].isascii() and word[-1].isalnum() else "")
        for word in words
    )
    return re.compile("|".join(bounded))


def _is_single_character(term: str) -> bool:
    return len(term) == 1 and not term.isascii()


def _sparse(weights: Mapping[int, float]) -> SparseVector:
    return SparseVector(indices=tuple(weights), values=tuple(weights.values()))
