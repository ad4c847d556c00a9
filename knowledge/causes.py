"""Is a cause the cause of what the answer says it is?

"A, because B" is no sum of A and B: a small model takes an A of one statement and a B of another
and joins them. A link is believed where one statement has both, or where the evidence begins with
the link itself ("Therefore …").
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from knowledge.clauses import Said, terms
from knowledge.quantities import quantities
from knowledge.words import coverage

_BACK = re.compile(
    r"因为|由于|(?:的原因|原因在于|归因于)(?:是|为)?"
    r"|\bbecause(?: of)?\b|\bdue to\b|\bowing to\b|\bas a result of\b"
)
_FORTH = re.compile(
    r"因此|因而|所以|故而|从而|导致|致使"
    r"|\btherefore\b|\bthus\b|\bhence\b|\bconsequently\b|\bas a result\b(?! of)"
    r"|(?<=[,;] )so\b(?! that)|\b(?:which|that|this) is why\b"
)
_EITHER = re.compile(f"(?:{_BACK.pattern})|(?P<forth>{_FORTH.pattern})")
# A statement that begins so is joined with the one before it.
_OPENS = re.compile(
    rf"\W*(?:(?:and )?(?:{_FORTH.pattern})|这是(?:因为|由于)|原因[是为在]"
    r"|(?:this is|that is|the reason is) )"
)
_WHY = re.compile(r"为什么|为何|怎么会|\bwhy\b|\bhow come\b")
_SENTENCE = re.compile(r"[。;!?\n]+|\.(?=\s|$)")
_COMMA = re.compile(r"[,;]")

_FEW_WORDS = 2
_HELD = 0.6
_TOLD = 0.5
_JOINED = 1 / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Link:
    """What is said to be the cause of what; both may be empty."""

    cause: frozenset[str]
    effect: frozenset[str]


def unjoined(sentence: Said, before: str, question: Said, evidence: Sequence[Said]) -> bool:
    """Whether a sentence joins a cause with an effect that the evidence does not join.

    before: what the answer says before the sentence, folded; "Therefore …" leans on it.
    """
    return any(
        _is_glued(claimed, evidence) for claimed in _links(sentence.folded, before, question.folded)
    )


def _is_glued(claimed: _Link, evidence: Sequence[Said]) -> bool:
    holders = [known for known in evidence if coverage(claimed.cause, known.words) >= _HELD]
    others = [known for known in evidence if known not in holders]
    effect = claimed.effect - claimed.cause - _subject(others, holders)
    if len(claimed.cause) < _FEW_WORDS or len(effect) < _FEW_WORDS:
        return False
    if not holders or any(_OPENS.match(known.folded) for known in evidence):
        return False
    if any(coverage(effect, _body(known)) >= _JOINED for known in holders):
        return all(_joins_others(effect, claimed.cause, known) for known in holders)
    told = any(coverage(effect, _body(known)) >= _TOLD for known in others)
    return told or any(_explains(known, claimed.cause) for known in holders)


def _subject(others: Sequence[Said], holders: Sequence[Said]) -> frozenset[str]:
    """What several statements speak of, and those with the cause call "it" or leave out."""
    counted = Counter(word for known in others for word in _body(known))
    named = frozenset().union(*(_body(known) for known in holders))
    return frozenset(word for word, times in counted.items() if times > 1) - named


def _body(known: Said) -> frozenset[str]:
    """The words of a statement without its heading, which every statement below it has."""
    return frozenset().union(*(clause.words for clause in known.clauses))


def _joins_others(effect: frozenset[str], cause: frozenset[str], known: Said) -> bool:
    """Whether a statement gives this cause to one thing and this effect to another cause."""
    links = [link for part in _SENTENCE.split(known.folded) for link in _links(part)]
    mine = [link for link in links if coverage(cause, link.cause) >= _HELD]
    fits = max((coverage(effect, link.effect) for link in mine), default=1.0)
    others = [link for link in links if link not in mine]
    return any(coverage(effect, link.effect) >= fits + _JOINED for link in others)


def _explains(known: Said, cause: frozenset[str]) -> bool:
    """Whether a statement says of what this is the cause."""
    parts = _SENTENCE.split(known.folded)
    return any(coverage(cause, link.cause) >= _HELD for part in parts for link in _links(part))


def _links(folded: str, before: str = "", asked: str = "") -> Iterator[_Link]:
    """The first link of a sentence, where it has one.

    asked: the question, whose "why" asks for the effect that an answer may leave out.
    """
    found = _EITHER.search(folded)
    if found is None:
        return
    ahead, after = folded[: found.start()], folded[found.end() :]
    if found["forth"]:
        yield _link(cause=ahead if _says(ahead) else before, effect=after)
        return
    leading, _, rest = after.partition(_first_comma(after))
    if not _says(ahead) and _says(_EITHER.sub(" ", rest)):
        yield _link(cause=leading, effect=_EITHER.sub(" ", rest))
    else:
        why = _WHY.sub(" ", asked) if _WHY.search(asked) else ""
        yield _link(cause=after, effect=ahead if _says(ahead) else why)


def _first_comma(text: str) -> str:
    return found.group() if (found := _COMMA.search(text)) else "\n"


def _link(cause: str, effect: str) -> _Link:
    return _Link(cause=_terms(cause), effect=_terms(effect))


def _says(text: str) -> bool:
    return bool(_terms(text))


def _terms(text: str) -> frozenset[str]:
    return terms(text, quantities(text))
