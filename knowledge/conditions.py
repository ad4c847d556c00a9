"""What a rule holds under, "unless", "only if", "仅限", "经理批准后", and where it got lost."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from knowledge.bounds import number, spans
from knowledge.clauses import Clause, Said
from knowledge.quantities import Quantity, quantities
from knowledge.words import content_words, coverage


class Kind(StrEnum):
    """How a condition is said."""

    APPROVAL = "approval"
    ONLY = "only"
    UNLESS = "unless"
    IF = "if"


_APPROVED = (
    r"批准|审批(?!人|权|额)|同意|许可|核准|审核|授权"
    r"|\bapprov(?:al|ed|es|e)\b|\bconsent\b|\bpermission\b|\bauthori[sz](?:ation|ed)\b|\bagree[sd]?\b"
)
_MARKERS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        Kind.UNLESS,
        re.compile(
            r"除非[^,;。]*|除(?!了|外|夕|名|此)[^,;。]{1,24}(?:以外|之外|外)|[^,;。]{1,24}除外"
            r"|\bunless\b[^,;.]*|\b(?:except|excluding|other than|apart from)\b[^,;.]*"
        ),
    ),
    (
        Kind.APPROVAL,
        re.compile(
            r"(?:须|需|应|必须|要|事先|提前|书面|经|由|取得|获得|得到|征得|报)[^,;。]{0,20}?"
            r"(?:批准|审批(?!人|权|额)|同意|许可|核准|审核|授权)(?:后|的|方可|之后)?"
            r"|[^,;。]{1,12}(?:批准|同意|许可|核准)(?:后|的(?=,|$)|方可)"
            r"|\b(?:with|after|subject to|upon|requires?|requiring|needs?|without|once|when|if"
            r"|must be)\b[^,;.]{0,40}?"
            r"\b(?:approval|approved|approves|consent|permission|authori[sz]ation|authori[sz]ed"
            r"|agree[sd]?)\b[^,;.]{0,40}"
        ),
    ),
    (
        Kind.ONLY,
        re.compile(
            r"(?:[仅只](?:限|适用)于?|仅[对在可]|只有|只能|限于|方可)[^,;。]*"
            r"|以[^,;。]{1,16}为限"
            r"|(?<!\bnot )\bonly\b[^,;.]*"
            r"|\b(?:exclusively|solely|limited to|restricted to)\b[^,;.]*"
        ),
    ),
    (
        Kind.IF,
        re.compile(
            r"^(?:但|并|且|而)?(?:如果|如(?!何|下|此|同|有)|若(?!干)|倘若|凡)[^,;。]*"
            r"|^[^,;。]{2,40}(?:的情况下|的情形下?|的话|的)$"
            r"|\b(?:if|provided(?: that)?|as long as|in case|whoever|whenever)\b[^,;.]*"
        ),
    ),
)
_SAYS_UNLESS = re.compile(
    r"除非|除.{1,24}外|除外|不|无|未"
    r"|\b(?:unless|except|excluding|other than|apart from|not|no|without|never|cannot|only)\b"
    r"|n['’]t\b"
)
_SAYS_APPROVED = re.compile(_APPROVED)
# A clause stands on the evidence clauses that fit it this nearly as well as the best.
_NEARLY = 0.05
_FITS = 0.5
_FEW_WORDS = 2
_ASKED_WEIGHT = 0.3
# Said in the answer or asked: at least this share of the condition's content words.
_STATED = {Kind.APPROVAL: 0.5, Kind.ONLY: 0.5, Kind.UNLESS: 0.4, Kind.IF: 0.5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """text: its words in the clause, folded; at, end: where they stand in it."""

    kind: Kind
    text: str
    at: int
    end: int


def conditions(clause: str) -> Iterator[Condition]:
    """The conditions of a folded clause; words that make one of two kinds count once."""
    taken = 0
    found = (
        Condition(kind=kind, text=match.group(), at=match.start(), end=match.end())
        for kind, pattern in _MARKERS
        for match in pattern.finditer(clause)
    )
    for condition in sorted(found, key=lambda c: (c.at, -c.end)):
        if condition.at >= taken:
            taken = condition.end
            yield condition


def governing(said: Said, at: int) -> tuple[Condition, ...]:
    """The conditions that a statement's clause holds under.

    Its own; those that lead up to it in its sentence; those that follow it and have no rule of
    their own ("…, unless agreed", "……，须经理批准"); in a table row, those of the other cells.
    """
    clauses = said.clauses
    if said.cells:
        found = (c for clause in clauses for c in conditions(clause.text))
        return tuple(c for c in found if c.kind is not Kind.IF)
    first = at
    while first > 0 and not clauses[first - 1].ends:
        first -= 1
    leading = (c for i in range(first, at) for c in _closing(clauses[i]))
    follows = () if clauses[at].ends or at + 1 >= len(clauses) else _closing(clauses[at + 1])
    after = (c for c in follows if c.kind is not Kind.IF and c.at <= 2)
    return (*leading, *conditions(clauses[at].text), *after)


def _closing(clause: Clause) -> tuple[Condition, ...]:
    """The conditions that a clause ends with: what comes next holds under them."""
    return tuple(c for c in conditions(clause.text) if c.end >= len(clause.text) - 1)


def standing(clause: Clause, question: Said, evidence: Sequence[Said]) -> list[tuple[Said, int]]:
    """The evidence clauses that a clause of the answer stands on."""
    amounts = {(q.value, q.unit) for q in clause.quantities if q.exact}
    fits = [
        (_fit(clause, question, known) + _shared(amounts, known), said, at)
        for said in evidence
        for at, known in enumerate(said.clauses)
    ]
    best = max((fit for fit, _, _ in fits), default=0.0)
    if best < _FITS:
        return []
    return [(said, at) for fit, said, at in fits if fit >= best - _NEARLY]


def _fit(clause: Clause, question: Said, known: Clause) -> float:
    """The share of a clause's words that a clause of the evidence has; a short one's is the
    question's too."""
    own = coverage(clause.words, known.words)
    if len(clause.terms) >= _FEW_WORDS:
        return own
    return own + _ASKED_WEIGHT * coverage(question.words, known.words)


