"""Names in an answer that its evidence does not have, or has nothing but another one for."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterator, Sequence

from knowledge.boundaries import sentences
from knowledge.clauses import LIGHT, Clause, Said
from knowledge.language import language_of
from knowledge.quantities import fold
from knowledge.words import content_words, coverage

_LATIN_NAME = re.compile(r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9]*(?:[._@/:+-][A-Za-z0-9]+)*")
_QUOTED = re.compile(r"[《「『“\"]([^》」』”\"]{2,40})[》」』”\"]")
_CODE = re.compile(r"[\d@._/]|[a-z][A-Z]|^[A-Z]{2,}$")
_TOKEN = re.compile(r"[a-z0-9][a-z0-9._+#/@-]*[a-z0-9+#]|[a-z0-9]|[\u3400-\u9fff]")
# A date is compared as a date.
_MONTH = re.compile(
    r"(?:Jan|Febr)(?:uary)?|Feb|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:tember)?"
    r"|Oct(?:ober)?|(?:Nov|Dec)(?:ember)?"
)
_LATIN_WORD = re.compile(r"[a-z][a-z-]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
# Characters that join or colour a rule but name nothing.
_PLAIN = frozenset(
    "的了是在有和与及或也都就还又要会能可以不没被把给让对从到为由向其该此这那个并且而则即须需应当得"
    "您你我他她它们者之所以于内外前后下时于此若如果如只仅均各每最已将请等至"
)
# Consent is the same thing in other words.
_AGREED = re.compile(r"同意|批准|许可|审批|核准|approv|consent|permission")
_LEAST_FIT = 0.6
_CONTEXT = 2
_LONGEST_NAME = 8


def unknown_names(text: str, spelled: str) -> tuple[str, ...]:
    """Names of a text that a folded text does not have."""
    return tuple(
        name
        for name in dict.fromkeys(_named(text))
        if not _MONTH.fullmatch(name)
        and not re.search(rf"(?<![a-z0-9]){re.escape(fold(name))}(?![a-z0-9])", spelled)
    )


def _named(text: str) -> list[str]:
    """Names in a text: quoted titles, codes and addresses, and in English capitalised words."""
    quoted = _QUOTED.findall(text)
    latin = list(_LATIN_NAME.finditer(text))
    if language_of(text) == "zh":
        return quoted + [m.group() for m in latin if len(m.group()) > 1]
    starts = {s[:1] and text.find(s) for s in sentences(text)}
    return quoted + [
        m.group()
        for m in latin
        if _CODE.search(m.group())
        or (m.group()[0].isupper() and m.start() not in starts and m.group() != "I")
    ]


def swapped(sentence: Said, evidence: Sequence[Said], question: Said) -> tuple[str, ...]:
    """Words that stand where the nearest clause of the evidence has others, all else equal."""
    known = [(clause, said) for said in evidence for clause in said.clauses]
    if not known:
        return ()
    return tuple(
        word
        for own in sentence.clauses
        if len(own.words) >= _CONTEXT
        for word in _swapped(own, sentence, known, question)
    )


def _swapped(
    own: Clause, sentence: Said, known: Sequence[tuple[Clause, Said]], question: Said
) -> Iterator[str]:
    nearest, said = max(
        known, key=lambda pair: (coverage(own.words, pair[0].words), -len(pair[0].words))
    )
    if own.text in nearest.text:
        return
    mine, theirs = _TOKEN.findall(own.text), _TOKEN.findall(nearest.text)
    for instead, original in _replaced(mine, theirs):
        new = _is_name(instead, said) and not content_words(_joined(instead)) & question.words
        if new and _is_name(original, sentence) and _rest_fits(own, nearest, instead):
            yield _joined(instead)


def _rest_fits(own: Clause, nearest: Clause, instead: Sequence[str]) -> bool:
    """Whether a clause is near a copy of another but for the words put in."""
    touched = set("".join(instead))
    rest = frozenset(
        w for w in own.words if not (touched & set(w) if _HAN.match(w) else w in instead)
    )
    return coverage(rest, nearest.words) >= _LEAST_FIT


def _replaced(mine: list[str], theirs: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    """The tokens put in place of others between two stretches that are equal."""
    blocks = _equal_blocks(mine, theirs)
    for (i, j, size), (next_i, next_j, next_size) in itertools.pairwise(blocks):
        instead, original = mine[i + size : next_i], theirs[j + size : next_j]
        left = size >= _CONTEXT or i == j == 0
        right = next_size >= _CONTEXT or (next_i + next_size, next_j + next_size) == (
            len(mine),
            len(theirs),
        )
        if instead and original and left and right:
            yield instead, original


def _equal_blocks(mine: list[str], theirs: list[str]) -> list[tuple[int, int, int]]:
    """Where two token lists are equal, from their beginnings to their ends; no chance single ones.

    "直属主管" and "分管副总裁" share 管 by chance.
    """
    matcher = difflib.SequenceMatcher(None, mine, theirs, autojunk=False)
    ends = (len(mine), len(theirs))
    found = [
        (b.a, b.b, b.size)
        for b in matcher.get_matching_blocks()
        if b.size >= _CONTEXT or (b.size and ((b.a, b.b) == (0, 0) or (b.a + 1, b.b + 1) == ends))
    ]
    return [(0, 0, 0), *found, (*ends, 0)]


def _is_name(tokens: Sequence[str], elsewhere: Said) -> bool:
    """Whether tokens may name something, and something that another text does not have."""
    joined = _joined(tokens)
    if len(tokens) > _LONGEST_NAME or _AGREED.search(joined):
        return False
    if joined in LIGHT or _has(elsewhere, tokens):
        return False
    if all(_HAN.match(token) for token in tokens):
        return 2 * len([token for token in tokens if token in _PLAIN]) <= len(tokens)
    return all(_LATIN_WORD.fullmatch(t) and content_words(t) for t in tokens) and len(tokens) <= 3


def _has(said: Said, tokens: Sequence[str]) -> bool:
    if _HAN.match(tokens[0]):
        return _joined(tokens) in said.folded
    return content_words(" ".join(tokens)) <= said.words


def _joined(tokens: Sequence[str]) -> str:
    return "".join(tokens) if _HAN.match(tokens[0]) else " ".join(tokens)
