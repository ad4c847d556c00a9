"""What people say and pages do not: 外婆 is asked about, 外祖父母 is written.

A gloss stands behind the everyday word, in brackets, so that whatever reads the question (search,
evidence, a language model, the person who asked) reads both.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from importlib.resources import files
from itertools import accumulate

from knowledge.language import language_of
from knowledge.model import Language
from knowledge.quantities import fold
from knowledge.script import simplified

_FILE = "everyday_words.txt"
_BRACKETS: Mapping[Language, str] = {"zh": "（{}）", "en": " ({})"}


class Everyday:
    """Explains the everyday words of a question by those of the rules.

    lines: `said, also said = what rules call it`; without them those that come with the package.
    """

    def __init__(self, lines: Sequence[str] = ()) -> None:
        import rjieba  # loads its word list, 0.2 s

        self._cut = rjieba.cut
        self._called = _called(lines or _shipped())
        self._said = {language: _any_of(words) for language, words in self._called.items()}

    def glossed(self, question: str, found: Sequence[str]) -> str:
        """The question with what rules call things, behind what it calls them.

        found: what the question as it is brings back. A word that stands there, while the rules'
        word does not, is what these pages say themselves, and needs no gloss.
        """
        language = language_of(question)
        plain = simplified(question)
        source = question if len(plain) == len(question) else plain
        text, told = "", {fold(question)}
        glossed, start = "", 0
        for match in self._said[language].finditer(plain):
            called = self._called[language][match.group().lower()]
            if not self._stands_alone(plain, match) or any(fold(called) in one for one in told):
                continue
            text = text or fold("\n".join(found))
            if fold(match.group()) in text and fold(called) not in text:
                continue
            glossed += source[start : match.end()] + _BRACKETS[language].format(called)
            start = match.end()
            told.add(fold(called))
        return glossed + source[start:]

    def _stands_alone(self, text: str, match: re.Match[str]) -> bool:
        """Whether no word goes over its ends: there is no 动车 in 机动车."""
        if match.group().isascii():
            return True
        ends = {0, *accumulate(map(len, self._cut(text, False)))}
        return {match.start(), match.end()} <= ends


def _shipped() -> Sequence[str]:
    return (files("knowledge.engines") / _FILE).read_text(encoding="utf-8").splitlines()


def _called(lines: Sequence[str]) -> Mapping[Language, Mapping[str, str]]:
    """What rules call an everyday word, by the language they are written in."""
    found: dict[Language, dict[str, str]] = {"zh": {}, "en": {}}
    for line in lines:
        said, equals, called = line.partition(" = ")
        if equals and not line.startswith("#"):
            words = (word.strip().lower() for word in said.split(","))
            found[language_of(called)].update(dict.fromkeys(words, called.strip()))
    return found


def _any_of(words: Collection[str]) -> re.Pattern[str]:
    """Matches any of the words, the longest first; Latin letters only as whole words."""
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    bounded = (
        rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])" if word.isascii() else re.escape(word)
        for word in longest_first
    )
    return re.compile("|".join(bounded) or r"(?!)", re.IGNORECASE)
