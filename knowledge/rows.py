"""Is it said for which row of a table a number holds?

"from the 10th year on | 18 | 21" gives 21 days to few; an answer that says "21 days" gives them to
everybody. Where a row is named by an amount, the answer or the question has to name it.
"""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.bounds import number, spans
from knowledge.clauses import Said, terms
from knowledge.quantities import Quantity, quantities


def unsaid_row(sentence: Said, whole: Said, question: Said, evidence: Sequence[Said]) -> str:
    """What names the row that a number of the sentence comes from, if nobody says it, or "".

    whole: the answer that the sentence belongs to.
    """
    told = quantities(whole.folded)
    spoken = (*told, *question.quantities)
    words = terms(whole.folded, told) | question.terms
    for claimed in (q for q in sentence.quantities if q.exact):
        labels = _labels(claimed, evidence)
        others = [q for q in spoken if q.value != claimed.value]
        if labels and not any(_is_named(label, others, words) for label in labels):
            return labels[0]
    return ""


def unit_of_row(claimed: Quantity, evidence: Sequence[Said]) -> bool:
    """Whether a bare cell was given the unit that only names its row: "21 years" of leave."""
    labels = _labels(claimed, evidence)
    units = {(q.value, q.unit) for said in evidence for q in said.quantities}
    return (
        bool(labels and claimed.unit)
        and (claimed.value, claimed.unit) not in units
        and all(claimed.unit in {q.unit for q in quantities(label)} for label in labels)
    )


def _labels(claimed: Quantity, evidence: Sequence[Said]) -> list[str]:
    """The rows that alone have this number; none where it also stands somewhere else."""
    labels: list[str] = []
    for said in evidence:
        if all(q.value != claimed.value for q in said.quantities):
            continue
        label = said.cells[0][1] if said.cells else ""
        in_label = any(q.value == claimed.value for q in quantities(label))
        if in_label or not any(q.unit for q in quantities(label)):
            return []
        labels.append(label)
    return labels


def _is_named(label: str, spoken: Sequence[Quantity], words: frozenset[str]) -> bool:
    found = quantities(label)
    if terms(label, found) & words:
        return True
    if any(q.value == other.value for q in found for other in spoken):
        return True
    held = spans(label, found)
    amounts = [(number(q), q.unit) for q in spoken]
    return any(
        amount is not None and span.unit == unit and span.holds(amount)
        for span in held
        for amount, unit in amounts
    )
