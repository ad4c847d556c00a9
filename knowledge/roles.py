"""Is a number or a cell of the answer the one of the thing asked about, or of its neighbour?

Two rows of a table, two cities, two years of service: the evidence has both numbers, and the
answer may take the wrong one. A number is out of place where every statement that has it is
beaten by one that has another number, speaks of the answer's subject, and differs in just that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from knowledge.bounds import Span, number, spans
from knowledge.clauses import Clause, Said, terms
from knowledge.quantities import Quantity

_AMOUNT_WEIGHT = 3
_QUESTION = 2
_ENOUGH = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A quantity where the evidence has it.

    near: what its clause is about; whole: what its statement is about.
    beside: all values of its statement with their units.
    row: its statement is a table row; label: it names that row.
    """

    quantity: Quantity
    statement: int
    near: frozenset[str]
    whole: frozenset[str]
    near_spans: tuple[Span, ...]
    whole_spans: tuple[Span, ...]
    beside: frozenset[tuple[str, str]]
    row: bool
    label: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """What a part of the answer, or the question, speaks of."""

    terms: frozenset[str]
    amounts: tuple[Quantity, ...]


def spots(evidence: Sequence[Said]) -> tuple[Spot, ...]:
    """Every quantity of the evidence in its place."""
    return tuple(spot for at, said in enumerate(evidence) for spot in _spots(at, said))


def _spots(at: int, said: Said) -> Iterator[Spot]:
    whole_spans = spans(said.folded, said.quantities)
    beside = frozenset((q.value, q.unit) for q in said.quantities)
    for clause in said.clauses:
        near_spans = spans(clause.text, clause.quantities)
        for quantity in clause.quantities:
            yield Spot(
                quantity=quantity,
                statement=at,
                near=clause.local,
                whole=said.terms,
                near_spans=near_spans,
                whole_spans=whole_spans,
                beside=beside,
                row=bool(said.cells),
                label=bool(said.cells) and clause.text in ": ".join(said.cells[0]),
            )


def misplaced(
    quantity: Quantity, clause: Clause, sentence: Said, question: Said, known: Sequence[Spot]
) -> bool:
    """Whether a number of an answer's clause belongs to something else in the evidence."""
    own = [s for s in known if _same(s.quantity, quantity)]
    rivals = [s for s in known if _rival(s.quantity, quantity, own)]
    subjects = tuple(
        _Subject(terms=words, amounts=_others(found, quantity))
        for words, found in (
            (clause.local, clause.quantities),
            (sentence.terms, sentence.quantities),
            (question.terms, question.quantities),
        )
    )
    # What names a row is no rival of what the row says.
    return bool(own) and all(
        any(_beats(r, s, subjects) for r in rivals if s.label or not r.label) for s in own
    )


def _same(one: Quantity, other: Quantity) -> bool:
    return one.value == other.value and (one.unit == other.unit or "" in (one.unit, other.unit))


def _rival(one: Quantity, claimed: Quantity, own: Sequence[Spot]) -> bool:
    if one.value == claimed.value:
        return not _same(one, claimed)
    bare = any(not spot.quantity.unit for spot in own)
    return one.unit == claimed.unit or (bare and not one.unit and one.exact)


def _others(found: Sequence[Quantity], claimed: Quantity) -> tuple[Quantity, ...]:
    return tuple(q for q in found if q.unit and (q.value, q.unit) != (claimed.value, claimed.unit))


def _beats(rival: Spot, spot: Spot, subjects: Sequence[_Subject]) -> bool:
    """Whether what is spoken of fits the rival and not the spot, in what the two differ."""
    inside = rival.statement == spot.statement
    mine, theirs = (spot.near, rival.near) if inside else (spot.whole, rival.whole)
    my_spans, their_spans = (
        (spot.near_spans, rival.near_spans) if inside else (spot.whole_spans, rival.whole_spans)
    )
    for level, subject in enumerate(subjects):
        for_me = _fit(subject, mine - theirs, my_spans, their_spans)
        for_rival = _fit(subject, theirs - mine, their_spans, my_spans)
        if not inside:
            for_me += _beside(subject, spot.beside - rival.beside)
            for_rival += _beside(subject, rival.beside - spot.beside)
        if inside and level and not mine - theirs:
            return False
        if for_me or for_rival:
            alike = inside or (spot.row and rival.row)
            # One word of a long question is a chance hit between two sentences.
            enough = 1 if alike or level < _QUESTION else _ENOUGH
            return for_me == 0 and for_rival >= enough
    return False


