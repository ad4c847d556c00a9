"""The words of a text that carry its meaning, for comparing two texts without a model.

English words are lower-cased, cut to a rough stem and freed of stop words; Chinese, which writes no
spaces, is compared by pairs of neighbouring characters. Codes and numbers stay whole.
"""

from __future__ import annotations

import itertools
import re

from knowledge.quantities import fold, in_digits

_LATIN = re.compile(r"[a-z0-9][a-z0-9._+#/@-]*[a-z0-9+#]|[a-z0-9]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")

_EN_STOP = frozenset(
    "a an the this that these those some any each every all both and or but if then so than as of "
    "at by for with about into from to in on off over under up down out is are was were be been "
    "being am do does did doing have has had having i you he she it we they me him her us them my "
    "your his its our their mine yours what which who whom whose when where why how can could may "
    "might must shall should will would not no nor only own same too very just also there here "
    "please tell know want need get got let much many long often soon far old s t don ll ve re d m"
    "".split()
)
# Function characters: a pair that holds one of these says nothing about the subject.
_ZH_STOP = frozenset(
    "的了吗呢吧啊么是在有和与及或也都就还又要会能可以不没被把给让对从到为我你他她它们"
    "这那哪什怎谁几多少请问个得着过之其等"
)
_ZH_STOP_PAIRS = frozenset("如何 需要 应该 公司 告诉 知道 的话 时候 一下 一个 是否".split())
# Names that such a character is part of: 成都 in a table has to be told from 其他城市.
_ZH_NAMES = frozenset("成都 昌都 京都 首都 和田".split())
_SUFFIXES = (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""))


def content_words(text: str) -> frozenset[str]:
    """The words that carry meaning, folded; comparable between any two texts of one language."""
    folded = in_digits(fold(text))
    latin = (_stem(word) for word in _LATIN.findall(folded) if word not in _EN_STOP)
    return frozenset(latin) | frozenset(
        pair for run in _HAN.findall(folded) for pair in _pairs(run)
    )


def searchable_words(text: str) -> frozenset[str]:
    """The content words, and neighbours written as one: "payday" is to be found in "pay day"."""
    latin = [word for word in _LATIN.findall(fold(text)) if word.isalpha()]
    joined = (_stem(first + second) for first, second in itertools.pairwise(latin))
    return content_words(text) | frozenset(joined)


def coverage(wanted: frozenset[str], text_words: frozenset[str]) -> float:
    """The share of the wanted words that a text has, in [0, 1]; 0 if nothing is wanted."""
    return len(wanted & text_words) / len(wanted) if wanted else 0.0


def without(text: str, words: frozenset[str]) -> str:
    """A text, folded, with these of its content words left out; as it is if no other is left."""
    folded = fold(text)
    spans = [word.span() for word in _LATIN.finditer(folded) if _stem(word.group()) in words]
    for run in _HAN.finditer(folded):
        pairs = ((at, at + 2) for at in range(run.start(), run.end() - 1))
        spans += [(start, end) for start, end in pairs if folded[start:end] in words]
    dropped = {at for start, end in spans for at in range(start, end)}
    left = "".join(letter for at, letter in enumerate(folded) if at not in dropped)
    return " ".join(left.split()) if dropped and content_words(left) else text


def _pairs(run: str) -> list[str]:
    if len(run) == 1:
        return [] if run in _ZH_STOP else [run]
    pairs = (run[i : i + 2] for i in range(len(run) - 1))
    return [
        p
        for p in pairs
        if p in _ZH_NAMES
        or (p not in _ZH_STOP_PAIRS and not (p[0] in _ZH_STOP or p[1] in _ZH_STOP))
    ]


def _stem(word: str) -> str:
    """A rough English stem: enough to match plurals and the commonest verb forms."""
    if not word.isalpha() or len(word) < 4:
        return word
    for suffix, kept in _SUFFIXES:
        if word.endswith(suffix) and not word.endswith("ss") and len(word) - len(suffix) >= 3:
            return (word.removesuffix(suffix) + kept).rstrip("e")
    return word.rstrip("e")