def _shared(amounts: set[tuple[str, str]], known: Clause) -> float:
    """The share of the amounts that a clause has, worth as much as half of its words."""
    has = {(q.value, q.unit) for q in known.quantities}
    return 0.5 * len(amounts & has) / len(amounts) if amounts else 0.0


def lost(answer: Said, question: Said, known: Said, at: int) -> str:
    """A condition of a statement's clause that neither answer nor question states, or ""."""
    spoken = f"{answer.folded} {question.folded}"
    words = answer.words | question.words
    for condition in governing(known, at):
        said = _stated(condition, answer.folded, spoken, words, known.clauses[at])
        if not said and not _met(condition, question.quantities):
            return condition.text
    return ""


def added(clause: Clause, question: Said, evidence: Sequence[Said]) -> str:
    """A condition of an answer's clause that neither evidence nor question knows, or ""."""
    for condition in conditions(clause.text):
        known = question.words.union(*(said.words for said in evidence))
        spoken = " ".join((question.folded, *(said.folded for said in evidence)))
        if not _stated(condition, spoken, spoken, known, clause):
            return condition.text
    return ""


def _stated(
    condition: Condition, answer: str, spoken: str, words: frozenset[str], clause: Clause
) -> bool:
    """Whether a text states a condition in its own words.

    What the governed clause says besides is no part of the condition.
    """
    rest = content_words(clause.text.replace(condition.text, " "))
    wanted = content_words(condition.text)
    wanted = wanted - rest or wanted
    if not wanted:
        return True
    if condition.kind is Kind.UNLESS and not _SAYS_UNLESS.search(answer):
        return False
    if condition.kind is Kind.APPROVAL and _SAYS_APPROVED.search(spoken):
        return True
    return coverage(wanted, words) >= _STATED[condition.kind]


def _met(condition: Condition, amounts: Sequence[Quantity]) -> bool:
    """Whether an amount that is given fulfils the condition: 3 years of "1年以上不满10年"."""
    limits = spans(condition.text, quantities(condition.text))
    return any(
        span.unit == amount.unit and span.holds(value)
        for span in limits
        for amount in amounts
        if (value := number(amount)) is not None
    )
