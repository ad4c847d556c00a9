"""Does the evidence say what the answer says? Numbers, dates, units, names and negation, by rule.

A small model's commonest errors are a number from the wrong row, a unit that changed, a "not" that
vanished and a name it knows from elsewhere. Each of them shows on the surface, so no second model
is needed to see it. A doubt costs a fluent sentence, since the evidence is quoted instead; a missed
one would cost trust: the rules lean to doubt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from knowledge.boundaries import sentences
from knowledge.language import language_of
from knowledge.quantities import Quantity, fold, quantities
from knowledge.words import content_words, coverage

_ZH_NOT = re.compile(
    r"无(?!论|条件|忧)|不(?!仅|但|只|过|超过|少于|低于|高于|晚于|早于|同|断|限于|论|管|足)|禁止|严禁|没有|没|"
    r"未(?!来|.{1,6}的)|勿|非(?!常)|除外"
)
_EN_NOT = re.compile(
    r"\b(?:not|no|never|none|cannot|without|neither|nor|unable|prohibited|forbidden|except|unless"
    r"|ineligible|excluded)\b|n['’]t\b",
    re.IGNORECASE,
)
# "not more than" limits a number; it denies nothing.
_EN_LIMIT = re.compile(
    r"\b(?:not?|no) (?:more|less|later|fewer|earlier|longer) than\b|\bnot only\b|\bnot exceed",
    re.IGNORECASE,
)
_AT_LEAST = re.compile(r"\bat least\b|至少|不低于|不少于|以上", re.IGNORECASE)
_AT_MOST = re.compile(r"\bat most\b|\bup to\b|至多|最多|不超过|不高于|以内", re.IGNORECASE)
_CLAUSE = re.compile(r"[，,；;。.!?！？:：]\s*")
_LATIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[._@/:+-][A-Za-z0-9]+)*")
_QUOTED = re.compile(r"[《「『“\"]([^》」』”\"]{2,40})[》」』”\"]")
_ABSENT = re.compile(
    r"资料(?:中|里)?(?:没有|未|并未|无)|没有(?:提供|提到|找到|相关)|未(?:提及|提供|说明)|无法(?:回答|确定|得知)"
    r"|(?:context|documents?|information) (?:does|do|did) ?(?:not|n['’]t)"
    r"|not (?:mentioned|specified|provided|stated)"
    r"|no information|cannot (?:answer|determine|be determined)|i (?:don['’]t|do not) know",
    re.IGNORECASE,
)

# An answer in the evidence's language that shares fewer of its content words made them up.
_LEAST_COVERED = 0.5
# Two clauses that share more of their content words speak of the same thing.
_SAME_THINGS = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Something an answer says that its evidence does not.

    found: the words of the answer.
    """

    kind: Literal["absent", "empty", "number", "unit", "limit", "name", "negation", "words"]
    found: str


def doubts(answer: str, evidence: Sequence[str], question: str) -> tuple[Doubt, ...]:
    """Everything in an answer that neither the evidence nor the question says; empty: believe it.

    evidence: the statements the model read, readable alone.
    """
    if not re.search(r"\w", answer):
        return (Doubt(kind="empty", found=""),)
    absent = _ABSENT.search(answer)
    if absent:
        return (Doubt(kind="absent", found=absent.group()),)
    return (
        *_numbers(answer, evidence, question),
        *_limits(answer, evidence),
        *_names(answer, evidence, question),
        *_negations(answer, evidence),
        *_words(answer, evidence, question),
    )


def _numbers(answer: str, evidence: Sequence[str], question: str) -> list[Doubt]:
    said = [q for text in evidence for q in quantities(text)]
    asked = quantities(question)
    spelled = fold(" ".join((*evidence, question)))
    given = [q for q in quantities(answer) if q.exact or q.unit]
    found = []
    for quantity in given:
        if not _is_said(quantity, (*said, *asked), spelled):
            found.append(Doubt(kind="number", found=quantity.value))
        elif _unit_changed(quantity, said) or _only_asked(quantity, given, said):
            found.append(Doubt(kind="unit", found=f"{quantity.value} {quantity.unit}"))
    return found


def _is_said(quantity: Quantity, known: Sequence[Quantity], spelled: str) -> bool:
    """Whether a number is known, as one of the quantities or inside a code, a name or a time."""
    if any(quantity.value == other.value for other in known):
        return True
    whole = rf"(?<!\d)(?<!\d[.,]){re.escape(quantity.value)}(?!\d|[.,]\d|\s*[万亿千百])"
    return bool(re.search(whole, spelled))


