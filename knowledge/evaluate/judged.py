"""A prediction beside its labels: at which rank the gold stands, and whether the answer is wrong.

A set is judged line by line, so that several sets can be added up to one.
"""

from __future__ import annotations

from dataclasses import dataclass

from knowledge import metrics
from knowledge.evaluate.gold import GoldPassages
from knowledge.evaluate.prediction import Prediction
from knowledge.labelled import Labelled
from knowledge.model import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One labelled line and what came back for it.

    has_gold: there is a gold document to find; document_rank: its place among the different
        documents found, from 1.
    has_gold_passage, passage_rank: likewise for passages, among all hits.
    given: an answer was given, or the message answered unasked. wrong: it should not have been.
    suggested: no answer was given, but places to look. suggested_right: a right one is among them.
    """

    one: Labelled
    got: Prediction
    has_gold: bool = False
    document_rank: int | None = None
    has_gold_passage: bool = False
    passage_rank: int | None = None
    given: bool = False
    wrong: bool = False
    suggested: bool = False
    suggested_right: bool = False


def judge(one: Labelled, got: Prediction, gold: GoldPassages) -> Judged:
    """Hold a prediction of any mode against its labels."""
    found = [hit.passage.document_id for hit in got.hits]
    given = got.engage if got.engage is not None else _answers(got)
    suggested = got.outcome is Outcome.UNKNOWN and bool(got.citations)
    cited = {citation.document_id for citation in got.citations}
    return Judged(
        one=one,
        got=got,
        has_gold=one.answerable and bool(one.gold_document_ids),
        document_rank=metrics.first_rank(found, one.gold_document_ids),
        has_gold_passage=one.answerable and gold.knows(one.gold_passage_ids),
        passage_rank=_passage_rank(one, got, gold),
        given=given,
        wrong=given and (not one.engage if got.engage is not None else is_wrong(one, got, gold)),
        suggested=suggested,
        suggested_right=suggested and one.answerable and bool(cited & one.gold_document_ids),
    )


def is_wrong(one: Labelled, prediction: Prediction, gold: GoldPassages | None = None) -> bool:
    """Whether a given answer is wrong.

    Any answer to an unanswerable question is. Where there are gold answers, the text must agree
    with one (`metrics.agrees`), or cite a gold passage; where there are none, it must cite a gold
    document.

    gold: which passages are gold; without it their ids say.
    """
    if not one.answerable:
        return True
    if _cites(one, prediction, gold or GoldPassages()):
        return _is_fact(one) and not metrics.agrees(prediction.text, one.answers)
    if one.answers:
        return not metrics.agrees(prediction.text, one.answers)
    return not any(c.document_id in one.gold_document_ids for c in prediction.citations)


def _cites(one: Labelled, prediction: Prediction, gold: GoldPassages) -> bool:
    """Whether a gold passage is cited; where ids do not say, only a cited hit has its text."""
    cited = {citation.passage_id for citation in prediction.citations}
    if gold.uncut:
        return not cited.isdisjoint(one.gold_passage_ids)
    found = (hit.passage for hit in prediction.hits if hit.passage.id in cited)
    return any(gold.holds(passage, one.gold_passage_ids) for passage in found)


def _is_fact(one: Labelled) -> bool:
    """Whether a gold answer is short enough to be expected word for word."""
    return any(len(metrics.units(gold)) <= metrics.SHORT_ANSWER_UNITS for gold in one.answers)


def _answers(got: Prediction) -> bool:
    return got.outcome is not None and got.outcome is not Outcome.UNKNOWN


def _passage_rank(one: Labelled, got: Prediction, gold: GoldPassages) -> int | None:
    ranked = enumerate(got.hits, start=1)
    return next(
        (rank for rank, hit in ranked if gold.holds(hit.passage, one.gold_passage_ids)), None
    )
