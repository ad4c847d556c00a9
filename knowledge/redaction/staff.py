"""People by the names of a directory, in the forms in which others write them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from knowledge.language import HAN
from knowledge.pinyin import sound
from knowledge.redaction.kinds import Find, Kind
from knowledge.redaction.people import COMPOUND
from knowledge.script import simplified

if TYPE_CHECKING:
    from opencc import OpenCC

_AS_SURNAMES = (
    "单shan 曾zeng 解xie 仇qiu 区ou 查zha 任ren 盖ge 朴piao 翟zhai 缪miao 乐yue 覃qin"
    " 吕lv 尉wei 沈shen"
)
_READINGS: Mapping[str, str] = {one[0]: one[1:] for one in _AS_SURNAMES.split()}
_HAN_NAME = re.compile(rf"[{HAN}·]{{2,20}}")
_TOKEN = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿĀ-ž]+")
# Parts of names that are words: alone they are left, in a whole name they are not.
_ALSO_WORDS = frozenset(
    "will may mark grant rich young long bill rose grace hope joy faith art dean page price case"
    " bank day"
    " summer april june august dawn chase pat sue rob drew frank ernest guy jack king bishop"
    " baker cook hunter"
    " mason carter miller smith taylor walker ward wood woods brown green white black gray grey"
    " stone field"
    " fields hill hall park parks church north south east west english french holiday sharp"
    " strong small short"
    " good best wise power powers banks law laws read reading may rice bean pope noble major"
    " sales office hr it"
    " test user admin support team wang li he she you an so song long man men can sun sang hang"
    " pan ping bin".split()
)
_LEAST_ALONE = 3
_FARTHEST_APART = 3
_BETWEEN_PARTS = frozenset(" ,.-_*\n·'’")
_BETWEEN_HAN = frozenset(" ·*_")
_ONE_HAN = re.compile(f"[{HAN}]")


class Names:
    """A directory of names, ready to be looked for: any number of them costs the same.

    Chinese names are also found in the other script, with spaces between, and as pinyin in both
    orders; others in both orders, with initials, in any case, and by each part that is no word.
    """

    def __init__(self, names: Collection[str]) -> None:
        self._han: dict[str, set[str]] = {}
        self._latin: dict[str, set[tuple[str, ...]]] = {}
        self._parts: set[str] = set()
        for name in names:
            self._add(" ".join(name.split()))
        self._longest = max((len(f) for forms in self._han.values() for f in forms), default=0)
        firsts = "".join({form[0] for form in self._han})
        self._first = re.compile(rf"[{firsts}](?=[ ·*_]{{0,3}}[{HAN}])" if firsts else r"(?!)")

    def __call__(self, text: str) -> Iterator[Find]:
        """Where a name stands; of two that begin at one place the longer."""
        if self._han:
            yield from self._in_han(text)
        if self._latin:
            yield from self._in_latin(text)

    def _add(self, name: str) -> None:
        bare = name.replace(" ", "")
        if _HAN_NAME.fullmatch(bare):
            for form in _scripts(bare.replace("·", "")):
                self._han.setdefault(form[:2], set()).add(form)
            for spelled in _spelled(bare):
                self._add_latin(spelled)
            return
        for order in _orders(name.casefold().split()):
            self._add_latin(tuple(_TOKEN.findall(" ".join(order))))
        parts = _TOKEN.findall(name.casefold())
        self._parts |= {p for p in parts if len(p) >= _LEAST_ALONE and p not in _ALSO_WORDS}

    def _add_latin(self, form: tuple[str, ...]) -> None:
        if form and len("".join(form)) >= _LEAST_ALONE:
            self._latin.setdefault(form[0], set()).add(form)

    def _in_han(self, text: str) -> Iterator[Find]:
        for first in self._first.finditer(text):
            places = [*_letters(text, first.start(), self._longest)]
            letters = "".join(text[at] for at in places)
            forms = self._han.get(letters[:2], ())
            length = max((len(form) for form in forms if letters.startswith(form)), default=0)
            if length:
                end = places[length - 1] + 1
                yield Find(start=first.start(), end=end, kind=Kind.NAME)

    def _in_latin(self, text: str) -> Iterator[Find]:
        words = _TOKEN.findall(text.casefold())
        if self._parts.isdisjoint(words) and self._latin.keys().isdisjoint(words):
            return
        tokens = [(found.start(), found.end()) for found in _TOKEN.finditer(text)]
        if len(words) != len(tokens):  # a letter that is two when it is small
            words = [text[start:end].casefold() for start, end in tokens]
        for first, word in enumerate(words):
            if word not in self._latin and word not in self._parts:
                continue
            if length := self._length(text, words, tokens, first):
                end = tokens[first + length - 1][1]
                yield Find(start=tokens[first][0], end=end, kind=Kind.NAME)

    def _length(
        self, text: str, words: list[str], tokens: list[tuple[int, int]], first: int
    ) -> int:
        """Of how many words the longest name is that begins here; 0 where none does."""
        fitting = [
            len(form)
            for form in self._latin.get(words[first], ())
            if tuple(words[first : first + len(form)]) == form
            and _near(text, tokens[first : first + len(form)])
        ]
        start, end = tokens[first]
        alone = words[first] in self._parts and not text[start:end].islower()
        return max(fitting, default=int(alone))


def _letters(text: str, start: int, most: int) -> Iterator[int]:
    """Where the characters stand that follow each other from here, spaces and dots left out."""
    apart = 0
    for at in range(start, min(len(text), start + most * (_FARTHEST_APART + 1))):
        if text[at] in _BETWEEN_HAN:
            apart += 1
            if apart > _FARTHEST_APART:
                return
            continue
        if most == 0 or not _ONE_HAN.match(text[at]):
            return
        apart, most = 0, most - 1
        yield at


def _near(text: str, tokens: Sequence[tuple[int, int]]) -> bool:
    """Whether words stand together as those of one name do: "Smith, J.", "john.smith"."""
    return all(
        start - end <= _FARTHEST_APART and set(text[end:start]) <= _BETWEEN_PARTS
        for (_, end), (start, _) in pairwise(tokens)
    )


def _orders(parts: Sequence[str]) -> Iterable[Sequence[str]]:
    """John Q. Smith as he signs, as Smith John, J. Smith, and as johnsmith or jsmith."""
    yield parts
    if len(parts) > 1:
        first, last = parts[0], parts[-1]
        yield from ((first, last), (last, first), (last, *parts[:-1]))
        yield from ((first[0], last), (last, first[0]))
        yield from ((first + last,), (first[0] + last,), (last + first,))


def _scripts(name: str) -> set[str]:
    return {name, simplified(name), _traditional().convert(name)}


@cache
def _traditional() -> OpenCC:
    from opencc import OpenCC  # reads its tables, 20 ms

    return OpenCC("s2t")


def _spelled(name: str) -> Iterable[tuple[str, ...]]:
    """In pinyin: Zhang San, San Zhang, zhangsan; a given name in one word or in two."""
    surname = 2 if re.match(COMPOUND, name) else 1
    syllables = [_READINGS.get(c, "") if at < surname else "" for at, c in enumerate(name)]
    syllables = [known or sound(simplified(c)) for known, c in zip(syllables, name, strict=True)]
    if not all(syllables) or len(name) == surname:
        return
    last, given = "".join(syllables[:surname]), syllables[surname:]
    for first in {("".join(given),), tuple(given)}:
        yield from ((last, *first), (*first, last))
    yield from ((last + "".join(given),), ("".join(given) + last,))
