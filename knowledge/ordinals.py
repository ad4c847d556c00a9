"""Is what is said of step 4 said of step 4, or of step 3?

A statement that counts its parts ("第三单元…第四单元…", "Step 3: …; step 4: …") is cut at its
ordinals. What an answer says of one of them has to stand with that one, or with none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from knowledge.clauses import Clause, Said, terms
from knowledge.quantities import fold, quantities, zh_number
from knowledge.words import coverage

_NAMED = ("first second third fourth fifth sixth seventh eighth ninth tenth").split()
_ORDINAL = rf"(?:\d{{1,3}}(?:st|nd|rd|th)|{'|'.join(_NAMED)})"
_EN_KIND = (
    "(?:step|phase|stage|article|section|chapter|part|unit|level|tier|grade|round|class|annex|appendix"
    "|rule|item|option|year|quarter|month|week|day|module|lesson|volume|season|floor|band)"
)
_ZH_NUMBER = r"(?:\d{1,4}|[零〇一二两三四五六七八九十百]{1,6})"
_MARK = re.compile(
    rf"第\s?(?P<zl>{_ZH_NUMBER})(?:\s?(?:[-~至到、和])\s?第?\s?(?P<zh>{_ZH_NUMBER}))?\s?[个项]?\s?(?P<zk>[\u4e00-\u9fff])"
    rf"|(?P<bk>步骤|阶段|单元|附件|级别|等级)\s?(?P<bl>{_ZH_NUMBER})(?![\u4e00-\u9fff]?[天个月年日])"
    rf"|\b(?P<ek>{_EN_KIND})s?\s{{1,2}}(?P<el>\d{{1,3}})"
    r"(?:\s?(?:to|and|-|–)\s?(?P<eh>\d{1,3}))?(?![\d.,:]*\d)"
    rf"|\b(?P<ol>{_ORDINAL})(?:\s?(?:to|and|-|–)\s?(?:the )?(?P<oh>{_ORDINAL}))?"
    rf"\s{{1,2}}(?P<ok>{_EN_KIND})s?\b"
)
_AND_MORE = re.compile(
    r"\s*(?:起|及?以上|及?以[后下]|之后|\+|on\b|onwards?|and (?:up|above|later|on))"
)
_MENTIONED = re.compile(
    r"(?:见|依照|按照?|根据|依据|参照|适用|违反|本法|\b(?:see|under|per|according to|as in))\s*$"
)
_BEFORE = 16
_HELD = 0.6
_LESS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """An ordinal in a text. kind: of what; low, high: which, both included."""

    kind: str
    low: float
    high: float
    start: int

    def meets(self, other: _Mark) -> bool:
        """Whether two ordinals of a kind have one in common."""
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What is said of an ordinal, or of none."""

    mark: _Mark | None
    terms: frozenset[str]


def of_another(sentence: Said, question: Said, evidence: Sequence[Said]) -> str:
    """What a sentence says of an ordinal that the evidence says of another one only, or ""."""
    claims = [(part, part.mark) for part in _claims(sentence, question) if part.mark is not None]
    told = {
        kind: [part for known in evidence for part in _told(known, kind)]
        for kind in {mark.kind for _, mark in claims}
    }
    for part, mark in claims:
        parts = told[mark.kind]
        of_any = frozenset().union(*(p.terms for p in parts if p.mark is None))
        new = part.terms - question.terms - of_any
        if new and _is_elsewhere(new, mark, parts):
            return " ".join(sorted(new)[:5])
    return ""


def _claims(sentence: Said, question: Said) -> Iterator[_Part]:
    """What the answer says of which ordinal; of that of the question, where it names none."""
    kinds = {mark.kind for clause in sentence.clauses for mark in _marks(clause.text)}
    for kind in kinds:
        yield from _parts(sentence.clauses, kind)
    asked = list(_marks(question.folded))
    if not kinds and len(asked) == 1:
        yield _Part(mark=asked[0], terms=sentence.terms)


def _is_elsewhere(new: frozenset[str], mark: _Mark, parts: Sequence[_Part]) -> bool:
    own = [p.terms for p in parts if p.mark is not None and p.mark.meets(mark)]
    others = [p.terms for p in parts if p.mark is not None and not p.mark.meets(mark)]
    best = max((coverage(new, other) for other in others), default=0.0)
    return best >= _HELD and best - coverage(new, frozenset().union(*own)) >= _LESS


def _told(known: Said, kind: str) -> Iterator[_Part]:
    """The parts of a statement; under a heading with such an ordinal it is all of that one."""
    heading = known.text.partition("\n")[0] if "\n" in known.text else ""
    titled = [mark for mark in _marks(fold(heading)) if mark.kind == kind]
    if titled:
        yield from (_Part(mark=mark, terms=known.terms) for mark in titled)
    else:
        yield from _parts(known.clauses, kind)


def _parts(clauses: Sequence[Clause], kind: str) -> Iterator[_Part]:
    current: _Mark | None = None
    for clause in clauses:
        marks = [mark for mark in _marks(clause.text) if mark.kind == kind]
        if len(marks) < 2:
            current = marks[0] if marks else current
            yield _Part(mark=current, terms=clause.terms)
        else:
            yield from _cut(clause.text, marks)
            current = marks[-1]


def _cut(text: str, marks: Sequence[_Mark]) -> Iterator[_Part]:
    """A clause with several ordinals: each with what follows it, or all with what is before."""
    starts = [mark.start for mark in marks]
    pieces = [text[at:end] for at, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    if len(_terms(pieces[-1])) > 1 or not _terms(text[: starts[0]]):
        yield _Part(mark=None, terms=_terms(text[: starts[0]]))
        yield from (_Part(mark=m, terms=_terms(p)) for m, p in zip(marks, pieces, strict=True))
    else:
        ahead = [text[at:end] for at, end in zip([0, *starts], starts, strict=False)]
        yield from (_Part(mark=m, terms=_terms(p)) for m, p in zip(marks, ahead, strict=True))


def _marks(folded: str) -> Iterator[_Mark]:
    """The ordinals of a text but those that it only refers to."""
    for match in _MARK.finditer(folded):
        low = _number(match["zl"] or match["bl"] or match["el"] or match["ol"])
        high = _number(match["zh"] or match["eh"] or match["oh"] or "") or low
        kind = (match["zk"] or match["bk"] or match["ek"] or match["ok"])[
            : 1 if match["zk"] or match["bk"] else None
        ]
        if low and not _MENTIONED.search(folded[max(0, match.start() - _BEFORE) : match.start()]):
            more = _AND_MORE.match(folded, match.end())
            yield _Mark(kind=kind, low=low, high=math.inf if more else high, start=match.start())


def _number(text: str) -> int:
    if text in _NAMED:
        return _NAMED.index(text) + 1
    digits = re.match(r"\d+", text)
    return int(digits.group()) if digits else int(zh_number(text) or 0)


def _terms(text: str) -> frozenset[str]:
    return terms(text, quantities(text))
