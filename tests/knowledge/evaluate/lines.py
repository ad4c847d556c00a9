"""Judged lines for tests, made without asking anything."""

from __future__ import annotations

from dataclasses import replace

from knowledge.evaluate import Judged, Prediction
from knowledge.labelled import Labelled
from knowledge.model import Citation, Outcome


def answered(
    id_: str, confidence: float, *, right: bool = True, answerable: bool = True, ms: float = 5.0
) -> Judged:
    """An answer that was given."""
    return Judged(
        one=Labelled(id=id_, text=f"question {id_}?", answers=("gold",), answerable=answerable),
        got=Prediction(
            id=id_, outcome=Outcome.GROUNDED, text="said", confidence=confidence, ms=ms
        ),
        given=True,
        wrong=not (right and answerable),
    )  # fmt: skip


def refused(
    id_: str, confidence: float = 0.1, *, answerable: bool = True, places: str = ""
) -> Judged:
    """A question that got no answer, but perhaps right or wrong places to look."""
    return Judged(
        one=Labelled(id=id_, text=f"question {id_}?", answers=("gold",), answerable=answerable),
        got=Prediction(id=id_, outcome=Outcome.UNKNOWN, confidence=confidence, ms=5.0),
        suggested=bool(places),
        suggested_right=places == "right",
    )


def in_group(line: Judged, group: str, source: str = "") -> Judged:
    """The same line as one of a group, answered from this document."""
    citation = Citation(
        marker=1, passage_id=f"{source}#0", document_id=source, title="", uri="", quote=""
    )
    return replace(
        line,
        one=replace(line.one, group=group),
        got=replace(line.got, citations=(citation,) if source else ()),
    )


def found(id_: str, rank: int | None, *, passage_rank: int | None = None) -> Judged:
    """A question whose gold document stands at this rank."""
    return Judged(
        one=Labelled(id=id_, text=f"question {id_}?", gold_document_ids=frozenset({"gold"})),
        got=Prediction(id=id_, ms=5.0),
        has_gold=True,
        document_rank=rank,
        has_gold_passage=passage_rank is not None,
        passage_rank=passage_rank,
    )


def chatted(id_: str, confidence: float, *, wanted: bool, spoke: bool) -> Judged:
    """A line of a group chat."""
    return Judged(
        one=Labelled(id=id_, text=f"message {id_}", engage=wanted),
        got=Prediction(id=id_, engage=spoke, confidence=confidence, ms=5.0),
        given=spoke,
        wrong=spoke and not wanted,
    )
