"""Numbers, units and limits of a sentence that its evidence has not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from knowledge.bounds import number, side, spans
from knowledge.clauses import Said
from knowledge.quantities import Quantity
from knowledge.roles import Spot
from knowledge.rows import unit_of_row

# Years and months of service are given as ranges; a year of the range is as good as said.
_SERVICE = ("year", "month")


def given(found: Iterable[Quantity]) -> list[Quantity]:
    """The quantities that mean a number: "one" and 一 alone often mean none."""
    return [q for q in found if q.exact or q.unit]


def wrong_figures(
    sentence: Said, question: Said, evidence: Sequence[Said], known: Sequence[Spot], spelled: str
) -> Iterator[tuple[Literal["number", "unit", "limit"], str]]:
    """The numbers of a sentence that are not in the evidence, or have another unit or limit there.

    known: every quantity of the evidence; spelled: all that evidence and question say.
    """
    said = [spot.quantity for spot in known]
    claimed = given(sentence.quantities)
    for quantity in claimed:
        heard = _is_said(quantity, (*said, *question.quantities), spelled)
        if not heard and not (quantity.unit in _SERVICE and _in_range(quantity, evidence)):
            yield "number", quantity.value
        elif unit_of_row(quantity, evidence) or (
            not _in_range(quantity, evidence)
            and (
                (_unit_changed(quantity, said) and not _is_asked(quantity, question))
                or _only_asked(quantity, claimed, said)
            )
        ):
            yield "unit", f"{quantity.value} {quantity.unit}"
    yield from (("limit", limit) for limit in _limits(claimed, sentence, evidence))


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


def _only_asked(quantity: Quantity, claimed: Sequence[Quantity], said: Sequence[Quantity]) -> bool:
    """Whether an answer repeats the question's amount where the evidence names others.

    "Do I get 30 days?" must not make 30 days true; an answer that also has one of the evidence's
    amounts of that unit may repeat the question.
    """
    rivals = {q.value for q in said if q.unit == quantity.unit}
    if quantity.value == "1" and not quantity.exact:
        return False  # 一个月, "one day": a manner of speaking
    if not quantity.unit or not rivals or quantity.value in {q.value for q in said}:
        return False
    return not any(q.value in rivals for q in claimed if q.unit == quantity.unit)


def _in_range(quantity: Quantity, evidence: Sequence[Said]) -> bool:
    """Whether a range of the evidence holds an amount: the third year in "2nd to 4th year"."""
    amount = number(quantity)
    return amount is not None and any(
        span.closed and span.unit == quantity.unit and span.holds(amount)
        for said in evidence
        for span in spans(said.folded, said.quantities)
    )


def _limits(claimed: Sequence[Quantity], sentence: Said, evidence: Sequence[Said]) -> Iterator[str]:
    """An upper limit that became a lower one, or the other way round."""
    for quantity in claimed:
        mine = side(sentence.folded, quantity)
        theirs = {
            side(said.folded, q)
            for said in evidence
            for q in said.quantities
            if q.value == quantity.value and _same_unit(q.unit, quantity.unit)
        }
        if mine and theirs and theirs <= {"least", "most"} - {mine}:
            yield sentence.folded[quantity.start : quantity.end]
