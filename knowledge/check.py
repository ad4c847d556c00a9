"""Does the evidence say what the answer says? Sentence by sentence, by rule.

A small model's commonest errors are a number from the wrong row, a unit that changed, a "not" or a
condition that vanished and a name it knows from elsewhere. Each of them shows on the surface, so no
second model is needed to see it. A doubt costs a fluent sentence; a missed one would cost trust:
the rules lean to doubt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from knowledge.boundaries import sentence_slices, sentences
from knowledge.bounds import number, side, spans
from knowledge.causes import unjoined
from knowledge.clauses import Clause, Said, read, read_statement
from knowledge.conditions import added, lost
from knowledge.elided import denied_aside, turned_aside
from knowledge.names import swapped, unknown_names
from knowledge.negation import denied_unheard, denies, turned
from knowledge.ordinals import of_another
from knowledge.quantities import Quantity, fold
from knowledge.relations import foreign_relation
from knowledge.roles import Spot, foreign_cell, misplaced, spots
from knowledge.rows import unit_of_row, unsaid_row
from knowledge.words import content_words, coverage

_ABSENT = re.compile(
    r"资料(?:中|里)?(?:没有|未|并未|无)|没有(?:提供|提到|找到|相关)|未(?:提及|提供|说明)|无法(?:回答|确定|得知)"
    r"|(?:context|documents?|information) (?:does|do|did) ?(?:not|n['’]t)"
    r"|not (?:mentioned|specified|provided|stated)"
    r"|no information|cannot (?:answer|determine|be determined)|i (?:don['’]t|do not) know",
    re.IGNORECASE,
)
_MARKER = re.compile(r"\s?\[\d{1,2}\]")
_REPLY = re.compile(
    r"\s*(?P<yes>可以|能够?|是的?|对的?|有的?|会|需要|要|yes)(?=[，,。.!！、；;]|$)"
    r"|\s*(?P<no>不可以|不能|不行|不是|没有|不会|不需要|不用|否|no)(?=[，,。.!！、；;]|$)",
    re.IGNORECASE,
)
_ASKS_NEGATED = re.compile(r"不(?!不)|没|\bnot?\b|n['’]t\b", re.IGNORECASE)
_ASKS_AMOUNT = re.compile(
    r"多少|几|多久|多长|多大|多高|上限|额度|什么时候|何时|哪天|日期|"
    r"how (?:many|much|long|often|soon|late|early|far|old)|\bwhen\b|what time|deadline|by when",
    re.IGNORECASE,
)

# An answer in the evidence's language that shares fewer of its content words made them up.
_LEAST_COVERED = 0.5
_LEAST_NEW_COVERED = 0.2
# What repeats the question is believed if the evidence has more than two thirds of its words.
_ECHOED_UNHEARD = 1 / 3
# A clause stands on the evidence clauses that fit it this nearly as well as the best.
_NEARLY = 0.05
_FITS = 0.5
_FEW_WORDS = 2
# Years and months of service are given as ranges; a year of the range is as good as said.
_SERVICE = ("year", "month")
_ASKED_WEIGHT = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Something an answer says that its evidence does not.

    found: the words of the answer; of a lost condition, those of the evidence.
    sentence: where the answer says it.
    """

    kind: Literal[
        "absent",
        "empty",
        "number",
        "unit",
        "limit",
        "role",
        "name",
        "negation",
        "condition",
        "cause",
        "relation",
        "words",
    ]
    found: str
    sentence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """An answer without the sentences that its evidence does not bear.

    text: what is left, as it was written; empty if nothing is.
    removed: why the rest went, in reading order.
    answers: what is left has something of substance that was asked for.
    """

    text: str
    removed: tuple[Doubt, ...]
    answers: bool

    @property
    def holds(self) -> bool:
        """Whether every sentence is borne by the evidence."""
        return not self.removed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What a sentence is judged against. known: every quantity of the evidence in its place."""

    evidence: tuple[Said, ...]
    question: Said
    known: tuple[Spot, ...]
    spelled: str


def supported(text: str, evidence: Sequence[str], question: str) -> Checked:
    """An answer freed of every sentence that its evidence does not bear.

    evidence: the statements the model read, readable alone, best first; headings, if any, on a
        line before the statement.
    """
    if not re.search(r"\w", text):
        return Checked(text="", removed=(Doubt(kind="empty", found=""),), answers=False)
    case = _case(evidence, question)
    pieces = [(piece, read(_MARKER.sub("", piece).strip())) for piece in sentence_slices(text)]
    whole = _together([sentence for _, sentence in pieces])
    kept: list[str] = []
    removed: list[Doubt] = []
    for piece, sentence in pieces:
        found = _judge(sentence, whole, case)
        removed += found
        kept += [] if found else [piece]
    left = "".join(kept).strip()
    answers = not removed or _answers(left, [d.sentence for d in removed], case.question)
    return Checked(text=left, removed=tuple(removed), answers=answers)


def doubts(answer: str, evidence: Sequence[str], question: str) -> tuple[Doubt, ...]:
    """Everything in an answer that neither the evidence nor the question says; empty: believe it.

    evidence: the statements the model read, readable alone.
    """
    return supported(answer, evidence, question).removed


def _case(evidence: Sequence[str], question: str) -> _Case:
    known = tuple(read_statement(text) for text in evidence)
    asked = read(question)
    spelled = " ".join((*(said.folded for said in known), asked.folded))
    return _Case(evidence=known, question=asked, known=spots(known), spelled=spelled)


def _together(read_sentences: Sequence[Said]) -> Said:
    """The whole answer, as far as one sentence may lean on another."""
    return replace(
        read_sentences[0],
        folded=" ".join(sentence.folded for sentence in read_sentences),
        words=frozenset().union(*(sentence.words for sentence in read_sentences)),
    )


def _judge(sentence: Said, whole: Said, case: _Case) -> list[Doubt]:
    """The doubts about one sentence."""
    text = sentence.text
    if not re.search(r"\w", text):
        return []
    absent = _ABSENT.search(text)
    if absent and fold(absent.group()) not in case.spelled:
        return [Doubt(kind="absent", found=absent.group(), sentence=text)]
    return [
        Doubt(kind=doubt.kind, found=doubt.found, sentence=text)
        for doubt in (
            *_numbers(sentence, case),
            *_limits(sentence, case),
            *_roles(sentence, case),
            *_names(sentence, case),
            *_negations(sentence, case),
            *_conditions(sentence, whole, case),
            *_joins(sentence, whole, case),
            *_words(sentence, case),
        )
    ]


def _given(found: Iterable[Quantity]) -> list[Quantity]:
    """The quantities that mean a number: "one" and 一 alone often mean none."""
    return [q for q in found if q.exact or q.unit]


def _numbers(sentence: Said, case: _Case) -> Iterator[Doubt]:
    said = [spot.quantity for spot in case.known]
    given = _given(sentence.quantities)
    for quantity in given:
        known = _is_said(quantity, (*said, *case.question.quantities), case.spelled)
        if not known and not (quantity.unit in _SERVICE and _in_range(quantity, case.evidence)):
            yield Doubt(kind="number", found=quantity.value)
        elif unit_of_row(quantity, case.evidence) or (
            not _in_range(quantity, case.evidence)
            and (
                (_unit_changed(quantity, said) and not _is_asked(quantity, case.question))
                or _only_asked(quantity, given, said)
            )
        ):
            yield Doubt(kind="unit", found=f"{quantity.value} {quantity.unit}")


def _is_said(quantity: Quantity, known: Sequence[Quantity], spelled: str) -> bool:
    """Whether a number is known, as one of the quantities or inside a code, a name or a time."""
    if any(quantity.value == other.value for other in known):
        return True
    whole = rf"(?<!\d)(?<!\d[.,]){re.escape(quantity.value)}(?!\d|[.,]\d|\s*[万亿千百])"
    return bool(re.search(whole, spelled))


def _is_asked(quantity: Quantity, question: Said) -> bool:
    return any((q.value, q.unit) == (quantity.value, quantity.unit) for q in question.quantities)


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
    if quantity.value == "1" and not quantity.exact:
        return False  # 一个月, "one day": a manner of speaking
    if not quantity.unit or not rivals or quantity.value in {q.value for q in said}:
        return False
    return not any(q.value in rivals for q in given if q.unit == quantity.unit)


def _in_range(quantity: Quantity, evidence: Sequence[Said]) -> bool:
    """Whether a range of the evidence holds an amount: the third year in "2nd to 4th year"."""
    amount = number(quantity)
    return amount is not None and any(
        span.closed and span.unit == quantity.unit and span.holds(amount)
        for said in evidence
        for span in spans(said.folded, said.quantities)
    )


def _limits(sentence: Said, case: _Case) -> Iterator[Doubt]:
    """An upper limit that became a lower one, or the other way round."""
    for quantity in _given(sentence.quantities):
        mine = side(sentence.folded, quantity)
        theirs = {
            side(said.folded, q)
            for said in case.evidence
            for q in said.quantities
            if q.value == quantity.value and _same_unit(q.unit, quantity.unit)
        }
        if mine and theirs and theirs <= {"least", "most"} - {mine}:
            yield Doubt(kind="limit", found=sentence.folded[quantity.start : quantity.end])


def _roles(sentence: Said, case: _Case) -> Iterator[Doubt]:
    """A number or a cell of another row, place, group or time."""
    for clause in sentence.clauses:
        for quantity in _given(clause.quantities):
            in_code = re.search(r"[a-z]$", clause.text[: quantity.start])
            if not in_code and misplaced(quantity, clause, sentence, case.question, case.known):
                yield Doubt(kind="role", found=clause.text[quantity.start : quantity.end])
    cell = foreign_cell(sentence, case.question, case.evidence)
    if cell:
        yield Doubt(kind="role", found=cell)
    if part := of_another(sentence, case.question, case.evidence):
        yield Doubt(kind="role", found=part)


def _names(sentence: Said, case: _Case) -> Iterator[Doubt]:
    names = unknown_names(sentence.text, case.spelled)
    yield from (Doubt(kind="name", found=name) for name in names)
    alike = [said for said in case.evidence if said.language == sentence.language]
    if alike and not names:
        instead = swapped(sentence, alike, case.question)
        yield from (Doubt(kind="name", found=name) for name in instead)


def _negations(sentence: Said, case: _Case) -> Iterator[Doubt]:
    clauses = [clause for said in case.evidence for clause in said.clauses]
    alike = any(said.language == sentence.language for said in case.evidence)
    unheard = denies(sentence.folded) and not any(denies(clause.text) for clause in clauses)
    if unheard or (
        alike
        and (
            any(
                turned_aside(clause, case.evidence)
                or (turned(clause, clauses) and not denied_aside(clause, case.evidence))
                for clause in sentence.clauses
            )
            or _reply_turned(sentence, case.question, case.evidence)
            or _denied_of_its_own(sentence, case)
        )
    ):
        yield Doubt(kind="negation", found=sentence.text)


def _denied_of_its_own(sentence: Said, case: _Case) -> bool:
    """Whether the question's own thing is denied, on evidence that denies something else."""
    if any(said.language != sentence.language for said in case.evidence):
        return False
    known = " ".join(said.folded for said in case.evidence)
    return denied_unheard(sentence.folded, case.question.folded, known)


