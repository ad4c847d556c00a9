"""Does the evidence say what the answer says? Sentence by sentence, by rule.

A small model's commonest errors are a number from the wrong row, a unit that changed, a "not" or a
condition that vanished and a name it knows from elsewhere. Each of them shows on the surface, so no
second model is needed to see it. A doubt costs a fluent sentence; a missed one would cost trust:
the rules lean to doubt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from knowledge.boundaries import sentence_slices, sentences
from knowledge.causes import unjoined
from knowledge.clauses import Said, read, read_statement
from knowledge.conditions import added, lost, standing
from knowledge.denials import turned_round
from knowledge.figures import given, wrong_figures
from knowledge.names import swapped, unknown_names
from knowledge.ordinals import of_another
from knowledge.quantities import fold
from knowledge.relations import foreign_relation, strange_echo
from knowledge.roles import Spot, foreign_cell, misplaced, spots
from knowledge.rows import unsaid_row
from knowledge.words import content_words, coverage

_ABSENT = re.compile(
    r"资料(?:中|里)?(?:没有|未|并未|无)|没有(?:提供|提到|找到|相关)|未(?:提及|提供|说明)|无法(?:回答|确定|得知)"
    r"|(?:context|documents?|information) (?:does|do|did) ?(?:not|n['’]t)"
    r"|not (?:mentioned|specified|provided|stated)"
    r"|no information|cannot (?:answer|determine|be determined)|i (?:don['’]t|do not) know",
    re.IGNORECASE,
)
_MARKER = re.compile(r"\s?\[\d{1,2}\]")
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
_FEW_WORDS = 2


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
            *_figures(sentence, case),
            *_roles(sentence, case),
            *_names(sentence, case),
            *_negations(sentence, case),
            *_conditions(sentence, whole, case),
            *_joins(sentence, whole, case),
            *_words(sentence, case),
        )
    ]


def _figures(sentence: Said, case: _Case) -> Iterator[Doubt]:
    found = wrong_figures(sentence, case.question, case.evidence, case.known, case.spelled)
    yield from (Doubt(kind=kind, found=figure) for kind, figure in found)


def _roles(sentence: Said, case: _Case) -> Iterator[Doubt]:
    """A number or a cell of another row, place, group or time."""
    for clause in sentence.clauses:
        for quantity in given(clause.quantities):
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
    asks_amount = _ASKS_AMOUNT.search(case.question.text) is not None
    if turned_round(sentence, case.question, case.evidence, asks_amount=asks_amount):
        yield Doubt(kind="negation", found=sentence.text)


def _conditions(sentence: Said, whole: Said, case: _Case) -> Iterator[Doubt]:
    """A condition that the supporting clause has and the answer lost, or that it invented."""
    if row := unsaid_row(sentence, whole, case.question, case.evidence):
        yield Doubt(kind="condition", found=row)
    alike = [said for said in case.evidence if said.language == sentence.language]
    if len(alike) < len(case.evidence):
        return
    for clause in sentence.clauses:
        missing = [
            lost(whole, case.question, said, at)
            for said, at in standing(clause, case.question, case.evidence)
        ]
        invented = added(clause, case.question, alike)
        if missing and all(missing):
            yield Doubt(kind="condition", found=missing[0])
        elif invented:
            yield Doubt(kind="condition", found=invented)


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
    if strange := strange_echo(sentence, case.question, case.evidence):
        yield Doubt(kind="words", found=" ".join(sorted(strange)[:5]))
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
    amounts = [q for q in given(rest.quantities) if q.value not in _values(question)]
    if not new and not amounts:
        return False
    lost_amount = any(given(read(text).quantities) for text in removed)
    if not amounts and lost_amount and _ASKS_AMOUNT.search(question.text):
        return False
    nearest = max((coverage(question.words, content_words(text)) for text in removed), default=0.0)
    return bool(rest.words & question.words or amounts) and (
        max((coverage(question.words, content_words(s)) for s in sentences(left)), default=0.0)
        >= nearest
    )


def _values(said: Said) -> set[str]:
    return {q.value for q in said.quantities}
