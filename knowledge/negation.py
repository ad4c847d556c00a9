"""What a text denies, and whether an answer affirms what its evidence denies or the other way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.clauses import Clause
from knowledge.words import content_words, coverage

_ZH_NOT = re.compile(
    r"无(?!论|条件|忧|线|人机)|不(?!仅|但|只|过|超过|少于|低于|高于|晚于|早于|大于|多于|同|断|限于|论|管|足|满|久)"
    r"|禁止|严禁|没有|没|未(?!来|满|.{1,6}的)|勿|非(?!常|工作)|除外|免(?=缴|交|费|除|于)"
)
_EN_NOT = re.compile(
    r"\b(?:not|no|never|none|cannot|without|neither|nor|unable|prohibited|forbidden|except|unless"
    r"|ineligible|excluded)\b|n['’]t\b",
    re.IGNORECASE,
)
# "not more than" limits a number; it denies nothing.
_EN_LIMIT = re.compile(
    r"\b(?:not?|no) (?:more|less|later|fewer|earlier|longer|greater) than\b|\bnot only\b"
    r"|\bnot exceed|\bno\.\s*\d",
    re.IGNORECASE,
)
_ZH_MODAL = re.compile(
    r"(?:得|能|可以?|会|应当?|必|需要?|须|要|许|允许|予|再|被|给|有|计|列|是(?!否))*"
)
_ZH_HEAD = re.compile(r"[\u4e00-\u9fff]{2}")
_EN_HEAD = re.compile(
    r"[\s\"']*(?:(?:be|been|have|to|a|an|the|any|allowed|able|yet|been)\s+)*([a-z]{3,})"
)
_OPPOSITES = tuple(
    (re.compile(one), re.compile(other))
    for one, other in (
        (r"允许|准许", r"禁止|不允许|不准"),
        (r"带薪", r"无薪|不带薪"),
        (r"必须|应当|务必", r"无需|不必|无须|不需要|可选"),
        (r"免费", r"收费|付费"),
        (r"(?<![不无])合格", r"不合格"),
        (r"(?<!自愿不)可以(?!不)", r"不得|不可以?|不能|禁止|严禁"),
        (r"(?<!\bun)\bpaid\b", r"\bunpaid\b"),
        (
            r"\b(?:allowed|permitted)\b",
            r"\b(?:prohibited|forbidden)\b|n[o']t (?:allowed|permitted)",
        ),
        (r"\b(?:mandatory|required|must)\b", r"\b(?:optional|voluntary|need not)\b|not required"),
        (r"\bfree of charge\b", r"\bcharged\b|\bfee applies\b"),
        (r"\beligible\b", r"\bineligible\b|\bnot eligible\b"),
    )
)
# Two clauses that share more of their content words speak of the same thing.
_SAME_THINGS = 0.7
_NEARLY = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stance:
    """heads: what is denied, by its first characters or its stem; rest: the text without that."""

    heads: frozenset[str]
    rest: str


def denies(text: str) -> bool:
    """Whether a text says no to anything."""
    return bool(_ZH_NOT.search(text) or _EN_NOT.search(_EN_LIMIT.sub("", text)))


def turned(said: Clause, clauses: Sequence[Clause]) -> bool:
    """Whether an answer's clause denies what the clauses nearest to it affirm, or so."""
    if len(said.words) < 2 or not clauses:
        return False
    fits = [coverage(said.words, clause.words) for clause in clauses]
    best = max(fits)
    near = [c for c, fit in zip(clauses, fits, strict=True) if fit >= best - _NEARLY]
    if best <= _SAME_THINGS / 2:
        return False
    if all(contradicts(said.text, clause.text) for clause in near):
        return True
    nearest = clauses[fits.index(best)]
    same = best > _SAME_THINGS and denies(nearest.text) != denies(said.text)
    return same and not any(c.words >= said.words and _agrees(c, said) for c in near)


def denied_unheard(said: str, asked: str, known: str) -> bool:
    """Whether a text denies a thing that was asked about and that nothing known speaks of.

    "Interns have no probation" does not say that they have no leave.
    """
    heads = _stance(said).heads
    # Also as a part of another word, as in "unpaid": doubted is only what is nowhere.
    return any(head in asked and head not in known for head in heads)


def denies_alike(one: str, other: str) -> bool:
    """Whether two texts deny the same things, and at least one."""
    heads = _stance(one).heads
    return bool(heads) and heads == _stance(other).heads


def _agrees(one: Clause, other: Clause) -> bool:
    return denies(one.text) == denies(other.text)


def contradicts(said: str, known: str) -> bool:
    """Whether one of two clauses denies the very thing that the other affirms."""
    mine, theirs = _stance(said), _stance(known)
    if any(_affirms(theirs, head) for head in mine.heads - theirs.heads):
        return True
    if any(_affirms(mine, head) for head in theirs.heads - mine.heads):
        return True
    return any(
        (
            one.search(said)
            and not other.search(said)
            and other.search(known)
            and not one.search(known)
        )
        or (other.search(said) and one.search(known) and not other.search(known))
        for one, other in _OPPOSITES
    )


def _affirms(stance: _Stance, head: str) -> bool:
    if head.isascii():
        return re.search(rf"\b{re.escape(head)}", stance.rest) is not None
    return head in stance.rest


def _stance(text: str) -> _Stance:
    bare = _EN_LIMIT.sub(" ", text)
    heads: set[str] = set()
    rest: list[str] = []
    at = 0
    for match in sorted(
        (*_ZH_NOT.finditer(bare), *_EN_NOT.finditer(bare)), key=lambda m: (m.start(), -m.end())
    ):
        if match.start() < at:
            continue
        rest.append(bare[at : match.start()])
        head, at = _head(bare, match.end())
        heads |= {head} if head else set()
    return _Stance(heads=frozenset(heads), rest=" ".join((*rest, bare[at:])))


def _head(text: str, start: int) -> tuple[str, int]:
    """What a negation that ends here denies, and where that ends."""
    modal = _ZH_MODAL.match(text, start)
    after = modal.end() if modal else start
    zh = _ZH_HEAD.match(text, after)
    if zh:
        return zh.group(), zh.end()
    en = _EN_HEAD.match(text, start)
    if en is None:
        return "", after
    stems = content_words(en[1])
    return (next(iter(stems)) if len(stems) == 1 else ""), en.end()