def _reply_turned(sentence: Said, question: Said, evidence: Sequence[Said]) -> bool:
    """Whether a bare yes or no says the opposite of the clause that the question is about."""
    reply = _REPLY.match(sentence.text)
    if reply is None or len(sentence.terms) >= _FEW_WORDS or len(question.words) < _FEW_WORDS:
        return False
    if _ASKS_NEGATED.search(question.text) or _ASKS_AMOUNT.search(question.text):
        return False
    if reply["yes"] and any(turned_aside(asked, evidence) for asked in question.clauses):
        return True
    clauses = [clause for said in evidence for clause in said.clauses]
    fits = [(coverage(question.words, clause.words), denies(clause.text)) for clause in clauses]
    best, denied = max(fits)
    agreeing = any(d == bool(reply["no"]) and fit >= best - 0.2 for fit, d in fits)
    return best > 0.7 and denied != bool(reply["no"]) and not agreeing


def _conditions(sentence: Said, whole: Said, case: _Case) -> Iterator[Doubt]:
    """A condition that the supporting clause has and the answer lost, or that it invented."""
    if row := unsaid_row(sentence, whole, case.question, case.evidence):
        yield Doubt(kind="condition", found=row)
    alike = [said for said in case.evidence if said.language == sentence.language]
    if len(alike) < len(case.evidence):
        return
    for clause in sentence.clauses:
        missing = [lost(whole, case.question, said, at) for said, at in _standing(clause, case)]
        invented = added(clause, case.question, alike)
        if missing and all(missing):
            yield Doubt(kind="condition", found=missing[0])
        elif invented:
            yield Doubt(kind="condition", found=invented)