def _unit_changed(quantity: Quantity, said: Sequence[Quantity]) -> bool:
    """Whether the evidence has this number, but always with another unit."""
    units = {q.unit for q in said if q.value == quantity.value}
    if not quantity.unit or not units or "" in units:
        return False
    return not any(_same_unit(quantity.unit, unit) for unit in units)


def _same_unit(one: str, other: str) -> bool:
    """Plain days may be working days or calendar days; those two are not each other."""
    return one == other or (one.endswith("day") and other.endswith("day") and "day" in (one, other))


def _only_asked(quantity: Quantity, given: Sequence[Quantity], said: Sequence[Quantity]) -> bool:
    """Whether an answer repeats the question's amount where the evidence names others.

    "Do I get 30 days?" must not make 30 days true; an answer that also has one of the evidence's
    amounts of that unit may repeat the question.
    """
    rivals = {q.value for q in said if q.unit == quantity.unit}
    if not quantity.unit or not rivals or quantity.value in {q.value for q in said}:
        return False
    return not any(q.value in rivals for q in given if q.unit == quantity.unit)


def _limits(answer: str, evidence: Sequence[str]) -> list[Doubt]:
    """An upper limit that became a lower one, or the other way round."""
    text = " ".join(evidence)
    for mine, theirs in ((_AT_LEAST, _AT_MOST), (_AT_MOST, _AT_LEAST)):
        found = mine.search(answer)
        if found and theirs.search(text) and not mine.search(text):
            return [Doubt(kind="limit", found=found.group())]
    return []


def _names(answer: str, evidence: Sequence[str], question: str) -> list[Doubt]:
    known = fold(" ".join((*evidence, question)))
    return [
        Doubt(kind="name", found=name)
        for name in dict.fromkeys(_named(answer))
        if not re.search(rf"(?<![a-z0-9]){re.escape(fold(name))}(?![a-z0-9])", known)
    ]


def _named(answer: str) -> list[str]:
    """Names in an answer: quoted titles, codes and addresses, and in English capitalised words."""
    quoted = _QUOTED.findall(answer)
    latin = list(_LATIN_NAME.finditer(answer))
    if language_of(answer) == "zh":
        return quoted + [m.group() for m in latin if len(m.group()) > 1]
    starts = {s[:1] and answer.find(s) for s in sentences(answer)}
    return quoted + [
        m.group()
        for m in latin
        if re.search(r"[\d@._/]", m.group())
        or (m.group()[0].isupper() and m.start() not in starts and m.group() != "I")
    ]


def _negations(answer: str, evidence: Sequence[str]) -> list[Doubt]:
    clauses = [c for text in evidence for c in _CLAUSE.split(text) if c.strip()]
    return [
        Doubt(kind="negation", found=sentence)
        for sentence in sentences(answer)
        if _turned(sentence, clauses)
    ]


def _turned(sentence: str, clauses: Sequence[str]) -> bool:
    """Whether a sentence denies where no clause denies, or turns the clause nearest to it."""
    if _denies(sentence) and not any(_denies(clause) for clause in clauses):
        return True
    return any(_turns(clause, clauses) for clause in _CLAUSE.split(sentence))


def _turns(said: str, clauses: Sequence[str]) -> bool:
    """Whether the clause that says nearly the same things denies them and this one not, or so."""
    words = content_words(said)
    if len(words) < 2 or not clauses:
        return False
    nearest = max(clauses, key=lambda clause: coverage(words, content_words(clause)))
    same_things = coverage(words, content_words(nearest)) > _SAME_THINGS
    return same_things and _denies(nearest) != _denies(said)


def _denies(text: str) -> bool:
    return bool(_ZH_NOT.search(text) or _EN_NOT.search(_EN_LIMIT.sub("", text)))


def _words(answer: str, evidence: Sequence[str], question: str) -> list[Doubt]:
    if any(language_of(text) != language_of(answer) for text in evidence):
        return []
    words = content_words(answer)
    known = content_words(" ".join((*evidence, question)))
    if coverage(words, known) >= _LEAST_COVERED or not words:
        return []
    return [Doubt(kind="words", found=" ".join(sorted(words - known)[:5]))]