def _fit(
    subject: _Subject, wanted: frozenset[str], own: Sequence[Span], other: Sequence[Span]
) -> int:
    amounts = sum(_holds(own, q) and not _holds(other, q) for q in subject.amounts)
    return len(subject.terms & wanted) + _AMOUNT_WEIGHT * amounts


def _beside(subject: _Subject, beside: frozenset[tuple[str, str]]) -> int:
    return _AMOUNT_WEIGHT * sum((q.value, q.unit) in beside for q in subject.amounts)


def _holds(known: Sequence[Span], quantity: Quantity) -> bool:
    amount = number(quantity)
    return amount is not None and any(s.unit == quantity.unit and s.holds(amount) for s in known)


def foreign_cell(sentence: Said, question: Said, evidence: Sequence[Said]) -> str:
    """A cell of the answer that stands in another row or column than it speaks of, or "".

    Rows of one table have the same column names.
    """
    rows = [said for said in evidence if said.cells]
    for row in rows:
        for at in range(1, len(row.cells)):
            value = row.cells[at][1]
            if (
                _is_claimed(value, sentence, question)
                and not _is_part(value, sentence, rows)
                and (
                    _in_other_row(value, at, row, rows, sentence, question)
                    or all(
                        _in_other_column(value, holder, sentence, question)
                        for holder in rows
                        if any(cell == value for _, cell in holder.cells)
                    )
                )
            ):
                return value
    return ""


def _in_other_row(
    value: str, at: int, row: Said, rows: Sequence[Said], sentence: Said, question: Said
) -> bool:
    """Whether every row with this cell has a neighbour without it whose label is spoken of."""
    table = [other for other in rows if _same_table(row, other)]
    holders = [other for other in table if other.cells[at][1] == value]
    others = [other for other in table if other.cells[at][1] != value]
    said = f"{sentence.folded} {question.folded}"
    return all(any(_labelled(other, holder, said) for other in others) for holder in holders)


def _in_other_column(value: str, row: Said, sentence: Said, question: Said) -> bool:
    """Whether another column of a row is spoken of, but not its cell, nor this column."""
    names = [terms(name, ()) for name, _ in row.cells]
    own = frozenset().union(*(n for n, c in zip(names, row.cells, strict=True) if c[1] == value))
    said = (sentence.terms | question.terms) - terms(value, ()) - names[0]
    said -= terms(row.cells[0][1], ())
    if said & own:
        return False
    return any(
        said & (name - own) and cell != value and not _is_claimed(cell, sentence, question)
        for name, (_, cell) in zip(names[1:], row.cells[1:], strict=True)
    )


def _is_claimed(value: str, sentence: Said, question: Said) -> bool:
    long_enough = len(value) > 1 and not value.isdigit()
    whole = rf"(?<![a-z0-9]){re.escape(value)}(?![a-z0-9])"
    return (
        long_enough
        and re.search(whole, sentence.folded) is not None
        and value not in question.folded
    )


def _same_table(one: Said, other: Said) -> bool:
    names = [name for name, _ in one.cells]
    return names == [name for name, _ in other.cells]


def _is_part(value: str, sentence: Said, rows: Sequence[Said]) -> bool:
    """Whether the answer names a longer cell that has this one in it."""
    return any(
        len(cell) > len(value) and value in cell and cell in sentence.folded
        for row in rows
        for _, cell in row.cells
    )


def _labelled(other: Said, holder: Said, spoken: str) -> bool:
    """Whether the label of another row is spoken of and that of the holder is not."""
    my_label, their_label = holder.cells[0][1], other.cells[0][1]
    if my_label == their_label or _names_label(my_label, spoken):
        return False
    mine, theirs, said = terms(my_label, ()), terms(their_label, ()), terms(spoken, ())
    if said & (mine - theirs):
        return False
    return _names_label(their_label, spoken) or bool(said & (theirs - mine))


def _names_label(label: str, spoken: str) -> bool:
    return re.search(rf"(?<![a-z0-9]){re.escape(label)}(?![a-z0-9])", spoken) is not None