def _standing(clause: Clause, case: _Case) -> list[tuple[Said, int]]:
    """The evidence clauses that a clause of the answer stands on."""
    amounts = {(q.value, q.unit) for q in clause.quantities if q.exact}
    fits = [
        (_fit(clause, case.question, known) + _shared(amounts, known), said, at)
        for said in case.evidence
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


def _joins(sentence: Said, whole: Said, case: _Case) -> Iterator[Doubt]:
    """Two things that the evidence has, joined by a cause or a relation that it has not."""
    if any(said.language != sentence.language for said in case.evidence):
        return
    before = whole.folded.partition(sentence.folded)[0]
    if unjoined(sentence, before, case.question, case.evidence):
        yield Doubt(kind="cause", found=sentence.text)
    if relation := foreign_relation(sentence, case.question, case.evidence):
        yield Doubt(kind="relation", found=relation)


def _words(sentence: Said, case: _Case) -> Iterator[Doubt]:
    if any(said.language != sentence.language for said in case.evidence):
        return
    heard = frozenset().union(*(said.words for said in case.evidence))
    known = case.question.words | heard
    if _echoes(sentence, case.question, heard):
        yield Doubt(kind="words", found=" ".join(sorted(sentence.terms - heard)[:5]))
        return
    # With its numbers and without: a number may be written in another way than the evidence's.
    ways = (sentence.words, sentence.terms)
    if all(_made_up(words, words - case.question.words, known) for words in ways):
        made_up = sentence.terms - known
        yield Doubt(kind="words", found=" ".join(sorted(made_up)[:5]))


def _echoes(sentence: Said, question: Said, heard: frozenset[str]) -> bool:
    """Whether an answer only says the question again, of something the evidence does not name.

    "Do interns get a budget?" must not become true because there is a page about budgets.
    """
    if len(sentence.terms) < _FEW_WORDS or not sentence.words <= question.words:
        return False
    return 1 - coverage(sentence.terms, heard) >= _ECHOED_UNHEARD


def _made_up(words: frozenset[str], new: frozenset[str], known: frozenset[str]) -> bool:
    """Whether most of an answer's words, or of those the question has not, are nowhere known."""
    too_few = coverage(words, known) < _LEAST_COVERED
    news_unknown = bool(new) and coverage(new, known) < _LEAST_NEW_COVERED
    return bool(words) and (too_few or news_unknown)


def _answers(left: str, removed: Sequence[str], question: Said) -> bool:
    """Whether what is left still answers: as near to the question as what went, and of its kind."""
    rest = read(left)
    new = rest.terms - question.terms
    amounts = [q for q in _given(rest.quantities) if q.value not in _values(question)]
    if not new and not amounts:
        return False
    lost_amount = any(_given(read(text).quantities) for text in removed)
    if not amounts and lost_amount and _ASKS_AMOUNT.search(question.text):
        return False
    nearest = max((coverage(question.words, content_words(text)) for text in removed), default=0.0)
    return bool(rest.words & question.words or amounts) and (
        max((coverage(question.words, content_words(s)) for s in sentences(left)), default=0.0)
        >= nearest
    )


def _values(said: Said) -> set[str]:
    return {q.value for q in said.quantities}
