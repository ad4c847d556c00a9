"""Chinese words typed by ear and caught by what was found: 年价 becomes 年假, 抱销 becomes 报销.

An input method offers characters of the same sound, and people take the wrong one. What the first
search brings back is nearly always about the right thing, so its words are the dictionary.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, islice, pairwise

from knowledge.engines.stop_words import CHINESE_STOP_WORDS
from knowledge.pinyin import sound
from knowledge.quantities import fold
from knowledge.script import simplified

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]{2,}")
_NEVER_WRONG = CHINESE_STOP_WORDS | set("零一二两三四五六七八九十百千万亿多少")
_LEAST_SEEN = 2
"""How often a word must stand in what was found: once may be a slip itself."""


_MOST_READ = 20
"""Places that are looked at for a correction: the best passages come first."""

_AROUND = 6
"""Characters on either side in which a word is looked for."""


class Spelling:
    """Corrects single characters of words that neither the language nor the documents know."""

    def __init__(self) -> None:
        import rjieba  # loads its word list, 0.2 s

        self._cut = rjieba.cut

    def respelled(self, question: str, found: Sequence[str]) -> str:
        """The question with its slips corrected; the question itself where there are none.

        A slip is two neighbouring characters that no word covers and no found text has, of which
        one replaced by another of the same sound gives a word that the found texts repeat.
        """
        written = list(question)
        text = ""
        for at in self._doubtful(question):
            text = text or "\n".join(map(fold, found))
            plain = simplified("".join(written))
            if plain[at : at + 2] in text:
                continue
            for place, right in enumerate(self._meant(plain, at, text), start=at):
                if right != plain[place]:
                    written[place] = right
        return "".join(written)

    def _meant(self, question: str, at: int, text: str) -> str:
        """The commonest two characters that sound like those at a place, and fit there."""
        pair = question[at : at + 2]
        heard = sound(pair)
        counts: Counter[str] = Counter()
        near = [one.start() for one in re.finditer(re.escape(pair[0]), text)]
        near += [one.start() - 1 for one in re.finditer(re.escape(pair[1]), text) if one.start()]
        alike = (one for one in near if heard and sound(text[one : one + 2]) == heard)
        for one in islice(alike, _MOST_READ):
            found = text[one : one + 2]
            corrected = question[:at] + found + question[at + 2 :]
            counts[found] += self._whole(text, one) in corrected
        seen, best = max(((n, one) for one, n in counts.items()), default=(0, ""))
        return best if seen >= _LEAST_SEEN else ""

    def _whole(self, text: str, at: int) -> str:
        """Two characters of a text with the rest of the words they are in: 公积金 for 公积."""
        start = max(0, at - _AROUND)
        words = self._cut(text[start : at + 2 + _AROUND], False)
        ends = list(accumulate(map(len, words), initial=start))
        return "".join(
            word
            for word, (begin, end) in zip(words, pairwise(ends), strict=True)
            if begin < at + 2 and end > at
        )

    def _doubtful(self, question: str) -> list[int]:
        """Where two characters stand together that are not both inside words."""
        places: list[int] = []
        # Characters are replaced one by one, so that places stay places of the question.
        for run in _HAN.finditer(question):
            plain = simplified(run.group())
            inside = [len(word) > 1 for word in self._cut(plain, False) for _ in word]
            places += [
                run.start() + at
                for at, pair in enumerate(map("".join, pairwise(plain)))
                if not (inside[at] and inside[at + 1]) and _NEVER_WRONG.isdisjoint((pair, *pair))
            ]
        return places
